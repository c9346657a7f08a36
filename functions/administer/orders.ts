import * as z from 'zod';
import { PrincipalId, Slug } from '#api/fields.ts';
import { ROLES } from '#core/kernel/index.ts';

const who = {
  principal: PrincipalId,
  kind: z.enum(['user', 'service']),
  displayName: z.string().trim().min(1).max(200),
};

/** Of one tenant, or of all. */
export const RebuildOrder = z.strictObject({ action: z.literal('rebuild'), tenant: Slug.optional() });

/** What a platform engineer may order. */
export const Order = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('create-tenant'), slug: Slug, name: z.string().trim().min(1).max(200), admin: z.strictObject(who) }),
  z.strictObject({ action: z.literal('put-member'), tenant: Slug, ...who, roles: z.array(z.enum(ROLES)).min(1).max(ROLES.length) }),
]);
