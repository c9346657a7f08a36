import type { Route } from '#api/route.ts';
import { permissionsOf } from '#core/governance/index.ts';
import { DomainError, type Principal, ROLES, type Role } from '#core/kernel/index.ts';
import type { HttpEvent } from './serve.ts';

export interface Caller {
  readonly principal: Principal;
  /** Empty for a principal without a membership in the tenant it named, and on public routes. */
  readonly tenant: string;
  readonly tenantSlug: string;
}

const NOBODY: Caller = { principal: { id: 'anonymous', kind: 'service', roles: [] }, tenant: '', tenantSlug: '' };

/**
 * Who the authorizer found. Only its own answer counts: no header or claim is read here.
 *
 * @throws {DomainError} for any refusal, known or not: the gateway lets those calls through so that they are answered with a reason
 */
export function callerOf({ requestContext }: HttpEvent): Caller {
  const said = requestContext.authorizer?.lambda;
  if (said && 'refusal' in said) throw new DomainError({ code: said['refusal'] === 'token_expired' ? 'token_expired' : 'token_invalid' });
  if (!said || typeof said['principal'] !== 'string' || said['principal'] === '') return NOBODY;
  const roles = String(said['roles'] ?? '')
    .split(',')
    .filter(isRole);
  return {
    principal: { id: said['principal'], kind: said['kind'] === 'user' ? 'user' : 'service', roles },
    tenant: String(said['tenant'] ?? ''),
    tenantSlug: String(said['tenantSlug'] ?? ''),
  };
}

export function authorize({ permission, by }: Pick<Route, 'permission' | 'by'>, principal: Principal, tenant: string): void {
  if (permission === 'public') return;
  if (tenant === '') throw new DomainError({ code: 'not_a_member' });
  if (permission === 'member') return;
  if (!permissionsOf(principal.roles).has(permission)) throw new DomainError({ code: 'permission_missing', permission });
  if (by === 'user' && principal.kind !== 'user') throw new DomainError({ code: 'user_needed' });
}

function isRole(name: string): name is Role {
  return ROLES.some((role) => role === name);
}
