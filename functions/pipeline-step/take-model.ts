import { foreignCode } from '#adapters/onnx/foreign-code.ts';
import { MODEL_FILES, type ModelFile, readModelArchive } from '#adapters/tar/model-archive.ts';
import { type Context, DomainError } from '#core/kernel/index.ts';
import { featuresOf, type Plan } from '#core/pipelines/index.ts';
import { parseSignature, type Signature } from '#core/serving/index.ts';
import { keys } from '#functions/_steps/keys.ts';
import { withScratch } from '#functions/_steps/scratch.ts';
import type { Artifact, StepOutputs } from '#functions/_steps/step-outputs.ts';
import type { PipelineStepDeps } from './deps.ts';

const LIMITS = { modelBytes: 100 * 2 ** 20, jsonBytes: 8 * 2 ** 20 };
/** Of the archive: what its files may take, and a little for the frame around them. */
const ARCHIVE_BYTES = LIMITS.modelBytes + (MODEL_FILES.length - 1) * LIMITS.jsonBytes + 2 ** 20;
const TYPES = {
  'model.onnx': 'application/octet-stream',
  'signature.json': 'application/json',
  'profile.json': 'application/json',
  'training.json': 'application/json',
} as const;

export interface TakenModel {
  readonly artifacts: StepOutputs['train']['artifacts'];
  readonly training: Readonly<Record<string, unknown>>;
}

/** Opens a job's archive, refuses what is no model of this plan, and keeps the rest under keys that name the content. */
export async function takeModel(deps: PipelineStepDeps, ctx: Context, plan: Plan, job: string, archiveKey: string): Promise<TakenModel> {
  const files = await withScratch(async (folder) => {
    const archive = `${folder}/model.tar.gz`;
    const found = await deps.objects.download(archiveKey, archive, (bytes) => {
      if (bytes > ARCHIVE_BYTES) throw new DomainError({ code: 'model_too_large', bytes, limit: ARCHIVE_BYTES });
    });
    if (!found) throw new DomainError({ code: 'model_missing', job, found: [] });
    return readModelArchive(archive, job, LIMITS);
  });
  const model = files.get('model.onnx') ?? Buffer.alloc(0);
  const foreign = foreignCode(model);
  if (foreign) throw new DomainError({ code: 'model_not_onnx', job, file: 'model.onnx', reason: foreign });
  const signature = files.get('signature.json');
  if (!signature) throw new DomainError({ code: 'signature_invalid', reason: 'the model directory has no signature.json' });
  matchesPlan(plan, parseSignature(json(signature, 'signature.json')));
  const training = files.get('training.json');
  const stored = await Promise.all(MODEL_FILES.map((name) => keep(deps, ctx, name, files.get(name))));
  const [onnx, signed, profile, trained] = stored;
  if (!onnx || !signed) throw new Error('an artifact that was just read is gone');
  return {
    artifacts: { model: onnx, signature: signed, profile: profile ?? null, training: trained ?? null },
    training: training ? record(json(training, 'training.json')) : {},
  };
}

/** The model must ask for the plan's features and for nothing else: what it is evaluated on is what it will be served. */
function matchesPlan(plan: Plan, signature: Signature): void {
  const refuse = (reason: string) => new DomainError({ code: 'signature_invalid', reason });
  const inputs = new Map(signature.inputs.map((input) => [input.name, input]));
  for (const feature of featuresOf(plan)) {
    const input = inputs.get(feature.name);
    if (!input) throw refuse(`the model takes no input ${feature.name}, which the pipeline's schema has as a feature`);
    if (input.type !== feature.type)
      throw refuse(`the model takes ${feature.name} as ${input.type}, the pipeline's schema says ${feature.type}`);
    if (feature.nullable && !input.nullable)
      throw refuse(`the model cannot do without ${feature.name}, which the pipeline's schema calls nullable`);
    inputs.delete(feature.name);
  }
  const [extra] = inputs.keys();
  if (extra !== undefined) throw refuse(`the model takes an input ${extra} that is no feature of the pipeline's schema`);
}

async function keep(deps: PipelineStepDeps, ctx: Context, name: ModelFile, content: Buffer | undefined): Promise<Artifact | undefined> {
  return content && deps.objects.putOnce((sha256) => keys.artifact(ctx.tenant, sha256, name), content, TYPES[name]);
}

function json(content: Buffer, name: string): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch (error) {
    throw new DomainError({
      code: 'signature_invalid',
      reason: `${name} is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
