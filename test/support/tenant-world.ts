import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uploadKey } from '../../core/data/index.ts';
import type { Context } from '../../core/kernel/index.ts';
import type { ApiStand } from './api-stand.ts';
import { seedOperations } from './seed-operations.ts';
import { seedServing } from './seed-serving.ts';
import { seedTraining } from './seed-training.ts';
import { ROOT } from './stores-folder.ts';
import { csvOf, hash, namesOf, newSuffix, type TenantWorld } from './tenant-names.ts';

/** A tenant with one resource of every kind, each carrying the tenant's secret in its words. */
export async function seedTenant(stand: ApiStand, suffix = newSuffix()): Promise<TenantWorld> {
  const { id, slug } = await stand.postgres.newTenant();
  const secret = `secret${newSuffix()}`;
  const ctx: Context = {
    tenant: id,
    principal: { id: `author-${secret}`, kind: 'user', roles: [] },
    now: new Date(),
    requestId: randomUUID(),
  };
  const names = namesOf(suffix);
  const [model, signature, upload] = await Promise.all([
    stand.putFile(`tenants/${id}/artifacts/${suffix}/model.onnx`, await readFile(join(ROOT, 'test/fixtures/delays.onnx'))),
    stand.putFile(`tenants/${id}/artifacts/${suffix}/signature.json`, await readFile(join(ROOT, 'test/fixtures/delays.signature.json'))),
    putUploads(stand, id, suffix),
  ]);
  const report = await stand.putFile(`tenants/${id}/reports/${suffix}.html`, Buffer.from(`<p>${secret}</p>`));
  const files = { model, signature, report };
  const made = await stand.plane.write(ctx, {}, async (tx) => {
    const trained = await seedTraining(tx, ctx, { names, secret, files, sha256: upload.dataset });
    return { ...trained, ...(await seedOperations(tx, ctx, { names, secret, files, ...trained })) };
  });
  await seedServing(stand, ctx, { names, secret, files, ...made });
  return {
    id,
    slug,
    secret,
    suffix,
    ctx,
    ...names,
    upload,
    path: { ...names.path, ...made.path, execution: made.execution, approval: made.approval },
  };
}

async function putUploads(stand: ApiStand, tenant: string, suffix: string) {
  const contents = { dataset: Buffer.from(`rows ${suffix}`), batch: Buffer.from(csvOf(suffix)) };
  for (const kind of ['dataset', 'batch'] as const) await stand.putFile(uploadKey(tenant, kind, hash(contents[kind])), contents[kind]);
  return { dataset: hash(contents.dataset), batch: hash(contents.batch) };
}
