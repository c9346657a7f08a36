import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
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

/** Optional companions of `pg` and `mongodb` that are asked for with require() in a try and are not installed. */
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
  'encoding',
];

/** CommonJS parts of the bundle ask for node's own modules by require(), which an ES module does not have. */
const REQUIRE = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** Bundles every `functions/<name>/handler.ts` in one pass of esbuild, which is several times quicker than one process for each. */
export function bundleFunctions(root: string): Bundles {
  const out = join(root, '.sluice', 'functions');
  const names = readdirSync(join(root, 'functions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'functions', entry.name, 'handler.ts')))
    .map(({ name }) => name)
    .sort();
  rmSync(out, { recursive: true, force: true });
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(names.map((name) => [`${name}/index`, join('functions', name, 'handler.ts')])),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    // An error's name is what Step Functions matches and what a log is searched by.
    keepNames: true,
    legalComments: 'none',
    mainFields: ['module', 'main'],
    external: [...FROM_LAYERS, ...OPTIONAL],
    loader: { '.sql': 'text' },
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: 'error',
  });
  writeFileSync(join(root, '.sluice', 'functions.meta.json'), JSON.stringify(metafile));
  return new Map(names.map((name) => [name, bundleOf(name, join(out, name), relative(root, out), metafile)]));
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
