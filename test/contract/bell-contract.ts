import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { dynamoBell, Rung } from '#adapters/dynamodb/bell.ts';

export interface HeardBell {
  readonly bell: ReturnType<typeof dynamoBell>;
  /** Every bell that has been rung and not silenced. */
  rung(): Promise<readonly Rung[]>;
}

/** What every bell must do. */
export function bellContract(open: () => Promise<HeardBell>) {
  describe('the bell', () => {
    it('is heard once per intent, however often and by how many it is rung', async () => {
      const { bell, rung } = await open();
      const [one, two, tenant] = [randomUUID(), randomUUID(), randomUUID()];
      await Promise.all([bell.ring(one, tenant), bell.ring(one, tenant), bell.ring(two, tenant)]);
      const heard = (await rung()).filter((each) => each.tenant === tenant);
      expect(heard.map(({ intent }) => intent).sort()).toEqual([one, two].sort());
      for (const { rungAt } of heard) expect(Math.abs(Date.now() - rungAt.getTime())).toBeLessThan(60_000);
    });

    it('is silent for what was published, and rings on for the rest', async () => {
      const { bell, rung } = await open();
      const [one, two, tenant] = [randomUUID(), randomUUID(), randomUUID()];
      await Promise.all([bell.ring(one, tenant), bell.ring(two, tenant)]);
      await Promise.all([bell.silence(one), bell.silence(one)]);
      await bell.silence(randomUUID());
      expect((await rung()).filter((each) => each.tenant === tenant).map(({ intent }) => intent)).toEqual([two]);
    });
  });
}
