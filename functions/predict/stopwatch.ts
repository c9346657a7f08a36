import type { Stopwatch } from '#core/serving/index.ts';

/** The process's own clock. */
export const stopwatch: Stopwatch = {
  now: () => performance.now(),
  async within(ms, work) {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    });
    try {
      return await Promise.race([work, over]);
    } finally {
      clearTimeout(timer);
    }
  },
};
