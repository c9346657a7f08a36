import { expect, inject, it } from 'vitest';
import { keepFigures } from '../../support/figures.ts';
import type { CollectedSpan } from '../../support/span-collector.ts';

const collector = inject('collector');

/** Each step of an execution that trained, and what its span continues. */
const STEPS = ['validate', 'split', 'plan-training', 'record-training', 'evaluate', 'gates', 'register', 'roll-out'];

it.skipIf(collector === undefined)('one W3C trace leads from the API through the steps of the machine to the training job', async () => {
  const spans = (await (await fetch(collector ?? '')).json()) as readonly CollectedSpan[];
  const traces = Map.groupBy(spans, ({ traceId }) => traceId);
  // A retraining's begins at the scan that found drift.
  const whole = [...traces.values()].filter((trace) =>
    ['startExecution', ...STEPS].every((step) => trace.some(({ name }) => name === step)),
  );
  expect(whole.length, 'executions that a request started, that trained and rolled out, in one trace').toBeGreaterThan(0);
  for (const trace of whole) {
    const named = (name: string) => trace.filter((span) => span.name === name);
    const [request, ...others] = named('startExecution');
    expect(others).toEqual([]);
    expect(request?.parentSpanId ?? '').toBe('');
    for (const step of STEPS) expect(named(step).map(({ parentSpanId }) => parentSpanId)).toEqual(named(step).map(() => request?.spanId));
    const [job] = named('training-job');
    expect(job?.parentSpanId, 'the job was ordered by the step that planned it').toBe(named('plan-training')[0]?.spanId);
    const execution = (span: CollectedSpan | undefined) => span?.attributes.find(({ key }) => key === 'execution')?.value.stringValue;
    expect(new Set([...STEPS.map((step) => execution(named(step)[0])), execution(job)]).size).toBe(1);
  }
  await keepFigures('trace', { traces: whole.length, spans: Math.max(...whole.map((trace) => trace.length)) });
});
