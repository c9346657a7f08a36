import { describe, expect, it } from 'vitest';
import { ROLES } from '#core/kernel/index.ts';
import { permissionsOf } from './permissions.ts';

describe('permissions', () => {
  it('are none without a role', () => expect([...permissionsOf([])]).toEqual([]));

  it.each(ROLES)('of %s include reading', (role) => {
    expect(permissionsOf([role])).toContain('registry:read');
  });

  it.each([
    ['approvals:decide', ['approver']],
    ['members:write', ['admin']],
    ['policies:write', ['admin']],
    ['pipelines:write', ['scientist']],
    ['predictions:create', ['scientist', 'operator']],
  ] as const)('%s is granted to %s alone', (permission, roles) => {
    expect(ROLES.filter((role) => permissionsOf([role]).has(permission))).toEqual(roles);
  });

  it('of two roles are those of both', () => {
    const both = permissionsOf(['admin', 'approver']);
    for (const role of ['admin', 'approver'] as const) for (const permission of permissionsOf([role])) expect(both).toContain(permission);
  });
});
