import { type Evidence, okCalls, rowsOf } from './evidence.ts';
import type { Check } from './ports.ts';

/** Whether enough was seen of the new version; waits for it for as long as the patience lasts. */
export function checkTraffic(
  { calls, baselineCalls, minRows, minCalls, bakeSeconds, patienceSeconds }: Evidence,
  elapsedSeconds: number,
): Check {
  const rows = rowsOf(okCalls(calls));
  const isEnough = rows >= minRows && calls.length >= minCalls;
  const isTooLate = elapsedSeconds > bakeSeconds + patienceSeconds;
  const seen = `${calls.length} calls and ${rows} scored rows of the new version; ${minCalls} and ${minRows} are needed`;
  const says = isEnough
    ? `Enough traffic: ${seen}.`
    : `${isTooLate ? 'Too little traffic came in time' : 'Not enough traffic yet'}: ${seen}.`;
  return {
    check: 'traffic',
    verdict: isEnough ? 'passed' : isTooLate ? 'roll_back' : 'wait',
    method: 'counts of calls and of rows that were scored',
    n: { canary: calls.length, reference: baselineCalls.length },
    observed: { calls: calls.length, rows },
    threshold: { calls: minCalls, rows: minRows },
    statistic: null,
    p: null,
    sentence: says,
  };
}
