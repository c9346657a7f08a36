import type { Route } from '#api/route.ts';
import { DomainError } from '#core/kernel/index.ts';
import type { HttpEvent } from './serve.ts';

/**
 * Path, query and body as one object, checked. Path wins over query wins over body: a body can never rename the resource it was sent to.
 * @throws {ZodError} with every field that is wrong
 */
export function inputOf({ request }: Route, event: HttpEvent): unknown {
  return request.parse({ ...bodyOf(event), ...event.queryStringParameters, ...event.pathParameters });
}

function bodyOf({ body, isBase64Encoded }: HttpEvent): object {
  if (body === undefined || body === '') return {};
  const parsed = parse(isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body);
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new DomainError({ code: 'body_malformed', reason: 'the body must be a JSON object' });
  }
  return parsed;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DomainError(
      { code: 'body_malformed', reason: error instanceof Error ? error.message.slice(0, 200) : 'not JSON' },
      { cause: error },
    );
  }
}
