import type { ColumnRole, ColumnType, GateDefinition, PipelineDefinition } from './definition.ts';

export interface PlanColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly role: ColumnRole;
  readonly nullable: boolean;
  /** Share of missing values beyond which the dataset is refused; 1 when there is no limit. */
  readonly maxMissing: number;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** Made by a prepare step; not in the dataset. */
  readonly derived?: true;
}

export interface PlanGate extends GateDefinition {
  readonly name: string;
}

/** What one execution will do, fully decided: nothing in it is looked up or defaulted later. Plain JSON. */
export interface Plan {
  readonly version: 1;
  readonly pipeline: string;
  readonly dataset: string;
  readonly environment: string | null;
  readonly columns: readonly PlanColumn[];
  readonly quality: PipelineDefinition['quality'];
  readonly prepare: PipelineDefinition['prepare'];
  readonly split: PipelineDefinition['split'];
  readonly training: PipelineDefinition['training'];
  readonly evaluation: PipelineDefinition['evaluation'];
  readonly gates: readonly PlanGate[];
  readonly approval: PipelineDefinition['approval'];
  readonly deployment: PipelineDefinition['deployment'];
}

export function featuresOf(plan: Pick<Plan, 'columns'>): PlanColumn[] {
  return plan.columns.filter((column) => column.role === 'feature');
}

export function targetOf(plan: Pick<Plan, 'columns'>): PlanColumn {
  const target = plan.columns.find((column) => column.role === 'target');
  if (!target) throw new TypeError('a plan without a target column was stored');
  return target;
}

/** The `schema` hyperparameter of a training job: what it may read and what it has to learn. */
export function trainingSchema(plan: Pick<Plan, 'columns'>) {
  const target = targetOf(plan);
  return {
    features: featuresOf(plan).map(({ name, type, nullable }) => ({ name, type, nullable })),
    target: { name: target.name, type: target.type },
  };
}
