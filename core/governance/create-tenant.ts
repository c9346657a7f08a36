import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import type { Member, Members, Tenant, Tenants } from './ports.ts';
import { type PutMember, putMember } from './put-member.ts';

export interface CreateTenant {
  readonly slug: string;
  readonly name: string;
  readonly admin: Omit<PutMember, 'roles'>;
}

/**
 * Opens the tenant of the context with its first admin. Safe to retry: the same order again changes nothing. An order that says
 * something else of a tenant that exists is refused, because a mistyped slug would hand a stranger somebody's tenant.
 */
export async function createTenant(
  tx: { readonly tenants: Tenants; readonly members: Members } & Recorder,
  ctx: Context,
  { slug, name, admin }: CreateTenant,
): Promise<{ readonly tenant: Tenant; readonly admin: Member }> {
  const before = await tx.tenants.current();
  const tenant = before ?? { id: ctx.tenant, slug, name };
  if (!before) {
    await tx.tenants.add(tenant);
    tx.record({ type: 'tenant.created.v1', subject: `tenant/${slug}`, data: { slug, name } });
  }
  const known = await tx.members.lock(admin.principal);
  if (before && (before.name !== name || !known?.roles.includes('admin'))) {
    throw new DomainError({ code: 'already_exists', what: 'tenant', id: slug });
  }
  const roles = [...new Set([...(known?.roles ?? []), 'admin' as const])];
  return { tenant, admin: await putMember(tx, ctx, { ...admin, roles }) };
}
