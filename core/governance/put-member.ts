import { type Context, DomainError, type Recorder, type Role } from '#core/kernel/index.ts';
import type { Member, Members, Tenants } from './ports.ts';

export interface PutMember {
  readonly principal: string;
  readonly kind: 'user' | 'service';
  readonly displayName: string;
  readonly roles: readonly Role[];
  /** The revision that the caller saw; without it the last writer wins. */
  readonly expectedRevision?: number | undefined;
}

type Tx = { readonly members: Members; readonly tenants: Tenants } & Recorder;

/** Gives a principal its roles in the tenant. Safe to retry: the same roles again change nothing. */
export async function putMember(tx: Tx, ctx: Context, wanted: PutMember): Promise<Member> {
  const before = await tx.members.lock(wanted.principal);
  const { principal, kind, displayName, expectedRevision } = wanted;
  const roles = [...new Set(wanted.roles)].sort();
  // Before the revision is looked at: whoever repeats a call whose answer was lost cannot know the next one.
  if (before && sameMember(before, { ...wanted, roles })) return before;
  refuseMoved(before, expectedRevision);
  await keepAnAdmin(tx, before, roles);
  const member = await tx.members.put({ principal, kind, displayName, roles }, ctx.now);
  await project(tx, member);
  return member;
}

/** Takes every role from a principal. Safe to retry: one from whom they were taken before stays as he is. */
export async function removeMember(
  tx: Tx,
  ctx: Context,
  { principal, expectedRevision }: Pick<PutMember, 'principal' | 'expectedRevision'>,
): Promise<void> {
  const before = await tx.members.lock(principal);
  if (!before) throw new DomainError({ code: 'not_found', what: 'member', id: principal });
  if (before.roles.length === 0) return;
  refuseMoved(before, expectedRevision);
  await keepAnAdmin(tx, before, []);
  const { kind, displayName } = before;
  await project(tx, await tx.members.put({ principal, kind, displayName, roles: [] }, ctx.now));
}

function refuseMoved(before: Member | undefined, expected: number | undefined): void {
  const revision = before?.revision ?? 0;
  if (expected !== undefined && expected !== revision) throw new DomainError({ code: 'moved_meanwhile', revision });
}

async function keepAnAdmin(tx: Tx, before: Member | undefined, roles: readonly Role[]): Promise<void> {
  if (!before?.roles.includes('admin') || roles.includes('admin')) return;
  if ((await tx.members.otherAdmins(before.principal)) === 0) throw new DomainError({ code: 'last_admin', principal: before.principal });
}

/** What the authorizer reads is a projection of this, and so is told in full. */
async function project(tx: Tx, { principal, kind, roles, revision }: Member): Promise<void> {
  const tenant = await tx.tenants.current();
  if (!tenant) throw new Error('a member was put into a tenant that does not exist');
  const subject = `member/${principal}`;
  tx.record({ type: 'member.changed.v1', subject, data: { principal, kind, roles, revision } });
  tx.record({
    type: 'member.projected.v1',
    subject,
    destination: 'membership',
    data: { principal, kind, roles, revision, tenantSlug: tenant.slug },
  });
}

function sameMember(one: Member, other: PutMember): boolean {
  return one.kind === other.kind && one.displayName === other.displayName && String([...one.roles].sort()) === String(other.roles);
}
