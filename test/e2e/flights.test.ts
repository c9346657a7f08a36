import { expect, inject, it } from 'vitest';
import { drifted } from '../../examples/flights/monitoring.ts';
import { tellStory } from '../../examples/flights/story.ts';
import { overheadSeconds, summary } from '../../examples/flights/summary.ts';
import type { Region } from '../../local/region.ts';

const root = new URL('../..', import.meta.url).pathname;
const SUBSAMPLE = { everyNth: 20, trafficRows: 16_000 };

it('goes from rows to a live model, sees the world move, and renews the model or says why not', async () => {
  const app = inject('app');
  const tell = () =>
    tellStory(
      {
        root,
        ...SUBSAMPLE,
        prefix: inject('prefix'),
        startRegion: async () => ({ edgeUrl: app.baseUrl }) as Region,
        deploy: async () => app,
      },
      async (_, work) => void (await work(() => {})),
    );
  const told = await tell();
  const [growing, steady] = told.chapters;
  if (!growing || !steady) throw new Error('the story told of fewer than two tenants');

  for (const { tenant, first, datasetRows, traffic, joined } of told.chapters) {
    if (!first) throw new Error('a new tenant had a live model');
    const done = first.execution.steps.filter(({ status }) => status === 'succeeded' || status === 'reused').map(({ step }) => step);
    expect(new Set(done).size).toBe(done.length);
    const execution = await tenant.asScientist.get<{ run: string }>(`/v1/executions/${first.execution.id}`);
    const { tags } = await tenant.asScientist.get<{ tags: Record<string, string> }>(`/v1/runs/${execution.run}`);
    expect(tags['sluice.data_hash']).toMatch(/^[0-9a-f]{64}$/);
    expect(Number(tags['sluice.rows'])).toBeGreaterThan(datasetRows / 4);
    // How small it is, the bench of the loop measures, alone on a machine.
    expect(overheadSeconds(first)).toBeGreaterThan(0);
    // The first version's canary left units unserved, and all of them were served in the end.
    expect(traffic.counts.unserved).toBeGreaterThan(0);
    expect(traffic.counts.singles).toBeGreaterThan(61);
    const { recorded = 0, early = 0, ...others } = traffic.counts.labels;
    expect([recorded + early, others]).toEqual([traffic.scored.length, {}]);
    expect(joined).toBeGreaterThan(10);
  }
  const { items: rollouts } = await growing.tenant.asScientist.get<{
    items: readonly { id: string; status: string; judgements: readonly { verdict: string }[] }[];
  }>('/v1/models/flights/rollouts');
  expect(rollouts.at(-1)?.status).toBe('succeeded');

  expect(growing.scans.map(({ verdict }) => verdict)).toEqual(['drift', 'drift']);
  expect(growing.scans.flatMap((scan) => drifted(scan).map(({ column }) => column))).toContain('distance');
  expect(growing.alerts).toBe(2);
  expect(growing.renewal.decisions.filter(({ decision }) => decision === 'start')).toHaveLength(1);
  expect(growing.renewal.followed?.execution.status).toMatch(/^(succeeded|refused)$/);
  expect(steady.scans.map(({ alerted }) => alerted)).toEqual([false, false]);
  expect(steady.renewal.decisions).toEqual([]);

  const text = await summary(told, 1);
  expect(text).toContain('95 % interval');
  const reports = [...text.matchAll(/report (http\S+)/g)].map(([, url = '']) => url);
  expect(reports.length).toBeGreaterThan(5);
  for (const url of reports) expect(await (await fetch(url)).text()).toContain('<svg');
  const docs = await fetch(`${app.baseUrl}/docs`);
  expect([docs.status, docs.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);

  // Told again, it finds everything as it was left.
  const again = await tell();
  for (const [index, chapter] of again.chapters.entries()) {
    expect(chapter.traffic.scored.filter(({ date }) => date < '2001-06-04')).toEqual([]);
    expect(chapter.scans).toEqual(told.chapters[index]?.scans.map((scan) => ({ ...scan, reportUrl: expect.any(String) })));
    expect(chapter.renewal.decisions).toEqual(told.chapters[index]?.renewal.decisions);
  }
});
