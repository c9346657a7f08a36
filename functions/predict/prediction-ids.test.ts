import { describe, expect, it } from 'vitest';
import { predictionIds } from './prediction-ids.ts';

const row = { features: { origin: 'ATL', distance: 500 } };

describe('predictionIds', () => {
  it('are the caller’s own where given, and new ones elsewhere', () => {
    const [own, made, other] = predictionIds('t', 'm', [{ id: 'mine', ...row }, row, row], undefined);
    expect(own).toBe('mine');
    expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(made).not.toBe(other);
  });

  it('are the same for the same key, tenant, model, place and row, and for nothing else', () => {
    const rows = [row, row];
    const first = predictionIds('t', 'm', rows, 'key');
    expect(predictionIds('t', 'm', rows, 'key')).toEqual(first);
    const all = [
      first,
      predictionIds('u', 'm', rows, 'key'),
      predictionIds('t', 'n', rows, 'key'),
      predictionIds('t', 'm', rows, 'other'),
    ].flat();
    expect(new Set(all).size).toBe(8);
  });

  it.each([
    { name: 'other features', other: { features: { origin: 'ATL', distance: 501 } } },
    { name: 'another unit', other: { ...row, unit: 'tail-7' } },
    { name: 'another time', other: { ...row, eventTime: '2001-04-01T00:00:00.000Z' } },
  ])('tell a row with $name under a used key from the first one', ({ other }) => {
    expect(predictionIds('t', 'm', [other], 'key')).not.toEqual(predictionIds('t', 'm', [row], 'key'));
  });

  it('do not mind the order in which features are written', () => {
    const turned = { features: { distance: 500, origin: 'ATL' } };
    expect(predictionIds('t', 'm', [turned], 'key')).toEqual(predictionIds('t', 'm', [row], 'key'));
  });
});
