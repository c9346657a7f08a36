import type { z } from 'zod';
import type { Permission } from '#core/governance/index.ts';
import type { Failure } from '#core/kernel/index.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Which Lambda answers: cut by network and latency (databases of the VPC, or the edge), not by noun. */
export type Plane = 'control' | 'operations' | 'watch' | 'docs' | 'feedback' | 'predict';

/** One route as data: the HttpApi, the edge validation, the permissions, OpenAPI and the callers' types come from it. */
export interface Route<Request extends z.ZodObject = z.ZodObject, Response extends z.ZodType = z.ZodType> {
  readonly method: Method;
  /** `/v1/models/{model}`: every name in braces is a field of `request` taken from the path. */
  readonly path: string;
  readonly plane: Plane;
  /** `public` needs no token; `member` needs a membership and nothing more. */
  readonly permission: Permission | 'public' | 'member';
  /** Only people may call it: what says who decides is not for a service to change. */
  readonly by?: 'user';
  readonly summary: string;
  /** All of path, query and body in one strict object; path wins over query wins over body. */
  readonly request: Request;
  readonly response: Response;
  /** @default 200 */
  readonly status?: 200 | 201 | 202;
  /** `key`: an Idempotency-Key header makes a retry answer as the first call did. `natural`: repeating it changes nothing. */
  readonly idempotency?: 'key' | 'natural';
  /** `etag`: the answer carries its revision, which a route of the same resource takes. `if-match`: it takes one, and carries the next. */
  readonly concurrency?: 'if-match' | 'etag';
  /** The list answers `{ items, next? }` and takes `cursor` and `limit`. */
  readonly paged?: boolean;
  /** What the answer's body is; JSON unless said. */
  readonly produces?: 'application/json' | 'text/html' | 'text/plain';
  readonly refuses?: readonly Failure['code'][];
}

/** Keeps the literal types of a route while checking its shape. */
export function route<const Request extends z.ZodObject, const Response extends z.ZodType>(
  definition: Route<Request, Response>,
): Route<Request, Response> {
  return definition;
}

export type RequestOf<R> = R extends Route<infer Request, z.ZodType> ? z.output<Request> : never;
export type ResponseOf<R> = R extends Route<z.ZodObject, infer Response> ? z.input<Response> : never;
