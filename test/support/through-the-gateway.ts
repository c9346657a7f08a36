import { randomUUID } from 'node:crypto';
import type { Route } from '../../api/route.ts';
import type { HttpEvent } from '../../functions/_http/serve.ts';
import type { AuthorizerAnswer, AuthorizerEvent } from '../../functions/authorizer/authorize.ts';
import type { HttpHandler } from './route-caller.ts';

export interface ApiRequest {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly body?: object | undefined;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As it went over the wire. */
  readonly text: string;
}

/** What the gateway does with a call: the authorizer first, unless the route is public, then the function, with what the authorizer said. */
export async function callThrough(
  {
    route,
    authorizer,
    handler,
  }: { readonly route: Route; readonly authorizer: (event: AuthorizerEvent) => Promise<AuthorizerAnswer>; readonly handler: HttpHandler },
  { path = {}, query, body, headers = {} }: ApiRequest,
): Promise<ApiAnswer> {
  const authorized = route.permission === 'public' ? undefined : await authorizer({ headers });
  const event = {
    routeKey: `${route.method} ${route.path}`,
    rawPath: route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => path[name] ?? ''),
    headers,
    pathParameters: path,
    queryStringParameters: query,
    body: body && JSON.stringify(body),
    requestContext: { requestId: randomUUID(), http: { method: route.method }, authorizer: authorized && { lambda: authorized.context } },
  } as unknown as HttpEvent;
  const { statusCode = 0, headers: sent = {}, body: text = '' } = await handler(event, {} as never);
  return { status: statusCode, headers: sent as Record<string, string>, text };
}

/** The code of a problem; undefined when the answer is none. */
export function problemOf({ headers, text }: ApiAnswer): string | undefined {
  if (!headers['content-type']?.startsWith('application/problem+json')) return undefined;
  return String(JSON.parse(text).type).replace('/problems/', '');
}
