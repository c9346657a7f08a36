import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { enterTenant } from '../../adapters/postgres/control-plane.ts';
import { writeFacts } from '../../adapters/postgres/record-facts.ts';
import { s3Evidence, s3EvidenceKeeping } from '../../adapters/s3/evidence.ts';
import type { Context } from '../../core/kernel/index.ts';
import { sealAll, verifyAuditChain } from './audit.ts';
import { startAws } from './aws.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

export type AuditStand = Awaited<ReturnType<typeof startAudit>>;

const BUCKET = 'evidence';

/** The audit of tenants on real stores: written, sealed, and verified against its evidence. */
export async function startAudit() {
  const [postgres, aws] = await Promise.all([startPostgres(), startAws()]);
  const s3 = new S3Client(aws.config);
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const [evidence, keeping] = [s3Evidence(s3, BUCKET), s3EvidenceKeeping(s3, BUCKET)];
  const seal = (tenant: string) => sealAll(postgres.pool, tenant, keeping);

  async function write(tenant: string, ...subjects: string[]): Promise<void> {
    const open = openWrite(postgres, tenant, subjects);
    await open.written;
    await open.end(true);
  }

  return {
    postgres,
    s3,
    bucket: BUCKET,
    evidence,
    keeping,
    seal,
    write,
    newTenant: async () => (await postgres.newTenant()).id,
    openWrite: (tenant: string, subjects: readonly string[]) => openWrite(postgres, tenant, subjects),
    verify: (tenant: string, now?: Date) => verifyAuditChain({ pool: postgres.pool, tenant, evidence, ...(now && { now }) }),

    /** Ten facts of four sealings: places 1 to 3, 4, 5 to 9 and 10. */
    async sealedTenant(): Promise<string> {
      const { id } = await postgres.newTenant();
      for (const subjects of [['a', 'b', 'a'], ['c'], ['d', 'e', 'f', 'a', 'g'], ['b']]) {
        await write(id, ...subjects.map((name) => `thing/${name}`));
        await seal(id);
      }
      return id;
    },

    async stop() {
      s3.destroy();
      await Promise.all([postgres.stop(), aws.stop()]);
    },
  };
}

/** When what no one sealed in time is told of. */
export const later = () => new Date(Date.now() + 3_600_000);

const contextOf = (tenant: string): Context => ({
  tenant,
  principal: { id: 'ada', kind: 'user', roles: [] },
  now: new Date(),
  requestId: randomUUID(),
});

/** A transaction with one fact of each subject that ends when it is told how. */
function openWrite(postgres: TestPostgres, tenant: string, subjects: readonly string[]) {
  const written = Promise.withResolvers<void>();
  const ending = Promise.withResolvers<boolean>();
  const undone = new Error('undone');
  const ended = postgres.pool
    .transaction()
    .execute(async (begun) => {
      const trx = await enterTenant(begun, tenant);
      const facts = subjects.map((subject, n) => ({ type: 'thing.done.v1', subject, data: { n, of: { b: 1.5, a: ['ü', null] } } }));
      await writeFacts(trx, contextOf(tenant), randomUUID(), facts);
      written.resolve();
      if (!(await ending.promise)) throw undone;
    })
    .catch((error: unknown) => {
      written.reject(error);
      if (error !== undone) throw error;
    });
  return {
    written: written.promise,
    end: (commit: boolean) => {
      ending.resolve(commit);
      return ended;
    },
  };
}
