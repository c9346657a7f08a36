import { randomUUID } from 'node:crypto';
import { controlRoutes } from '../../../api/control-routes.ts';
import { groundTruthRoutes } from '../../../api/ground-truth.ts';
import { operationsRoutes } from '../../../api/operations-routes.ts';
import { predictionRoutes } from '../../../api/predictions.ts';
import type { Route } from '../../../api/route.ts';
import type { Region } from './region.ts';

const FUNCTIONS = {
  control: controlRoutes,
  operations: operationsRoutes,
  predict: { createPredictions: predictionRoutes.createPredictions },
  feedback: { findPrediction: predictionRoutes.findPrediction, ...groundTruthRoutes },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Route>>>>;

export interface Membership {
  readonly tenant: string;
  readonly tenantSlug: string;
  readonly roles: readonly string[];
}

export interface Request {
  readonly path?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** A write that was answered with success, as the loop's end has to find it. */
export interface Acknowledged {
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer of any route
  readonly answer: any;
}

const TRIES = 6;

/** An answer that no repetition changes. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;

  constructor(operation: string, status: number, problem: { readonly type?: string }) {
    super(`${operation} was answered ${status}: ${JSON.stringify(problem)}`);
    this.code = String(problem.type).split('/').at(-1) ?? '';
  }
}

/**
 * A user's program behind API Gateway: what is answered 5xx or not at all is asked again, with the same Idempotency-Key. Who he is
 * comes from the table that the authorizer reads; tokens are left out.
 */
export function apiClient(region: Region, principal: string, memberships: (principal: string) => Promise<readonly Membership[]>) {
  const acknowledged: Acknowledged[] = [];
  let member: Membership | undefined;

  // biome-ignore lint/suspicious/noExplicitAny: an answer of any route
  async function call(operation: string, { path = {}, body }: Request = {}): Promise<any> {
    const [fn, route] = routeOf(operation);
    const headers = { 'idempotency-key': randomUUID() };
    let last: unknown;
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const answer = await region.invoke('http', fn, operation, await eventOf(route, path, body, headers)).catch((error: unknown) => {
        last = error;
        return undefined;
      });
      const { statusCode = 503, body: text = '' } = (answer ?? {}) as { readonly statusCode?: number; readonly body?: string };
      if (statusCode < 300) {
        const told: unknown = JSON.parse(text);
        if (route.method !== 'GET') acknowledged.push({ operation, answer: told });
        return told;
      }
      if (statusCode < 500) throw new Refused(operation, statusCode, JSON.parse(text));
      last = text || last;
      region.time.pass(1);
    }
    throw new Error(`${operation} was never answered: ${String(last)}`);
  }

  async function eventOf(route: Route, path: Request['path'], body: object | undefined, headers: object): Promise<object> {
    // Nobody's roles change in a loop.
    member ??= (await memberships(principal))[0];
    if (!member) throw new Error(`${principal} is a member of no tenant`);
    const { tenant, tenantSlug, roles } = member;
    return {
      routeKey: `${route.method} ${route.path}`,
      rawPath: route.path,
      headers,
      pathParameters: path,
      body: body && JSON.stringify(body),
      requestContext: {
        requestId: randomUUID(),
        http: { method: route.method },
        authorizer: { lambda: { principal, kind: 'user', tenant, tenantSlug, roles: roles.join(',') } },
      },
    };
  }

  return { principal, call, acknowledged };
}

export type ApiClient = ReturnType<typeof apiClient>;

function routeOf(operation: string): readonly [string, Route] {
  for (const [fn, routes] of Object.entries(FUNCTIONS)) {
    const route = (routes as Readonly<Record<string, Route>>)[operation];
    if (route) return [fn, route];
  }
  throw new Error(`there is no route ${operation}`);
}
