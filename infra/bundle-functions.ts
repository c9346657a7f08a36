import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { buildSync, type Metafile } from 'esbuild';

export interface Bundle {
  readonly name: string;
  /** Folder that holds `index.mjs` and nothing else. */
  readonly folder: string;
  readonly bytes: number;
  /** npm packages whose code is inside or expected from a layer. */
  readonly packages: readonly string[];
}
export type Bundles = ReadonlyMap<string, Bundle>;

/** Native code cannot be bundled: these come from the layers. */
export const FROM_LAYERS = [
  'onnxruntime-node',
  'onnxruntime-common',
  '@duckdb/node-api',
  '@duckdb/node-bindings',
  '@duckdb/node-bindings-linux-x64',
];

/** Asked for with require() in a try by `pg` and `mongodb`, and not installed. */
const OPTIONAL = [
  'pg-native',
  'pg-cloudflare',
  'mongodb-client-encryption',
  'kerberos',
  '@mongodb-js/zstd',
  'snappy',
  'gcp-metadata',
  'socks',
  'aws4',
  '@aws-sdk/credential-providers',
];

/** Where people, containers and servers find credentials; a function has them in its environment, and the SDK loads these only when it has not. */
const OTHER_CREDENTIALS = [
  ...['ini', 'process', 'sso', 'web-identity', 'login', 'http'].map((source) => `@aws-sdk/credential-provider-${source}`),
  '@smithy/credential-provider-imds',
];

/** Where `pg` looks for a password when it was given none; ours always comes from a secret. */
const PASSWORD_FILES = ['pgpass'];

/** CommonJS parts of the bundle ask for node's own modules by require(), which an ES module does not have. */
const REQUIRE = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** Bundles every `functions/<name>/handler.ts` in one pass of esbuild, which is several times quicker than one process for each. */
export function bundleFunctions(root: string): Bundles {
  const out = join(root, '.sluice', 'functions');
  const names = readdirSync(join(root, 'functions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'functions', entry.name, 'handler.ts')))
    .map(({ name }) => name)
    .sort();
  const { metafile, outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(names.map((name) => [`${name}/index`, join('functions', name, 'handler.ts')])),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    legalComments: 'none',
    mainFields: ['module', 'main'],
    external: [...FROM_LAYERS, ...OPTIONAL, ...OTHER_CREDENTIALS, ...PASSWORD_FILES],
    alias: lighter(root),
    loader: { '.sql': 'text' },
    banner: { js: REQUIRE },
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  for (const { path, contents } of outputFiles) replace(path, contents);
  return new Map(names.map((name) => [name, bundleOf(name, join(out, name), relative(root, out), metafile)]));
}

/** Two synths at once write the same bytes; neither may ever see half of the other's file. */
function replace(path: string, contents: Uint8Array): void {
  if (existsSync(path) && Buffer.compare(readFileSync(path), contents) === 0) return;
  mkdirSync(dirname(path), { recursive: true });
  // Beside the folder, which becomes the function's code whole.
  const unfinished = `${dirname(path)}.${process.pid}`;
  writeFileSync(unfinished, contents);
  renameSync(unfinished, path);
}

/** Stand-ins that do the same with less code. */
function lighter(root: string): Record<string, string> {
  return {
    // 290 kB of Unicode tables for what Node has built in.
    'whatwg-url': join(import.meta.dirname, 'node-url.ts'),
    // The same parser as ES modules, so that what nobody calls falls away.
    yaml: join(root, 'node_modules', 'yaml', 'browser', 'index.js'),
  };
}

function bundleOf(name: string, folder: string, out: string, metafile: Metafile): Bundle {
  const output = metafile.outputs[`${out}/${name}/index.mjs`];
  if (!output) throw new Error(`esbuild wrote no bundle for functions/${name}.`);
  const inside = Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const packages = new Set([...inside.map(([path]) => packageOf(path)), ...output.imports.map(({ path }) => path)]);
  return { name, folder, bytes: output.bytes, packages: [...packages].filter((path) => path !== undefined).sort() };
}

function packageOf(path: string): string | undefined {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}
