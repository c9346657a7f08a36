import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ATTEMPTS, retryDelaySeconds } from './retry-delay.ts';

it('grows from seconds to hours, and ends', () => {
  const delays = Array.from({ length: ATTEMPTS - 1 }, (_, index) => retryDelaySeconds(index + 1));
  expect(delays).toEqual([...delays].sort((one, other) => one - other));
  expect(delays[0]).toBeLessThan(10);
  expect(delays.reduce((sum, delay) => sum + delay, 0)).toBeGreaterThan(3 * 3600);
  // A queue hides a message for twelve hours at most.
  expect(Math.max(...delays)).toBeLessThan(12 * 3600);
  expect(retryDelaySeconds(ATTEMPTS)).toBe(0);
});

it('has as many attempts as the queue', () => {
  const construct = readFileSync(new URL('../../infra/constructs/webhooks.ts', import.meta.url), 'utf8');
  expect(construct).toContain(`const ATTEMPTS = ${ATTEMPTS};`);
});
