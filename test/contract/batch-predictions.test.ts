import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LARGEST_BATCH_BYTES, PART_ROWS } from '#core/batch/index.ts';
import { startBatches } from '../support/batches.ts';

let stand: Awaited<ReturnType<typeof startBatches>>;
let tenant: Awaited<ReturnType<typeof stand.newTenant>>;

beforeAll(async () => {
  stand = await startBatches();
});
beforeEach(async () => {
  tenant = await stand.newTenant();
  await stand.addVersion(tenant);
});
afterAll(() => stand?.stop());

const HEADER = 'id,distance,delay,origin,weekend,date,note';
const GOOD = '100,1.5,SFO,true,2001-01-13 14:56';
const rowsQuery = (count: number) => `select i as id, (i % 3000)::integer as distance, if(i % 7 = 0, null, i / 10)::double as delay,
  'A' || (i % 5) as origin, i % 2 = 0 as weekend, timestamp '2001-01-01' + interval (i) minute as date, 'let be' as extra from range(${count}) t(i)`;

describe('a batch', () => {
  it('answers every row of a Parquet in its order, over several parts, under the ids it came with', async () => {
    const count = PART_ROWS + 1234;
    const batch = await stand.order(tenant, await stand.parquet(rowsQuery(count)), 'parquet');
    const done = await stand.run(tenant, batch);
    expect(done).toMatchObject({ status: 'succeeded', parts: 2, rows: count, badRows: 0, badRowsKey: null, failure: null });
    const rows = await stand.rowsOf(done.files.output);
    expect(rows).toHaveLength(count);
    expect(rows[0]).toEqual({ row: '0', id: '0', version: 1, label: expect.any(Boolean), score: expect.any(Number), status: 'scored' });
    expect(rows.every((row, at) => row['row'] === String(at) && row['id'] === String(at) && row['status'] === 'scored')).toBe(true);
    const types = await stand.rowsOf(done.files.output, 'typeof(id) as id, typeof("row") as "row", typeof(score) as score');
    expect(types[0]).toEqual({ id: 'BIGINT', row: 'BIGINT', score: 'DOUBLE' });
  });

  it('sets bad rows aside with every reason, in the words of the API, and scores the others', async () => {
    const csv = [
      HEADER,
      `a,${GOOD},`,
      'b,,soon,SFO,true,2001-01-13 14:56,"two, things"',
      `c,12.0,,,FALSE,,`,
      'd,1.5,1e39,SFO,1,yesterday,',
      `e,${GOOD},x`,
    ].join('\r\n');
    const done = await stand.run(tenant, await stand.order(tenant, csv, 'csv'));
    expect(done).toMatchObject({ status: 'succeeded', parts: 1, rows: 5, badRows: 2 });
    const rows = await stand.rowsOf(done.files.output);
    expect(rows.map(({ row, id, status }) => `${row} ${id} ${status}`)).toEqual([
      '0 a scored',
      '1 b bad',
      '2 c scored',
      '3 d bad',
      '4 e scored',
    ]);
    expect(rows[1]).toMatchObject({ label: null, score: null, version: 1 });
    expect(rows[0]?.['score']).toBe(rows[4]?.['score']);
    const bad = await stand.rowsOf(done.files.badRows);
    expect(bad.map(({ row, feature, problem }) => `${row} ${feature} ${problem}`)).toEqual([
      '1 distance missing',
      '1 delay wrong_type',
      '3 distance wrong_type',
      '3 delay out_of_range',
      '3 weekend wrong_type',
      '3 date wrong_type',
    ]);
    expect(bad[1]?.['message']).toBe('"delay" must be a number; got "soon"');
    const told = await stand.call(tenant, 'findBatch', { path: { batch: done.id }, roles: ['viewer'] });
    expect(told.body).toMatchObject({
      rows: 5,
      badRows: 2,
      outputUrl: expect.stringContaining('http'),
      badRowsUrl: expect.stringContaining('http'),
    });
    expect((await fetch(told.body.outputUrl)).status).toBe(200);
  });

  it('says the same of the same rows as CSV and as Parquet', async () => {
    const query = rowsQuery(50);
    const parquet = await stand.run(tenant, await stand.order(tenant, await stand.parquet(query), 'parquet'));
    const read = await stand.rowsOf(parquet.inputKey, "id, distance, delay, origin, weekend, strftime(date, '%Y-%m-%dT%H:%M:%SZ') as date");
    const lines = read.map((row) =>
      Object.values(row)
        .map((value) => value ?? '')
        .join(','),
    );
    const csv = await stand.run(tenant, await stand.order(tenant, ['id,distance,delay,origin,weekend,date', ...lines].join('\n'), 'csv'));
    const scores = (key: string) => stand.rowsOf(key, 'row, label, score, status');
    expect(await scores(csv.files.output)).toEqual(await scores(parquet.files.output));
  });

  it('takes times in every form that Parquet has, not-a-number as missing, and what has no end as missing too', async () => {
    const base = `1.0::double as distance, 'nan'::float as delay, null::varchar as origin, true as weekend`;
    const forms = [
      "date '2001-01-13'",
      "timestamp_s '2001-01-13 00:00:00'",
      "timestamptz '2001-01-13 02:00:00+02'",
      "timestamp 'infinity'",
    ];
    const scores: unknown[] = [];
    for (const form of forms) {
      const done = await stand.run(tenant, await stand.order(tenant, await stand.parquet(`select ${base}, ${form} as date`), 'parquet'));
      expect(done).toMatchObject({ rows: 1, badRows: 0 });
      const [row] = await stand.rowsOf(done.files.output);
      expect(row).not.toHaveProperty('id');
      scores.push(row?.['score']);
    }
    expect(scores[1]).toBe(scores[0]);
    expect(scores[2]).toBe(scores[0]);
  });

  it('has as many rows as its input, and a reason for each bad one, whatever is in it', async () => {
    const field = (good: string) =>
      fc.oneof({ weight: 4, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: fc.constantFrom('', 'x', '1e99', '"a,b"') });
    const line = fc
      .tuple(field('7'), field('1.5'), field('SFO'), field('true'), field('2001-01-13 14:56'))
      .map((fields) => fields.join(','));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 30 }), async (lines) => {
        const done = await stand.run(tenant, await stand.order(tenant, ['distance,delay,origin,weekend,date', ...lines].join('\n'), 'csv'));
        const rows = await stand.rowsOf(done.files.output, 'row, status');
        expect(rows.map(({ row }) => Number(row))).toEqual(lines.map((_, at) => at));
        const bad = rows.filter(({ status }) => status === 'bad').map(({ row }) => row);
        expect(done.badRows).toBe(bad.length);
        const reasons = done.badRowsKey === null ? [] : await stand.rowsOf(done.badRowsKey, 'distinct row');
        expect(new Set(reasons.map(({ row }) => row))).toEqual(new Set(bad));
      }),
      { numRuns: 12 },
    );
  });

  it.each([
    { name: 'a column too few', csv: 'id,distance\n1,2\n', code: 'schema_mismatch', says: 'missing_column' },
    { name: 'semicolons', csv: 'distance;delay;origin;weekend;date\n', code: 'schema_mismatch', says: 'missing_column' },
    { name: 'a ragged row', csv: `${HEADER}\na,${GOOD},\nb,1\n`, code: 'batch_unreadable', says: 'line 3: 2 fields, the header has 7' },
    { name: 'no rows', csv: `${HEADER}\n`, code: 'batch_unreadable', says: 'no rows' },
    { name: 'nothing', csv: '\n', code: 'batch_unreadable', says: 'empty' },
    { name: 'Latin letters', csv: Buffer.from(`${HEADER}\na,${GOOD},Z\xfcrich\n`, 'latin1'), code: 'batch_unreadable', says: 'not UTF-8' },
  ])('of a CSV with $name is refused, and says so', async ({ csv, code, says }) => {
    const batch = await stand.order(tenant, csv, 'csv');
    await expect(stand.step(tenant, batch, 'plan')).rejects.toMatchObject({ name: code });
    await stand.step(tenant, batch, 'record-failure', { at: 'Plan', error: code, cause: 'less' });
    const { status, failure, endedAt } = await stand.find(tenant, batch);
    expect({ status, code: failure?.code, at: failure?.at }).toEqual({ status: 'failed', code, at: 'Plan' });
    expect(JSON.stringify(failure)).toContain(says);
    expect(endedAt).not.toBeNull();
    expect((await stand.outbox(tenant, batch)).map(({ type }) => type)).toEqual(['batch.queued.v1', 'batch.ordered.v1', 'batch.failed.v1']);
  });

  it.each([
    { name: 'a column of another type', query: rowsQuery(3).replace("'A' || (i % 5)", 'i'), code: 'schema_mismatch', says: 'wrong_type' },
    { name: 'no rows', query: rowsQuery(0), code: 'batch_unreadable', says: 'no rows' },
  ])('of a Parquet with $name is refused', async ({ query, code, says }) => {
    const batch = await stand.order(tenant, await stand.parquet(query), 'parquet');
    await expect(stand.step(tenant, batch, 'plan')).rejects.toMatchObject({ name: code });
    expect(JSON.stringify((await stand.find(tenant, batch)).failure)).toContain(says);
  });

  it('of a file that is no Parquet is refused without a word of our folders', async () => {
    const batch = await stand.order(tenant, 'PAR1 not at all', 'parquet');
    await expect(stand.step(tenant, batch, 'plan')).rejects.toMatchObject({ name: 'batch_unreadable' });
    expect(JSON.stringify((await stand.find(tenant, batch)).failure)).not.toContain('/tmp');
  });

  it('that is started again takes the parts that are there', async () => {
    const content = await stand.parquet(rowsQuery(PART_ROWS * 2 + 5));
    const first = await stand.order(tenant, content, 'parquet');
    expect(await stand.step(tenant, first, 'plan')).toMatchObject({ parts: 3 });
    expect(await stand.step(tenant, first, 'score', { part: 1 })).toMatchObject({ done: 'now' });
    await stand.step(tenant, first, 'record-failure', { at: 'ScoreParts', error: 'States.TaskFailed', cause: 'the disk burnt' });
    expect(await stand.find(tenant, first)).toMatchObject({ status: 'failed', failure: { code: 'defect', reason: 'the disk burnt' } });

    const second = await stand.order(tenant, content, 'parquet');
    await stand.step(tenant, second, 'plan');
    const scored = [];
    for (const part of [0, 1, 2]) scored.push((await stand.step(tenant, second, 'score', { part }))['done']);
    expect(scored).toEqual(['now', 'before', 'now']);
    // Twice at once, as after a time-out that was none.
    await Promise.all([stand.step(tenant, second, 'merge'), stand.step(tenant, second, 'merge')]);
    expect(await stand.find(tenant, second)).toMatchObject({ status: 'succeeded', rows: PART_ROWS * 2 + 5, badRows: 0 });
    expect((await stand.outbox(tenant, second)).filter(({ type }) => type === 'batch.succeeded.v1')).toHaveLength(1);
    expect(await stand.find(tenant, first)).toMatchObject({ status: 'failed' });
  });

  it('whose machine was stopped in the middle has failed, and a step that is still at work changes nothing any more', async () => {
    const content = await stand.parquet(rowsQuery(3));
    const stopped = await stand.order(tenant, content, 'parquet');
    await stand.step(tenant, stopped, 'plan');
    // As functions/_steps/outside-end.ts says it: without a state.
    for (const _ of [1, 2])
      await stand.step(tenant, stopped, 'record-failure', { error: 'execution_stopped', cause: 'somebody stopped it' });
    await stand.step(tenant, stopped, 'score', { part: 0 });
    await stand.step(tenant, stopped, 'merge');
    const { status, failure } = await stand.find(tenant, stopped);
    expect({ status, failure }).toEqual({ status: 'failed', failure: { code: 'execution_stopped', reason: 'somebody stopped it' } });
    expect((await stand.outbox(tenant, stopped)).filter(({ type }) => type !== 'batch.ordered.v1').map(({ type }) => type)).toEqual([
      'batch.queued.v1',
      'batch.failed.v1',
    ]);
    expect(await stand.run(tenant, await stand.order(tenant, content, 'parquet'))).toMatchObject({ status: 'succeeded', rows: 3 });
  });
});

describe('the routes of batches', () => {
  const post = (body: object, more: object = {}) => stand.call(tenant, 'createBatch', { path: { model: 'delays' }, body, ...more });

  it('order once under one key, by the live version or the one that is named', async () => {
    await stand.addVersion(tenant, false);
    const sha256 = await stand.upload(tenant, `${HEADER}\na,${GOOD},\n`);
    const key = randomUUID();
    const first = await post({ sha256, format: 'csv' }, { key });
    expect(first).toMatchObject({ status: 202, body: { model: 'delays', version: 1, status: 'queued', parts: null, outputUrl: null } });
    expect(await post({ sha256, format: 'csv' }, { key })).toEqual(first);
    const named = await post({ sha256, format: 'csv', version: 2 }, { roles: ['operator'] });
    expect(named).toMatchObject({ status: 202, body: { version: 2 } });
    expect((await stand.outbox(tenant, first.body.id)).find(({ destination }) => destination === 'execution')?.data).toEqual({
      stateMachine: 'batch-prediction',
      name: first.body.id,
      input: { tenant: tenant.id, batch: first.body.id, traceparent: expect.stringMatching(/^00-/) },
      resumes: true,
    });
    const page = await stand.call(tenant, 'listBatches', { path: { model: 'delays' }, query: { limit: '1' }, roles: ['viewer'] });
    expect(page.body.items.map(({ id }: { id: string }) => id)).toEqual([named.body.id]);
    const rest = await stand.call(tenant, 'listBatches', { path: { model: 'delays' }, query: { cursor: page.body.next } });
    expect(rest.body.items.map(({ id }: { id: string }) => id)).toEqual([first.body.id]);
  });

  it('refuse what cannot be done', async () => {
    const sha256 = await stand.upload(tenant, 'a\n1\n');
    const stranger = await stand.newTenant();
    const cases = [
      { code: 'upload_missing', answer: await post({ sha256: 'f'.repeat(64), format: 'csv' }) },
      { code: 'not_found', answer: await post({ sha256, format: 'csv', version: 9 }) },
      { code: 'not_found', answer: await stand.call(tenant, 'createBatch', { path: { model: 'boats' }, body: { sha256, format: 'csv' } }) },
      { code: 'request_invalid', answer: await post({ sha256, format: 'xlsx' }) },
      { code: 'permission_missing', answer: await post({ sha256, format: 'csv' }, { roles: ['viewer'] }) },
      { code: 'not_found', answer: await stand.call(tenant, 'findBatch', { path: { batch: randomUUID() } }) },
      { code: 'not_found', answer: await stand.call(tenant, 'listBatches', { path: { model: 'boats' } }) },
      { code: 'not_found', answer: await stand.call(stranger, 'listBatches', { path: { model: 'delays' } }) },
      // Another tenant's upload is as good as none.
      {
        code: 'upload_missing',
        answer: await stand.call(stranger, 'createBatch', { path: { model: 'delays' }, body: { sha256, format: 'csv' } }),
      },
    ];
    expect(cases.map(({ answer }) => answer.body.type)).toEqual(cases.map(({ code }) => `/problems/${code}`));
  });

  it('refuse a model that is not live, and another tenant’s batch and version', async () => {
    const other = await stand.newTenant();
    await stand.addVersion(other, false);
    const content = `${HEADER}\na,${GOOD},\n`;
    const sha256 = await stand.upload(other, content);
    const asOther = (body: object) =>
      stand.call(other, 'createBatch', { path: { model: 'delays' }, body: { sha256, format: 'csv', ...body } });
    expect((await asOther({})).body).toMatchObject({ type: '/problems/model_not_live', status: 404 });
    await stand.addVersion(tenant, false);
    expect((await asOther({ version: 2 })).body).toMatchObject({ type: '/problems/not_found' });
    const mine = await stand.order(tenant, content, 'csv');
    expect((await stand.call(other, 'findBatch', { path: { batch: mine } })).body).toMatchObject({ type: '/problems/not_found' });
    await expect(stand.step(other, mine, 'plan')).rejects.toMatchObject({ name: 'not_found' });
    expect(await stand.find(tenant, mine)).toMatchObject({ status: 'queued' });
  });

  it('say what one file may have', () => expect(LARGEST_BATCH_BYTES).toBe(536_870_912));
});
