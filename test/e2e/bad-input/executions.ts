import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar';
import { expect } from 'vitest';
import type { Entry } from '../../support/tar-gz.ts';
import { PLANTED } from '../planted.ts';
import { GOOD_ROWS, smallPipeline } from '../rows.ts';
import { type BadInputStand, type Case, refusal } from './stand.ts';

interface BadExecution {
  readonly name: string;
  /** @default the good rows */
  readonly rows?: (stand: BadInputStand) => Promise<number>;
  /** The user's own script. */
  readonly script?: string;
  /** Beside the script. */
  readonly beside?: (stand: BadInputStand) => Promise<readonly Entry[]>;
  readonly hyperparameters?: string;
  readonly minutes?: number;
  readonly gates?: string;
  readonly status: 'failed' | 'refused';
  readonly code: string;
  /** In the stored reason. */
  readonly says: string;
  readonly neverSays?: string;
}

const SIZE = '(u * 100)::integer as size';
const size = (expression: string) => (stand: BadInputStand) => stand.dataset(GOOD_ROWS.replace(SIZE, `${expression} as size`));
const inModelDir = (file: string) => `os.path.join(os.environ['SM_MODEL_DIR'], '${file}')`;

const CASES: readonly BadExecution[] = [
  { name: 'a dataset with a wrong schema', rows: size(`'x' || i`), status: 'failed', code: 'schema_mismatch', says: 'size' },
  {
    name: 'a column with 5 % missing',
    rows: size('case when u < 0.05 then null else (u * 100)::integer end'),
    status: 'failed',
    code: 'quality_failed',
    says: 'size',
  },
  { name: 'a dataset without rows', rows: (stand) => stand.dataset(GOOD_ROWS, 0), status: 'failed', code: 'quality_failed', says: 'rows' },
  {
    name: 'a ragged CSV in place of a dataset',
    rows: (stand) => stand.datasetFile(Buffer.from('at,size,colour,hit\n2001-01-01,1,red,true\n2001-01-02,2\n')),
    status: 'failed',
    code: 'dataset_unreadable',
    says: 'Parquet',
  },
  { name: 'a gate that fails', gates: '[{ metric: auc, atLeast: 0.9999 }]', status: 'refused', code: 'gate_failed', says: 'auc' },
  {
    name: 'a script that raises',
    script: `raise RuntimeError('the moon is full')`,
    status: 'failed',
    code: 'training_failed',
    says: 'the moon is full',
  },
  {
    name: 'a script that prints secrets',
    script: `print('password=${PLANTED.scriptSecret}', flush=True)\nraise RuntimeError('no connection with api_key=${PLANTED.scriptSecret}')`,
    status: 'failed',
    code: 'training_failed',
    says: 'no connection with api_key=[redacted]',
    neverSays: PLANTED.scriptSecret,
  },
  { name: 'a script that writes no model', script: `print('done')`, status: 'failed', code: 'model_missing', says: 'model' },
  {
    name: 'a pickle in place of a model',
    script: `import os, pickle\npickle.dump({'a': 1}, open(${inModelDir('model.onnx')}, 'wb'))\nopen(${inModelDir('signature.json')}, 'w').write('{}')`,
    status: 'failed',
    code: 'model_not_onnx',
    says: 'pickle',
  },
  {
    name: 'an ONNX that disagrees with its estimator',
    script: `from sluice_training import ALGORITHMS, run
from sluice_training.logistic_regression import LogisticRegression


class Slipping(LogisticRegression):
    def emit(self, graph, matrix):
        return graph.node("Mul", super().emit(graph, matrix), graph.floats(0.99))


run({**ALGORITHMS, "slipping": Slipping})
`,
    beside: builtin,
    hyperparameters: '{ algorithm: slipping }',
    status: 'failed',
    code: 'training_failed',
    says: 'where the estimator says',
  },
];

/** An execution that cannot succeed says why, leaves nothing half-done, and is in nobody's way. */
export function badExecutions(stand: () => BadInputStand, bad: Case): void {
  for (const one of CASES) bad(one.name, () => examine(stand(), one));

  bad('a script that hangs, and a pipeline started while it runs', async () => {
    const { tenant, start, ended, leftNothing, goodAttempt, script, goodRows } = stand();
    const name = 'hangs';
    const training = await script(
      [{ name: 'own.py', content: 'import time\nwhile True:\n    time.sleep(60)\n' }],
      ', maxRuntimeMinutes: 0.1',
    );
    await tenant.asScientist.put(`/v1/pipelines/${name}`, { source: smallPipeline({ name, training }) });
    const first = await start(name, goodRows);
    const second = await refusal(start(name, goodRows));
    expect(second).toMatchObject({ status: 409, code: 'execution_running' });
    expect(second.problem['execution']).toBe(first.id);
    const execution = await ended(first.id);
    expect(execution).toMatchObject({
      status: 'failed',
      failure: { code: 'training_failed', reason: expect.stringContaining('longer than the 6 seconds that it had'), at: 'train' },
    });
    await leftNothing(execution, name);
    const { items } = await tenant.asScientist.get<{ items: readonly object[] }>(`/v1/executions?pipeline=${name}`);
    expect(items).toHaveLength(1);
    await goodAttempt(name);
  });

  bad('an empty file in place of a dataset', async () => {
    const { asScientist } = stand().tenant;
    const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(await refusal(asScientist.post('/v1/uploads', { kind: 'dataset', sha256, bytes: 0 }))).toMatchObject({
      status: 400,
      code: 'request_invalid',
    });
    const registered = asScientist.post('/v1/datasets/empty/versions', { sha256, format: 'parquet' });
    expect(await refusal(registered)).toMatchObject({ status: 409, code: 'upload_missing' });
    expect(await refusal(asScientist.post('/v1/datasets/empty/versions', { sha256, format: 'csv' }))).toMatchObject({
      code: 'request_invalid',
    });
    expect((await refusal(asScientist.get('/v1/datasets/empty/versions/1'))).status).toBe(404);
  });

  bad('a pipeline.yaml with a mistake', async () => {
    const { asScientist } = stand().tenant;
    const source = smallPipeline({ name: 'mistaken' }).replace('dataset: small', 'datset: small');
    const refused = await refusal(asScientist.put('/v1/pipelines/mistaken', { source }));
    expect(refused).toMatchObject({ status: 422, code: 'pipeline_invalid' });
    expect(refused.problem['issues']).toContainEqual(expect.objectContaining({ line: 3, suggestion: expect.stringContaining('dataset') }));
    expect((await refusal(asScientist.get('/v1/pipelines/mistaken'))).status).toBe(404);
  });
}

async function examine(stand: BadInputStand, one: BadExecution): Promise<void> {
  const { tenant, start, ended, leftNothing, goodAttempt } = stand;
  const name = one.name
    .replace(/[^a-z]+/gi, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase();
  const training = one.script === undefined ? {} : { training: await trainingOf(stand, one, one.script) };
  const gates = one.gates === undefined ? {} : { gates: one.gates };
  await tenant.asScientist.put(`/v1/pipelines/${name}`, { source: smallPipeline({ name, ...training, ...gates }) });
  const { id } = await start(name, one.rows ? await one.rows(stand) : stand.goodRows);
  const execution = await ended(id);
  const stored = JSON.stringify(execution.failure);
  expect({ status: execution.status, code: execution.failure?.['code'] }, stored).toEqual({ status: one.status, code: one.code });
  expect(stored).toContain(one.says);
  if (one.neverSays !== undefined)
    expect(JSON.stringify(await tenant.asScientist.get(`/v1/executions/${id}`))).not.toContain(one.neverSays);
  await leftNothing(execution, name);
  await goodAttempt(name);
}

async function trainingOf(stand: BadInputStand, { beside, hyperparameters }: BadExecution, content: string): Promise<string> {
  const entries = [{ name: 'own.py', content }, ...((await beside?.(stand)) ?? [])];
  return stand.script(entries, hyperparameters === undefined ? '' : `, hyperparameters: ${hyperparameters}`);
}

/** The built-in algorithms as they are packed. */
async function builtin({ folder }: BadInputStand): Promise<readonly Entry[]> {
  const root = new URL('../../..', import.meta.url).pathname;
  await extract({ file: join(root, 'training', 'dist', 'sourcedir.tar.gz'), cwd: folder, filter: (path) => !/^\.?\/?$/.test(path) });
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  return Promise.all(
    files
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
      .filter((path) => !path.endsWith('.parquet'))
      .map(async (name) => ({ name, content: await readFile(join(folder, name)) })),
  );
}
