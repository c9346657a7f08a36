import type { Chapter } from '../../examples/flights/story.ts';

const CALLS = 400;
const CALLERS = 8;
const ROW = {
  eventTime: '2001-06-29T12:00:00Z',
  features: { date: '2001-06-29T12:00:00Z', distance: 612, origin: 'ORD', destination: 'DCA' },
};

interface EdgeFigure {
  readonly name: string;
  readonly measured: number;
  readonly unit: string;
}

/** Single predictions of a live model through the edge, one caller after the other and several at once; the engine's own cost is in it. */
export async function throughTheEdge(chapters: readonly Pick<Chapter, 'tenant'>[]): Promise<EdgeFigure[]> {
  const asService = chapters[0]?.tenant.asService;
  if (!asService) return [];
  const call = async () => {
    const startedAt = performance.now();
    await asService.post('/v1/models/flights/predictions', { rows: [ROW] });
    return performance.now() - startedAt;
  };
  const alone: number[] = [];
  for (let calls = 0; calls < CALLS; calls++) alone.push(await call());
  const together: number[] = [];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      for (let calls = 0; calls < CALLS / CALLERS; calls++) together.push(await call());
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  return [
    { name: 'edge: single prediction, p50', measured: quantile(alone, 0.5), unit: 'ms' },
    { name: 'edge: single prediction, p95', measured: quantile(alone, 0.95), unit: 'ms' },
    { name: `edge: ${CALLERS} callers, p95`, measured: quantile(together, 0.95), unit: 'ms' },
    { name: `edge: ${CALLERS} callers`, measured: CALLS / seconds, unit: '/s' },
  ];
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
