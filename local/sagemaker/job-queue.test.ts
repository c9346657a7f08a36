import { expect, it } from 'vitest';
import { jobsAtOnce } from './job-queue.ts';

it.each([
  [1, 1],
  [2, 1],
  [3, 1],
  [4, 2],
  [16, 8],
])('of %i cores %i jobs make use at once', (cores, jobs) => expect(jobsAtOnce(cores)).toBe(jobs));
