// Runs one TypeScript entry point on the pinned Node, after making sure the machine has what the project needs.
// Plain JavaScript for any Node ≥ 20, without dependencies: it is what installs them.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');

const [entry, ...args] = process.argv.slice(2);
if (!entry) stop('usage: node setup/run.mjs <entry.ts> [arguments]');

if (Number(process.versions.node.split('.')[0]) < 20) stop(`Node ${process.version} is too old: install Node 20 or newer from nodejs.org.`);
installNodeModules();

const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
const child = spawn(join(bin, 'node'), [join(root, entry), ...args], { cwd: root, stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));

/**
 * Installs what package-lock.json pins, once per lock file; a half-done install is done again, because the stamp is written last.
 * Not `npm ci`: it refuses a lock that leaves out the optional binaries of other platforms, as a registry without them makes it.
 */
function installNodeModules() {
  const stamp = join(root, 'node_modules', '.sluice-lock');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(join(bin, 'node'))) return;
  console.error('Installing the Node packages of package-lock.json …');
  // onnxruntime's own install step would fetch CUDA libraries that nothing here uses.
  const done = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (done.status !== 0)
    stop(`npm install failed with exit code ${done.status}; the lines above say why. Nothing else was changed: run it again.`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

function stop(reason) {
  console.error(reason);
  process.exit(1);
}
