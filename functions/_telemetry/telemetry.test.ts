import { describe, expect, it } from 'vitest';
import { parseTraceparent, telemetry, traceparentOf } from './telemetry.ts';

const TRACE = 'a'.repeat(32);
const SPAN = 'b'.repeat(16);

describe('traceparent', () => {
  it.each([
    ['absent', undefined],
    ['another version', `01-${TRACE}-${SPAN}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ])('%s begins a new trace', (_, header) => expect(parseTraceparent(header)).toBeUndefined());

  it('is continued by a span of its own', async () => {
    const { traced } = telemetry('test');
    const next = await traced('work', `00-${TRACE}-${SPAN}-01`, 'server', async (span) => traceparentOf(span));
    expect(next).toMatch(new RegExp(`^00-${TRACE}-(?!${SPAN})[0-9a-f]{16}-01$`));
  });
});

it('lets what is thrown fly on', async () => {
  const { traced } = telemetry('test');
  await expect(
    traced('work', undefined, 'consumer', async () => {
      throw new RangeError('no');
    }),
  ).rejects.toThrow(RangeError);
});
