import { expect, inject, it } from 'vitest';
import { tellStory } from '../../examples/flights/story.ts';
import { overheadSeconds, summary } from '../../examples/flights/summary.ts';
import type { Region } from '../../local/region.ts';

const root = new URL('../..', import.meta.url).pathname;
const EVERY_NTH = 20;

it('goes from rows to a live model for two tenants, and tells how', async () => {
  const app = inject('app');
  const told = await tellStory(
    {
      root,
      everyNth: EVERY_NTH,
      prefix: inject('prefix'),
      startRegion: async () => ({ edgeUrl: app.baseUrl }) as Region,
      deploy: async () => app,
    },
    async (_, work) => void (await work(() => {})),
  );

  expect(told.chapters).toHaveLength(2);
  for (const { tenant, datasetRows, trained, replay, labels, joined } of told.chapters) {
    expect(trained.execution.status).toBe('succeeded');
    const done = trained.execution.steps.filter(({ status }) => status === 'succeeded' || status === 'reused').map(({ step }) => step);
    expect(new Set(done).size).toBe(done.length);
    const execution = await tenant.asScientist.get<{ run: string }>(`/v1/executions/${trained.execution.id}`);
    const { tags } = await tenant.asScientist.get<{ tags: Record<string, string> }>(`/v1/runs/${execution.run}`);
    expect(tags['sluice.data_hash']).toMatch(/^[0-9a-f]{64}$/);
    expect(tags['sluice.code_hash']).toMatch(/^[0-9a-f]{64}$/);
    expect(Number(tags['sluice.rows'])).toBeGreaterThan(datasetRows / 4);
    expect(overheadSeconds(trained)).toBeLessThan(15);
    expect(new Set(replay.predictions.map(({ id }) => id)).size).toBe(replay.predictions.length);
    expect((labels['recorded'] ?? 0) + (labels['early'] ?? 0)).toBe(replay.predictions.length);
    expect(joined).toBeGreaterThan(1);
  }

  const text = await summary(told, 1);
  expect(text).toContain('95 % interval');
  expect(text).toContain('/docs');
  const docs = await fetch(`${app.baseUrl}/docs`);
  expect([docs.status, docs.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
  const report = /report (http\S+)/.exec(text)?.[1] ?? '';
  expect(await (await fetch(report)).text()).toContain('<svg');
});
