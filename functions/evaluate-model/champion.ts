import { loadOnnxModel } from '#adapters/onnx/onnx-model.ts';
import type { ControlTx } from '#adapters/postgres/control-tx.ts';
import type { ObjectStore } from '#adapters/s3/object-store.ts';
import { type ChampionComparison, misfitOf, pairedBootstrap } from '#core/evaluation/index.ts';
import type { Plan } from '#core/pipelines/index.ts';
import type { ModelVersion } from '#core/registry/index.ts';
import { parseSignature } from '#core/serving/index.ts';
import { type ScoringPlace, scoreRows } from './score-rows.ts';

/** The version that the pipeline's alias points at; none before the first has gone live. */
export async function championOf(
  tx: Pick<ControlTx, 'models' | 'modelVersions'>,
  { model, alias }: Plan['deployment'],
): Promise<ModelVersion | undefined> {
  const number = (await tx.models.find(model))?.aliases[alias];
  return number === undefined ? undefined : tx.modelVersions.find(model, number);
}

export interface ChallengerRows {
  readonly place: ScoringPlace;
  readonly rowsFile: string;
  readonly challenger: { readonly labels: Uint8Array; readonly scores: Float32Array; readonly threshold: number };
}

/** Asks the champion about the challenger's test rows, and how the two differ on them. It judges by its own threshold, as it serves. */
export async function compareWithChampion(
  objects: Pick<ObjectStore, 'download'>,
  champion: ModelVersion,
  plan: Plan,
  { place, rowsFile, challenger }: ChallengerRows,
): Promise<ChampionComparison> {
  const { number: version, artifactSha256, artifactKey } = champion;
  const signature = parseSignature(champion.signature);
  const reason = misfitOf(plan, signature.inputs);
  if (reason !== undefined) return { version, artifactSha256, comparable: false, reason };
  const file = `${place.folder}/champion.onnx`;
  const stored = await objects.download(artifactKey, file);
  if (stored?.sha256 !== artifactSha256) throw new Error(`the stored model of version ${version} is not what was registered`);
  const onnx = await loadOnnxModel(file, signature, { threads: place.threads });
  const rows = challenger.labels.length;
  const { labels, scores } = await scoreRows(onnx, plan, rowsFile, rows, place).finally(() => onnx.close());
  // Rows are paired by their place in the file: a reader that gave them in another order would compare strangers.
  if (!labels.every((label, row) => label === challenger.labels[row])) throw new Error('the test rows came in another order');
  const { resamples, confidence } = plan.evaluation;
  const settings = { resamples, confidence, seed: plan.training.seed };
  const differences = pairedBootstrap(labels, challenger, { scores, threshold: signature.threshold }, settings);
  return { version, artifactSha256, comparable: true, differences };
}
