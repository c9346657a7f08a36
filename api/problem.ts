import * as z from 'zod';
import { DomainError, type Failure, StoreUnavailable } from '#core/kernel/index.ts';

/** A new failure without a status does not compile. */
const STATUS = {
  not_found: 404,
  token_expired: 401,
  not_a_member: 403,
  last_admin: 409,
  permission_missing: 403,
  already_exists: 409,
  moved_meanwhile: 412,
  precondition_missing: 428,
  idempotency_key_missing: 400,
  idempotency_key_reused: 422,
  body_malformed: 400,
  cursor_invalid: 400,
  upload_missing: 409,
  upload_mismatch: 422,
  pipeline_invalid: 422,
  execution_running: 409,
  execution_ended: 409,
  schema_mismatch: 422,
  quality_failed: 422,
  dataset_unreadable: 422,
  dataset_too_large: 422,
  split_empty: 422,
  training_failed: 422,
  model_missing: 422,
  model_not_onnx: 422,
  model_too_large: 422,
  signature_invalid: 422,
  gate_failed: 422,
  approval_by_author: 403,
  approval_needs_a_user: 403,
  approval_decided: 409,
  approval_expired: 409,
  approval_rejected: 409,
  wrong_stage: 409,
  model_not_live: 404,
  features_invalid: 400,
  payload_too_large: 413,
} as const satisfies Record<Failure['code'], number>;

/** What the caller can do about it, where the facts alone do not say. */
const ADVICE: Partial<Record<Failure['code'], string>> = {
  token_expired: 'Sign in again, or ask the token endpoint for a new token, and send that one.',
  not_a_member:
    'The token is valid, but its principal has no membership in the tenant that Sluice-Tenant names. Ask an admin of the tenant.',
  last_admin: 'A tenant keeps at least one admin. Make somebody else an admin first.',
  permission_missing: 'None of your roles in this tenant grants it. Ask an admin of the tenant for a role that does.',
  moved_meanwhile: 'Somebody changed it since you read it. Read it again and send the new revision in If-Match.',
  precondition_missing: 'Read the resource first and send the ETag that came with it.',
  idempotency_key_missing: 'Send an Idempotency-Key header with a value of your own, such as a UUID, and the same one when you retry.',
  idempotency_key_reused: 'The key was used for another request. Use a new key for a new request.',
  cursor_invalid: 'Send the "next" of the previous page, unchanged and with the same parameters, or leave the cursor out to start over.',
  upload_missing: 'Ask POST /v1/uploads for a URL, PUT the file there, then register it.',
  dataset_too_large: 'Register fewer rows or columns as a version of its own: a step holds the whole file, its parts and what it sorts.',
  upload_mismatch: 'The stored object is not what was announced. Upload the file again.',
  execution_running: 'Wait for the running execution to end.',
  approval_by_author: 'Whoever started the execution cannot decide about it. Ask another user with the role approver.',
  approval_needs_a_user: 'A service cannot approve. Sign in as a user with the role approver.',
  model_not_live: 'No version of the model is live. Run its pipeline and approve a version first.',
};

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly instance: string;
  readonly [fact: string]: unknown;
}

/** The RFC 9457 body for anything thrown. An unexpected error is logged by the caller and says nothing here. */
export function toProblem(error: unknown, instance: string): Problem {
  if (error instanceof DomainError) {
    const { code, ...said } = error.failure;
    // In a problem `status` is HTTP's; what a resource's own status is goes by another name.
    const { status: currentStatus, ...facts } = { status: undefined, ...said };
    const advice = ADVICE[code];
    return {
      type: `/problems/${code}`,
      title: code.replaceAll('_', ' '),
      status: STATUS[code],
      instance,
      ...(advice === undefined ? {} : { detail: advice }),
      ...facts,
      ...(currentStatus === undefined ? {} : { currentStatus }),
    };
  }
  if (error instanceof z.ZodError) {
    const issues = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    return { type: '/problems/request_invalid', title: 'request invalid', status: 400, instance, issues };
  }
  if (error instanceof StoreUnavailable) {
    const { retryAfterSeconds } = error;
    return {
      type: '/problems/store_unavailable',
      title: 'store unavailable',
      status: 503,
      instance,
      detail: error.message,
      retryAfterSeconds,
    };
  }
  return { type: 'about:blank', title: 'internal error', status: 500, instance };
}

/** Every type a problem can have, with its status; `docs/problems` and `GET /docs` list them. */
export const PROBLEMS: Readonly<Record<string, { readonly status: number; readonly advice?: string | undefined }>> = {
  request_invalid: { status: 400, advice: 'Each issue names the field and what is wrong with it.' },
  store_unavailable: { status: 503, advice: 'Try again after Retry-After seconds, with the same Idempotency-Key.' },
  ...Object.fromEntries(Object.entries(STATUS).map(([code, status]) => [code, { status, advice: ADVICE[code as Failure['code']] }])),
};
