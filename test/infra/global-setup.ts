import { packTrainingSource } from '../../setup/training-source.ts';

/** The stacks carry the training source, so it has to be there before they are synthesized. */
export async function setup(): Promise<void> {
  await packTrainingSource(new URL('../..', import.meta.url).pathname, (line) => process.stderr.write(`${line}\n`));
}
