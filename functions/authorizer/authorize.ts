import type { ProjectedMembership } from '#adapters/dynamodb/memberships.ts';
import { EXPIRED, type Identity } from './verify-token.ts';

export interface AuthorizerEvent {
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
}

/** HttpApi's simple answer; context values reach the function as strings. */
export type AuthorizerAnswer =
  /** Nobody, but with a reason that the function puts into words before anything else; a no from here would be a bare 403. */
  | { readonly isAuthorized: true; readonly context: { readonly principal: ''; readonly refusal: 'token_expired' | 'token_invalid' } }
  | {
      readonly isAuthorized: true;
      readonly context: {
        readonly principal: string;
        readonly kind: string;
        /** Empty when the principal is no member of the tenant it named: the function then refuses with a reason. */
        readonly tenant: string;
        readonly tenantSlug: string;
        readonly roles: string;
      };
    };

interface AuthorizeProps {
  verify(token: string): Promise<Identity | typeof EXPIRED | undefined>;
  membershipsOf(principal: string): Promise<readonly ProjectedMembership[]>;
}

/** Who calls, in which tenant, with which roles. The same for every route, because API Gateway caches it for all of them. */
export async function authorize({ headers = {} }: AuthorizerEvent, { verify, membershipsOf }: AuthorizeProps): Promise<AuthorizerAnswer> {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(headers['authorization'] ?? '')?.[1];
  const identity = token === undefined ? undefined : await verify(token);
  if (!identity) return { isAuthorized: true, context: { principal: '', refusal: 'token_invalid' } };
  if (identity === EXPIRED) return { isAuthorized: true, context: { principal: '', refusal: 'token_expired' } };
  const slug = headers['sluice-tenant'] ?? '';
  const membership = (await membershipsOf(identity.id)).find(({ tenantSlug }) => tenantSlug === slug);
  return {
    isAuthorized: true,
    context: {
      principal: identity.id,
      kind: identity.kind,
      tenant: membership?.tenant ?? '',
      tenantSlug: membership?.tenantSlug ?? '',
      roles: membership?.roles.join(',') ?? '',
    },
  };
}
