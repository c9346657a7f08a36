import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FROM_LAYERS } from '../../infra/bundle-functions.ts';
import { ourFunctions, resources, STAGES, workspace } from './synth.ts';

const MEGABYTE = 2 ** 20;
const { bundles, layers } = workspace;

describe('bundles', () => {
  it('are all deployed, and nothing else is', () => expect([...ourFunctions('dev').keys()].sort()).toEqual([...bundles.keys()].sort()));

  it.each([...bundles.values()])(
    '$name has at most 1 MB of JavaScript in one file, or half as much again with both databases',
    (bundle) => {
      const { bytes, folder, packages } = bundle;
      // The two drivers alone are 0.8 MB.
      const both = ['pg', 'mongodb'].every((id) => packages.includes(id));
      expect(bytes).toBeLessThanOrEqual(both ? 1.5 * MEGABYTE : MEGABYTE);
      expect(readdirSync(folder)).toEqual(['index.mjs']);
    },
  );

  it.each([...bundles.values()])('$name wears the layers of the native packages it imports', ({ name, packages }) => {
    const wanted = [
      packages.some((id) => id.startsWith('@duckdb/')) && 'DuckDb',
      packages.some((id) => id.startsWith('onnxruntime')) && 'OnnxRuntime',
    ];
    const worn: { Ref: string }[] = ourFunctions('dev').get(name)?.Properties.Layers ?? [];
    expect(worn.map(({ Ref }) => Ref.replace(/Version.*/, '')).sort()).toEqual(wanted.filter((layer) => layer !== false).sort());
  });
});

describe('layers', () => {
  it('fit Lambda together: 250 MB unzipped with a bundle', () => {
    const bytes = Object.values(layers).reduce((sum, layer) => sum + layer.bytes, 0);
    expect(bytes + MEGABYTE).toBeLessThan(250_000_000);
  });

  it('hold every package that bundles leave out, with its licence', () => {
    const files = Object.values(layers).flatMap(({ folder }) => readdirSync(folder, { recursive: true }).map(String));
    for (const id of FROM_LAYERS) expect(files).toContain(`nodejs/node_modules/${id}/package.json`);
    expect(files.filter((file) => /licen[cs]e/i.test(file)).length).toBeGreaterThanOrEqual(Object.keys(layers).length);
  });
});

describe.each(STAGES)('functions of %s', (stage) => {
  const functions = [...ourFunctions(stage)];

  it.each(functions)('%s runs Node 24 on x86_64, traced, with a timeout and a log that ends', (_, { Properties }) => {
    expect(Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['x86_64'],
      TracingConfig: { Mode: 'Active' },
      Handler: 'index.handler',
    });
    expect(Properties.Timeout).toBeLessThanOrEqual(600);
    expect(Properties.LoggingConfig.LogGroup).toBeDefined();
  });

  it('every one has a log that ends, the library’s own too: one that Lambda makes by itself keeps everything and outlives the stack', () => {
    const logs = resources(stage, 'AWS::Lambda::Function').filter(([, { Properties }]) => !Properties.LoggingConfig?.LogGroup);
    expect(logs.map(([id]) => id)).toEqual([]);
  });

  it('every one has an alarm on its errors', () => {
    const watched = resources(stage, 'AWS::CloudWatch::Alarm').filter(
      ([, { Properties }]) => Properties.Namespace === 'AWS/Lambda' && Properties.MetricName === 'Errors',
    );
    expect(watched.length).toBe(functions.length);
    for (const [id, { Properties }] of watched) expect(Properties.AlarmActions, id).toHaveLength(1);
  });

  it('none that opens connections to Postgres may run as often as it likes', () => {
    const connecting = functions.filter(([name]) => bundles.get(name)?.packages.includes('pg'));
    expect(connecting.length).toBeGreaterThan(4);
    for (const [name, { Properties }] of connecting) expect(Properties.ReservedConcurrentExecutions, name).toBeGreaterThan(0);
  });

  it('an API function gives up before the gateway does', () => {
    for (const name of ['control', 'operations', 'watch', 'docs', 'feedback', 'predict', 'authorizer'])
      expect(ourFunctions(stage).get(name)?.Properties.Timeout).toBeLessThan(30);
  });
});
