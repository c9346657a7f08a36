import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { toProblem } from '#api/problem.ts';
import type { RequestOf, ResponseOf, Route } from '#api/route.ts';
import { type Context, DomainError } from '#core/kernel/index.ts';
import { type Environment, telemetry, traceparentOf } from '#functions/_telemetry/telemetry.ts';
import { answer, answerProblem } from './answer.ts';
import { authorize, type Caller, callerOf } from './caller.ts';
import { type Idempotency, idempotencyOf, ifMatchOf } from './conditions.ts';
import { inputOf } from './input.ts';

export type HttpEvent = APIGatewayProxyEventV2 & {
  readonly requestContext: APIGatewayProxyEventV2['requestContext'] & {
    readonly authorizer?: { readonly lambda?: Readonly<Record<string, unknown>> | null };
  };
};

/** What a handler may know of the HTTP call beyond its parsed input. */
export interface Call {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly tenantSlug: string;
  /** The revision of If-Match. */
  readonly ifMatch?: number | undefined;
  readonly idempotency?: Idempotency | undefined;
}

type Routes = Readonly<Record<string, Route>>;

/** One function per route; a route without one does not compile. */
export type Handlers<R extends Routes> = {
  readonly [Operation in keyof R]: (ctx: Context, input: RequestOf<R[Operation]>, call: Call) => Promise<ResponseOf<R[Operation]>>;
};

/** The one stack that every HTTP Lambda wears: find the route, authorize, parse, call, answer or explain, log and trace. */
export function serve<R extends Routes>(routes: R, handlers: Handlers<R>, options: { readonly name: string; readonly env?: Environment }) {
  const { logger, metrics, traced, flush } = telemetry(options.name, options.env);
  const byKey = new Map(Object.entries(routes).map(([operation, route]) => [`${route.method} ${route.path}`, { operation, route }]));

  async function respond(event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> {
    const instance = `urn:uuid:${event.requestContext.requestId}`;
    const startedAt = performance.now();
    const found = byKey.get(event.routeKey);
    const operation = found?.operation ?? 'unknown';
    return traced(operation, event.headers['traceparent'], 'server', async (span) => {
      const traceparent = traceparentOf(span);
      let response: APIGatewayProxyStructuredResultV2;
      let caller: Caller | undefined;
      try {
        if (!found) throw new DomainError({ code: 'not_found', what: 'route', id: `${event.requestContext.http.method} ${event.rawPath}` });
        caller = callerOf(event);
        response = await perform(found.operation, found.route, event, caller, traceparent);
      } catch (error) {
        const problem = toProblem(error, instance);
        if (problem.status >= 500) logger.error('request failed', { operation, instance, error: error as Error });
        response = answerProblem(problem);
      }
      const ms = Math.round((performance.now() - startedAt) * 10) / 10;
      const status = response.statusCode ?? 500;
      span.setAttribute('http.response.status_code', status);
      // Absent when the token was refused: then nobody is known to have called.
      const who = caller && { tenant: caller.tenant, principal: caller.principal.id, kind: caller.principal.kind };
      logger.info('request', { operation, status, ms, instance, traceparent, ...who });
      metrics.addDimension('operation', operation).addDimension('outcome', `${Math.floor(status / 100)}xx`);
      metrics.addMetric('requestMs', 'Milliseconds', ms);
      // At once and from this one object: making another for each request took a third of a small request's time.
      metrics.publishStoredMetrics();
      return { ...response, headers: { ...response.headers, traceparent, 'sluice-request-id': event.requestContext.requestId } };
    });
  }

  async function perform(
    operation: string,
    route: Route,
    event: HttpEvent,
    { principal, tenant, tenantSlug }: Caller,
    traceparent: string,
  ): Promise<APIGatewayProxyStructuredResultV2> {
    authorize(route, principal, tenant);
    const input = inputOf(route, event);
    const ctx: Context = { tenant, principal, now: new Date(), requestId: event.requestContext.requestId, traceparent };
    const call: Call = {
      headers: event.headers,
      tenantSlug,
      ifMatch: ifMatchOf(route, event.headers),
      idempotency: idempotencyOf(route, event.headers, input),
    };
    const handler = handlers[operation] as (ctx: Context, input: unknown, call: Call) => Promise<unknown>;
    return answer(route, await handler(ctx, input, call));
  }

  return middy<HttpEvent, APIGatewayProxyStructuredResultV2>()
    .before(({ context }) => {
      // An open idle connection of the pool must not keep the answer from leaving.
      context.callbackWaitsForEmptyEventLoop = false;
    })
    .after(flush)
    .handler(respond);
}
