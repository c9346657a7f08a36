import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Actions } from './actions.ts';
import { ServiceError } from './service-error.ts';

const CONTENT_TYPE = 'application/x-amz-json-1.1';
const TARGET = /^SageMaker\.([A-Za-z]+)$/;
const LARGEST_BODY_BYTES = 4 * 1024 * 1024;

/** SageMaker's control plane on the wire: JSON 1.1, the action in `X-Amz-Target`. Beside it `GET /health`. */
export function sageMakerServer(actions: Actions, say: (line: string) => void): Server {
  return createServer((request, response) => {
    answer(actions, request, response).catch((error: unknown) => {
      say(`${request.headers['x-amz-target']}: ${(error as Error).stack}`);
      send(response, 500, { __type: 'InternalFailure', message: 'The executor failed; its log says why.' });
    });
  });
}

async function answer(actions: Actions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET' && request.url === '/health') return send(response, 200, { status: 'ok' });
  try {
    const [, action = ''] = TARGET.exec(String(request.headers['x-amz-target'] ?? '')) ?? [];
    const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (!run) {
      const known = Object.keys(actions).join(', ');
      const asked = action === '' ? 'The request names no action' : `SageMaker.${action} is not supported by this SageMaker executor`;
      throw new ServiceError('UnknownOperationException', `${asked}. Supported: ${known}.`);
    }
    send(response, 200, await run(await readJson(request)));
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    send(response, 400, { __type: error.type, message: error.message });
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY_BYTES)
      throw new ServiceError('ValidationException', `The request is larger than ${LARGEST_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || '{}');
  } catch {
    throw new ServiceError('ValidationException', 'The request is not JSON.');
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  const type = (body as { readonly __type?: string }).__type;
  response.writeHead(status, {
    'content-type': CONTENT_TYPE,
    'x-amzn-requestid': randomUUID(),
    ...(type !== undefined && { 'x-amzn-errortype': type }),
  });
  response.end(JSON.stringify(body));
}
