import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packTrainingSource } from '../../setup/training-source.ts';

/** The stacks carry the training source, so it has to be there before they are synthesized. An app without a folder of its own gets one that goes with the tests. */
export async function setup(): Promise<() => Promise<void>> {
  await packTrainingSource(new URL('../..', import.meta.url).pathname, (line) => process.stderr.write(`${line}\n`));
  const outdir = await mkdtemp(join(tmpdir(), 'sluice-synth-'));
  process.env['CDK_OUTDIR'] = outdir;
  return () => rm(outdir, { recursive: true, force: true });
}
