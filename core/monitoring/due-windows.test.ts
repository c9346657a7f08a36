import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTEMPTS_BY_SCHEDULE, dueWindows, LEASE_MINUTES, WINDOWS_A_RUN } from './due-windows.ts';
import type { KnownWindow } from './ports.ts';

const HOUR_MS = 3_600_000;
const NOW = new Date('2026-01-01T00:00:00Z');
const at = (text: string) => new Date(`${text}:00Z`);
const settings = (hours: number, latenessHours = 0) => ({ window: { hours, startsAt: '2001-04-01T00:00:00Z' }, latenessHours });
const shown = (windows: readonly { from: Date; to: Date }[]) =>
  windows.map(({ from, to }) => `${from.toISOString().slice(5, 13)} ${to.toISOString().slice(5, 13)}`);

const day = (date: string, known: Partial<KnownWindow> = {}): KnownWindow => ({
  from: at(`${date}T00:00`),
  to: new Date(at(`${date}T00:00`).getTime() + 24 * HOUR_MS),
  status: 'succeeded',
  attempts: 1,
  startedAt: NOW,
  ...known,
});

describe('the windows that are due', () => {
  it.each([
    { name: 'none before the first has ended', asOf: at('2001-04-01T23:59'), due: [] },
    { name: 'the first when it has', asOf: at('2001-04-02T00:00'), due: ['04-01T00 04-02T00'] },
    { name: 'none before lateness has passed', asOf: at('2001-04-02T05:59'), lateness: 6, due: [] },
    { name: 'the first when it has passed too', asOf: at('2001-04-02T06:00'), lateness: 6, due: ['04-01T00 04-02T00'] },
    { name: 'none before the monitor begins', asOf: at('1999-01-01T00:00'), due: [] },
    { name: 'only what has no result', asOf: at('2001-04-03T00:00'), known: [day('2001-04-01')], due: ['04-02T00 04-03T00'] },
    {
      name: 'a gap before what has one',
      asOf: at('2001-04-04T00:00'),
      known: [day('2001-04-02')],
      due: ['04-01T00 04-02T00', '04-03T00 04-04T00'],
    },
    {
      name: 'not a window of another length for the same',
      asOf: at('2001-04-02T00:00'),
      known: [day('2001-04-01', { to: at('2001-04-01T12:00') })],
      due: ['04-01T00 04-02T00'],
    },
    { name: 'what failed', asOf: at('2001-04-02T00:00'), known: [day('2001-04-01', { status: 'failed' })], due: ['04-01T00 04-02T00'] },
    {
      name: 'not what failed too often',
      asOf: at('2001-04-02T00:00'),
      known: [day('2001-04-01', { status: 'failed', attempts: ATTEMPTS_BY_SCHEDULE })],
      due: [],
    },
    {
      name: 'what failed too often when asked',
      asOf: at('2001-04-02T00:00'),
      asked: true,
      known: [day('2001-04-01', { status: 'failed', attempts: ATTEMPTS_BY_SCHEDULE })],
      due: ['04-01T00 04-02T00'],
    },
    { name: 'not what is under way', asOf: at('2001-04-02T00:00'), known: [day('2001-04-01', { status: 'running' })], due: [] },
    {
      name: 'what an earlier machine of the same run left under way',
      asOf: at('2001-04-02T00:00'),
      known: [day('2001-04-01', { status: 'running', run: 'this' })],
      due: ['04-01T00 04-02T00'],
    },
    {
      name: 'not what another run has under way',
      asOf: at('2001-04-02T00:00'),
      known: [day('2001-04-01', { status: 'running', run: 'other' })],
      due: [],
    },
    {
      name: 'what is under way for too long',
      asOf: at('2001-04-02T00:00'),
      known: [day('2001-04-01', { status: 'running', startedAt: new Date(NOW.getTime() - LEASE_MINUTES * 60_000) })],
      due: ['04-01T00 04-02T00'],
    },
    {
      name: 'what was lost however often',
      asOf: at('2001-04-02T00:00'),
      known: [day('2001-04-01', { status: 'running', attempts: ATTEMPTS_BY_SCHEDULE, startedAt: new Date(0) })],
      due: ['04-01T00 04-02T00'],
    },
    {
      name: 'what is under way when asked',
      asOf: at('2001-04-02T00:00'),
      asked: true,
      known: [day('2001-04-01', { status: 'running' })],
      due: ['04-01T00 04-02T00'],
    },
  ])('are $name', ({ asOf, lateness = 0, known = [], asked = false, due }) =>
    expect(shown(dueWindows(settings(24, lateness), known, { asOf, now: NOW, asked, run: 'this' }))).toEqual(due),
  );

  it('passes over windows of months in which nothing was logged', () => {
    const at2026 = new Date('2026-11-21T00:00:00Z');
    const due = dueWindows(settings(30 * 24), [], { asOf: at2026, now: NOW, asked: false, months: new Set(['2001-04', '2026-11']) });
    expect(due.every(({ from, to }) => [from, to].some((time) => /^(2001-0[345]|2026-1[012])/.test(time.toISOString())))).toBe(true);
    expect(due.some(({ from }) => from.toISOString().startsWith('2001-04'))).toBe(true);
    expect(due.length).toBeLessThan(6);
  });

  it('are as long on the days when clocks change', () => {
    const windows = dueWindows(settings(24), [], { asOf: at('2001-04-13T00:00'), now: NOW, asked: false });
    expect(windows.map(({ from, to }) => (to.getTime() - from.getTime()) / HOUR_MS)).toEqual(windows.map(() => 24));
  });

  it('come oldest first, a bounded number a run; over the runs of a schedule none overlaps, is left out or comes twice', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 0, max: 500 }),
        fc.array(fc.integer({ min: 0, max: 1500 }), { minLength: 1, maxLength: 12 }),
        (hours, lateness, steps) => {
          const known: KnownWindow[] = [];
          const start = Date.parse(settings(1).window.startsAt);
          let clock = start;
          for (const step of steps) {
            clock += step * HOUR_MS;
            const due = dueWindows(settings(hours, lateness), known, { asOf: new Date(clock), now: NOW, asked: false });
            expect(due.length).toBeLessThanOrEqual(WINDOWS_A_RUN);
            for (const window of due) expect(window.to.getTime() + lateness * HOUR_MS).toBeLessThanOrEqual(clock);
            known.push(...due.map((window) => ({ ...window, status: 'succeeded' as const, attempts: 1, startedAt: NOW })));
          }
          for (let last = -1; last !== known.length; ) {
            last = known.length;
            const due = dueWindows(settings(hours, lateness), known, { asOf: new Date(clock), now: NOW, asked: false });
            known.push(...due.map((window) => ({ ...window, status: 'succeeded' as const, attempts: 1, startedAt: NOW })));
          }
          const count = Math.max(0, Math.floor((clock - lateness * HOUR_MS - start) / (hours * HOUR_MS)));
          const expected = Array.from({ length: count }, (_, k) => start + k * hours * HOUR_MS);
          expect(known.map(({ from }) => from.getTime())).toEqual(expected);
          expect(known.every(({ from, to }) => to.getTime() - from.getTime() === hours * HOUR_MS)).toBe(true);
        },
      ),
    ));
});
