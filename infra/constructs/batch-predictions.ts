import { Duration } from 'aws-cdk-lib';
import type { ILayerVersion } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { Machine } from './machine.ts';
import { OutsideEnds } from './outside-ends.ts';
import { type LoopPartProps, stepFunction } from './step-function.ts';

export interface BatchPredictionsProps extends LoopPartProps {
  /** DuckDB and ONNX Runtime. */
  readonly layers: readonly ILayerVersion[];
}

/** Predictions for whole files: the machine that plans, scores part by part and merges, and the function that does it. */
export class BatchPredictions extends Construct {
  readonly machine: Machine;

  constructor(scope: Construct, id: string, { layers, ...part }: BatchPredictionsProps) {
    super(scope, id);
    const { settings, workspace, data } = part;
    const fn = stepFunction(this, 'BatchStep', part, {
      name: 'batch-step',
      timeout: Duration.minutes(10),
      memoryMb: 3008,
      scratchMb: 4096,
      layers,
      objects: {
        read: ['tenants/*/batch-inputs/*', 'tenants/*/artifacts/*', 'tenants/*/batches/*'],
        written: ['tenants/*/batches/*'],
        reason: "Serves every tenant's batches; its keys are made from the batch, never by a caller.",
      },
    });
    this.machine = new Machine(this, 'Machine', {
      settings,
      workspace,
      name: 'batch-prediction',
      functions: { BatchStep: fn },
      recorder: fn,
      alarms: data.alarms,
    });
    new OutsideEnds(this, 'OutsideEnds', { settings, machine: this.machine.machine, recorder: fn, alarms: data.alarms });
  }
}
