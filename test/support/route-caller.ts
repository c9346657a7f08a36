import { randomUUID } from 'node:crypto';
import type { Route } from '../../api/route.ts';
import type { Role } from '../../core/kernel/index.ts';
import type { HttpEvent } from '../../functions/_http/serve.ts';

/** What `serve` gives, as Lambda calls it. */
export type HttpHandler = (
  event: HttpEvent,
  context: never,
) => Promise<{ readonly statusCode?: number; readonly headers?: object; readonly body?: string }>;

export interface Caller {
  readonly tenant: { readonly id: string; readonly slug: string };
  readonly roles: readonly Role[];
  /** @default 'ada' */
  readonly principal?: string;
  /** @default 'user' */
  readonly kind?: 'user' | 'service';
}

export interface Given {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly body?: object | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls routes as one principal of one tenant, behind an authorizer that has let him in; an answer that does not fit the route's own schema fails the test. */
export function routeCaller<R extends Readonly<Record<string, Route>>>(
  routes: R,
  handler: () => HttpHandler,
  { tenant, roles, principal = 'ada', kind = 'user' }: Caller,
) {
  return async (operation: keyof R, { path = {}, query, body, headers = {} }: Given = {}) => {
    const route = routes[operation] as Route;
    const lambda = { principal, kind, tenant: tenant.id, tenantSlug: tenant.slug, roles: roles.join(',') };
    const event = {
      routeKey: `${route.method} ${route.path}`,
      rawPath: route.path,
      headers: { 'idempotency-key': randomUUID(), ...headers },
      pathParameters: path,
      queryStringParameters: query,
      body: body && JSON.stringify(body),
      requestContext: { requestId: randomUUID(), http: { method: route.method }, authorizer: { lambda } },
    } as unknown as HttpEvent;
    const { statusCode = 0, body: text = '', headers: sent } = await handler()(event, {} as never);
    const answered = sent as Record<string, string>;
    const answer = answered['content-type']?.startsWith('text/plain') ? text : JSON.parse(text);
    if (statusCode < 300) route.response.parse(answer);
    return { status: statusCode, body: answer, headers: answered };
  };
}
