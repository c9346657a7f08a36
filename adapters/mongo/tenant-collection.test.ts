import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMongo, type TestMongo } from '../../test/support/mongo.ts';
import { tenantCollection } from './tenant-collection.ts';

interface Note {
  readonly text: string;
  readonly seen?: readonly string[];
}

let mongo: TestMongo;
const notes = (tenant: string) => tenantCollection<Note>(mongo.client.db(mongo.database).collection('notes'), tenant);

beforeAll(async () => {
  mongo = await startMongo();
});
afterAll(() => mongo.stop());

describe('a tenant’s part of a collection', () => {
  it('stores once and tells what was new', async () => {
    expect(await notes('a').insertOnce([{ id: '1', document: { text: 'one' } }])).toEqual(new Set(['1']));
    const again = [
      { id: '1', document: { text: 'other' } },
      { id: '2', document: { text: 'two' } },
    ];
    expect(await notes('a').insertOnce(again)).toEqual(new Set(['2']));
    expect((await notes('a').find(['1', '2', '3'])).get('1')?.text).toBe('one');
    expect(await notes('a').insertOnce([])).toEqual(new Set());
  });

  it('lets one of many racing writers win', async () => {
    const writers = Array.from({ length: 16 }, (_, i) => notes('race').insertOnce([{ id: 'x', document: { text: `writer ${i}` } }]));
    const won = (await Promise.all(writers)).filter((inserted) => inserted.has('x'));
    expect(won).toHaveLength(1);
  });

  it('is invisible and out of reach to another tenant, also where ids look alike', async () => {
    await notes('a').insertOnce([{ id: 'b:1', document: { text: 'mine' } }]);
    await notes('a:b')
      .insertOnce([{ id: '1', document: { text: 'theirs' } }])
      .catch(() => undefined);
    expect((await notes('a').find(['b:1'])).get('b:1')?.text).toBe('mine');
    expect((await notes('a:b').find(['1'])).size).toBe(0);
    await notes('b').addOnce([{ id: '1', field: 'seen', value: 'b' }]);
    await notes('b').remove(['1']);
    expect((await notes('b').find(['1'])).size).toBe(0);
    expect(await notes('a').find(['1'])).toEqual(new Map([['1', expect.objectContaining({ text: 'one' })]]));
  });

  it('adds to a list once and removes', async () => {
    await notes('a').addOnce([{ id: '2', field: 'seen', value: 'me' }]);
    await notes('a').addOnce([{ id: '2', field: 'seen', value: 'me' }]);
    await notes('a').addOnce([]);
    expect((await notes('a').find(['2'], ['seen'])).get('2')).toMatchObject({ seen: ['me'] });
    await notes('a').remove(['2']);
    expect((await notes('a').find(['2'])).size).toBe(0);
  });
});
