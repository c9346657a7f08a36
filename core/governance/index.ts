/** Who may do what, and who must agree. Start at permissions.ts. */
export { type Permission, permissionsOf } from './permissions.ts';
