import type { Fault } from './faults.ts';

/** A defect put into the product, and the point that has to find it. */
export interface Plant {
  readonly what: string;
  readonly file: string;
  /** Texts that must be there, and what stands in their place. */
  readonly changes: readonly (readonly [string, string])[];
  readonly fault: Fault;
  /** What the report of the point has to say. */
  readonly reveals: RegExp;
}

/** By name. Each is a mistake that every test without faults would pass. */
export const PLANTS: Readonly<Record<string, Plant>> = {
  'marked-first': {
    what: 'messages are marked as published before they are delivered',
    file: 'functions/publish-outbox/publish-intent.ts',
    changes: [
      [
        '  try {\n    for (const message of messages) {',
        '  try {\n    await publishing.mark(rung.tenant, messages.map(({ id }) => id));\n    for (const message of messages) {',
      ],
    ],
    fault: { site: 'aws publish-outbox:stream PutEvents batch.succeeded.v1 #1', kind: 'crash before' },
    reveals: /the webhook was not told of batch\.succeeded\.v1/,
  },
  'rung-last': {
    what: 'the bell is rung after the commit',
    file: 'adapters/postgres/control-plane.ts',
    changes: [
      [
        'write: (ctx, { idempotency }, useCase) =>\n      transaction(',
        'write: async (ctx, { idempotency }, useCase) => {\n      const late: (() => Promise<void>)[] = [];\n      const done = await transaction(',
      ],
      ['bell.ring(intent, ctx.tenant)', 'late.push(() => bell.ring(intent, ctx.tenant))'],
      ['return result;\n      }),', 'return result;\n      });\n      for (const ring of late) await ring();\n      return done;\n    },'],
    ],
    fault: { site: 'postgres batch-step:merge commit #2', kind: 'crash after' },
    reveals: /message .* \(batch\.succeeded\.v1 .*was not published/,
  },
  'no-answer-kept': {
    what: 'the answer under an idempotency key is not kept',
    file: 'adapters/postgres/control-plane.ts',
    changes: [['if (idempotency) await keepAnswer(trx, ctx, idempotency, result);', '']],
    fault: { site: 'invoke http operations:createBatch #1', kind: 'answer lost' },
    reveals: /batch .* is there, and nobody was told of it/,
  },
};
