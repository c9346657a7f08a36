import { describe, expect, it } from 'vitest';
import { predictionIds } from './prediction-ids.ts';

describe('predictionIds', () => {
  it('are the caller’s own where given, and new ones elsewhere', () => {
    const [own, made, other] = predictionIds('t', 'm', [{ id: 'mine' }, {}, {}], undefined);
    expect(own).toBe('mine');
    expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(made).not.toBe(other);
  });

  it('are the same for the same key, tenant, model and place, and for nothing else', () => {
    const rows = [{}, {}];
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
});
