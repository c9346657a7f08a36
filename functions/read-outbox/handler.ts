import { postgresAuditSealing } from '#adapters/postgres/audit-sealing.ts';
import { postgresOutbox } from '#adapters/postgres/outbox.ts';
import { s3EvidenceKeeping } from '#adapters/s3/evidence.ts';
import { sealAudit } from '#core/audit/index.ts';
import { controlPlaneFrom } from '#functions/_stores/control-plane-from.ts';
import { s3From } from '#functions/_stores/data-bucket-from.ts';
import { postgresFrom } from '#functions/_stores/postgres-from.ts';
import { required } from '#functions/_stores/required.ts';
import { readOutbox } from './read-outbox.ts';
import { standings } from './standings.ts';
import { webhookBook } from './webhook-book.ts';

const env = process.env;
const pool = postgresFrom(env);
const audit = {
  sealing: postgresAuditSealing(pool),
  evidence: s3EvidenceKeeping(s3From(env), required(env, 'EVIDENCE_BUCKET')),
};

const plane = controlPlaneFrom(env, pool);

export const handler = readOutbox({
  outbox: postgresOutbox(pool),
  webhooks: webhookBook(plane),
  standings: standings(plane),
  seal: (tenant) => sealAudit(audit, tenant),
});
