import { type Context, DomainError } from '#core/kernel/index.ts';
import { compilePlan, type StartExecutionTx, startExecution } from '#core/pipelines/index.ts';
import { type Decision, decideRetraining, type PastStart, type RetrainingQuestion } from './decide-retraining.ts';
import type { RetrainingPolicy } from './policy.ts';
import type { Finding, Retraining, Retrainings } from './ports.ts';

export interface OrderRetraining {
  readonly scan: string;
  /** On which the stage lets anybody train; it may have become stricter since the pipeline was put. */
  readonly instanceTypes: readonly string[];
}

export type OrderRetrainingTx = StartExecutionTx & { readonly retrainings: Retrainings };

/**
 * Decides once about the drift a scan found and, if the answer is yes, orders the execution in the same transaction. Safe to retry: a
 * scan that was decided about answers with that decision.
 */
export async function orderRetraining(tx: OrderRetrainingTx, ctx: Context, { scan, instanceTypes }: OrderRetraining): Promise<Retraining> {
  const finding = await tx.retrainings.lockFinding(scan);
  if (!finding) throw new DomainError({ code: 'not_found', what: 'scan', id: scan });
  const before = await tx.retrainings.ofScan(scan);
  if (before) return before;

  const { monitorId, policy, cause } = finding;
  const question: RetrainingQuestion = {
    cause,
    now: ctx.now,
    policy,
    history: policy ? await historyOf(tx, monitorId, policy, ctx.now) : [],
    pipeline: policy ? await pipelineOf(tx, policy.pipeline, instanceTypes) : undefined,
  };
  const { version: policyVersion } = await tx.policies.current();
  const { execution, ...decided } = await carriedOut(tx, ctx, decideRetraining(question), policy);
  const made = await tx.retrainings.add(
    { ...decided, details: { what: finding.what, ...decided.details }, finding, cause, executionId: execution, policyVersion },
    ctx.now,
  );
  tellOf(tx, finding, made);
  return made;
}

/** Keeps why nothing was decided about the drift a scan found. Safe to retry: a scan that was decided about keeps its decision. */
export async function failRetraining(
  tx: Pick<OrderRetrainingTx, 'retrainings' | 'policies' | 'record'>,
  ctx: Context,
  { scan, sentence }: { readonly scan: string; readonly sentence: string },
): Promise<Retraining> {
  const finding = await tx.retrainings.lockFinding(scan);
  if (!finding) throw new DomainError({ code: 'not_found', what: 'scan', id: scan });
  const before = await tx.retrainings.ofScan(scan);
  if (before) return before;
  const { cause, what } = finding;
  const decided = { decision: 'refuse', reason: 'machine_failed', details: { what, sentence } } as const;
  const { version: policyVersion } = await tx.policies.current();
  const made = await tx.retrainings.add({ ...decided, finding, cause, executionId: null, policyVersion }, ctx.now);
  tellOf(tx, finding, made);
  return made;
}

async function historyOf(
  tx: Pick<OrderRetrainingTx, 'retrainings'>,
  monitorId: string,
  { cooldownHours, budget }: RetrainingPolicy,
  now: Date,
): Promise<readonly PastStart[]> {
  const hours = Math.max(cooldownHours, budget.days * 24);
  return tx.retrainings.startsOf(monitorId, new Date(now.getTime() - hours * 3_600_000));
}

async function pipelineOf(tx: OrderRetrainingTx, name: string, instanceTypes: readonly string[]): Promise<RetrainingQuestion['pipeline']> {
  const version = await tx.pipelines.find(name);
  if (!version) return undefined;
  const { dataset, deployment, training } = compilePlan(version.definition);
  const { instanceType } = training;
  return {
    dataset,
    newestData: (await tx.datasets.findVersion(dataset))?.number,
    running: (await tx.executions.running(name))?.id,
    champion: await tx.retrainings.trainedOn(deployment.model, deployment.alias),
    invalid: instanceTypes.includes(instanceType)
      ? undefined
      : `${instanceType} is not allowed in this stage; allowed are ${instanceTypes.join(', ')}`,
  };
}

/**
 * Starts what was decided on. Somebody may have started the pipeline in between: then the answer is what it would have been a moment
 * later. The tenant's policy may not let it start either.
 */
async function carriedOut(
  tx: OrderRetrainingTx,
  ctx: Context,
  decision: Decision,
  policy: RetrainingPolicy | null,
): Promise<Decision & { readonly execution: string | null }> {
  if (decision.decision === 'refuse' || !policy) return { ...decision, execution: null };
  try {
    const { id } = await startExecution(tx, ctx, { pipeline: policy.pipeline });
    return { ...decision, execution: id };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { failure } = error;
    if (failure.code === 'gates_missing') {
      const { code: _, ...facts } = failure;
      const sentence = `pipeline ${policy.pipeline} lacks gates that policy version ${facts.policyVersion} demands: ${facts.gates.join(', ')}`;
      return { decision: 'refuse', reason: 'pipeline_invalid', details: { sentence, ...facts }, execution: null };
    }
    if (failure.code !== 'execution_running') throw error;
    const { execution } = failure;
    const sentence = `pipeline ${policy.pipeline} is at work on execution ${execution}`;
    return { decision: 'refuse', reason: 'execution_running', details: { sentence, execution }, execution: null };
  }
}

function tellOf(
  tx: Pick<OrderRetrainingTx, 'record'>,
  { model, monitor, scan }: Finding,
  { id, cause, decision, reason, executionId, policyVersion }: Retraining,
): void {
  tx.record({
    type: 'retraining.decided.v1',
    subject: `model/${model}`,
    data: { retraining: id, model, monitor, scan, cause, decision, reason, execution: executionId, policyVersion },
  });
}
