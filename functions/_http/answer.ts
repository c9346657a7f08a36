import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Problem } from '#api/problem.ts';
import type { Route } from '#api/route.ts';

const PRIVATE = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** What a text is; the version is that of Prometheus's format. */
const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

export function answer(
  { status = 200, produces = 'application/json', concurrency }: Route,
  result: unknown,
): APIGatewayProxyStructuredResultV2 {
  if (produces === 'text/html') {
    return {
      statusCode: status,
      headers: {
        ...PRIVATE,
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      },
      body: String(result),
    };
  }
  if (produces === 'text/plain') return { statusCode: status, headers: { ...PRIVATE, 'content-type': TEXT }, body: String(result) };
  const revision = concurrency ? (result as { readonly revision?: unknown }).revision : undefined;
  return {
    statusCode: status,
    headers: { ...PRIVATE, 'content-type': 'application/json', ...(typeof revision === 'number' ? { etag: `"${revision}"` } : {}) },
    body: JSON.stringify(result),
  };
}

export function answerProblem(problem: Problem): APIGatewayProxyStructuredResultV2 {
  const wait = problem['retryAfterSeconds'];
  return {
    statusCode: problem.status,
    headers: {
      ...PRIVATE,
      'content-type': 'application/problem+json',
      ...(typeof wait === 'number' ? { 'retry-after': String(wait) } : {}),
    },
    body: JSON.stringify(problem),
  };
}
