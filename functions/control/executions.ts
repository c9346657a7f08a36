import * as z from 'zod';
import type { executionRoutes } from '#api/executions.ts';
import { DomainError } from '#core/kernel/index.ts';
import { type Execution, startExecution } from '#core/pipelines/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';
import { checkInstanceTypes } from './check-instance-types.ts';
import type { ReadingDeps } from './reading-deps.ts';
import { stepView } from './step-view.ts';

const ByTime = z.object({ createdAt: z.iso.datetime(), id: z.uuid() });

/** Has an execution looked at that stands in another's way. */
export interface CheckBell {
  ringToCheck(execution: string, tenant: string): Promise<void>;
}

export interface ExecutionDeps extends ReadingDeps {
  readonly bell: CheckBell;
  /** On which the stage lets anybody train. */
  readonly instanceTypes: readonly string[];
}

export function executionHandlers({ plane, bell, instanceTypes, ...files }: ExecutionDeps): Handlers<typeof executionRoutes> {
  return {
    async startExecution(ctx, input, call) {
      try {
        return await plane.write(ctx, call, async (tx) => {
          // The stage may have become stricter since the pipeline was put.
          const asked = await tx.pipelines.find(input.pipeline, input.pipelineVersion);
          if (asked) checkInstanceTypes({ ...asked, environments: [input.environment] }, instanceTypes);
          return asSummary(await startExecution(tx, ctx, input));
        });
      } catch (error) {
        // Should the one in the way have died unnoticed, this is where somebody minds. The refusal stands whether the bell rings or not.
        if (error instanceof DomainError && error.failure.code === 'execution_running')
          await bell.ringToCheck(error.failure.execution, ctx.tenant).catch(() => undefined);
        throw error;
      }
    },

    listExecutions: async (ctx, { limit, cursor, pipeline, status }) => {
      const from = readCursor(cursor, ByTime);
      const after = from && { createdAt: new Date(from.createdAt), id: from.id };
      const rows = await plane.read(ctx, (tx) => tx.executions.list({ limit: limit + 1, after, pipeline, status }));
      return pageFrom(rows, limit, asSummary, ({ createdAt, id }) => ({ createdAt: createdAt.toISOString(), id }));
    },

    findExecution: async (ctx, { execution: id }) => {
      const found = await plane.read(ctx, async (tx) => {
        const execution = await tx.executions.find(id);
        if (!execution) throw new DomainError({ code: 'not_found', what: 'execution', id });
        const steps = await tx.steps.list(id);
        const evaluated = steps.findLast((step) => step.step === 'evaluate' && step.output)?.output?.['evaluation'];
        return {
          execution,
          steps,
          evaluation: typeof evaluated === 'string' ? await tx.evaluations.find(evaluated) : undefined,
          gates: await tx.evaluations.verdictsOf(id),
          approval: await tx.approvals.ofExecution(id),
          version: execution.modelVersionId ? await tx.modelVersions.findById(execution.modelVersionId) : undefined,
        };
      });
      const { evaluation, version } = found;
      return {
        ...asSummary(found.execution),
        steps: await Promise.all(found.steps.map((step) => stepView(files, ctx, step))),
        evaluation: evaluation
          ? {
              id: evaluation.id,
              rows: evaluation.rows,
              metrics: evaluation.metrics,
              reportUrl: await files.downloadUrl(evaluation.reportKey),
            }
          : null,
        gates: [...found.gates],
        approval: found.approval?.id ?? null,
        model: version ? { name: version.model, version: version.number } : null,
      };
    },
  };
}

function asSummary(execution: Execution) {
  const { id, pipeline, pipelineVersion, dataset, datasetVersion, environment, status, failure, createdBy } = execution;
  return {
    id,
    pipeline,
    pipelineVersion,
    dataset,
    datasetVersion,
    environment,
    status,
    failure,
    run: execution.runId,
    policyVersion: execution.policyVersion,
    createdBy,
    createdAt: execution.createdAt.toISOString(),
    startedAt: execution.startedAt?.toISOString() ?? null,
    endedAt: execution.endedAt?.toISOString() ?? null,
  };
}
