import * as z from 'zod';
import { DomainError, type Failure, StoreUnavailable } from '#core/kernel/index.ts';

/** A new failure without a status does not compile. */
const STATUS = {
  not_found: 404,
  token_expired: 401,
  token_invalid: 401,
  not_a_member: 403,
  last_admin: 409,
  permission_missing: 403,
  already_exists: 409,
  moved_meanwhile: 412,
  precondition_invalid: 400,
  idempotency_key_missing: 400,
  idempotency_key_invalid: 400,
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
  profile_invalid: 422,
  gate_failed: 422,
  gates_missing: 422,
  retention_too_short: 422,
  approval_by_author: 403,
  approval_needs_a_user: 403,
  approver_not_named: 403,
  user_needed: 403,
  approval_decided: 409,
  approval_expired: 409,
  approval_rejected: 409,
  wrong_stage: 409,
  rollout_running: 409,
  rollout_ended: 409,
  rollout_rolled_back: 422,
  version_not_approved: 409,
  version_never_live: 409,
  version_already_live: 409,
  model_not_live: 404,
  features_invalid: 400,
  event_type_unknown: 422,
  webhook_url_refused: 422,
  webhooks_too_many: 409,
  batch_unreadable: 422,
  batch_too_large: 422,
  window_too_large: 422,
  payload_too_large: 413,
} as const satisfies Record<Failure['code'], number>;

/** What the caller can do about it; a new failure without advice does not compile. */
const ADVICE: Readonly<Record<Failure['code'], string>> = {
  not_found: 'Check the name or id, and that Sluice-Tenant names the tenant that has it: nobody sees what belongs to another.',
  token_expired: 'Sign in again, or ask the token endpoint for a new token, and send that one.',
  token_invalid:
    'Send "Authorization: Bearer" and an access token, unchanged, as an identity provider of this stage issued it for one of its clients here.',
  not_a_member:
    'The token is valid, but its principal has no membership in the tenant that Sluice-Tenant names. Ask an admin of the tenant.',
  last_admin: 'A tenant keeps at least one admin. Make somebody else an admin first.',
  permission_missing: 'None of your roles in this tenant grants it. Ask an admin of the tenant for a role that does.',
  already_exists: 'Use the one that exists as it is, or choose another name.',
  moved_meanwhile: 'Somebody changed it since you read it. Read it again and send the new revision in If-Match.',
  precondition_invalid: 'Send the ETag or the "revision" that came with the resource, or leave If-Match out to let the last writer win.',
  idempotency_key_missing: 'Send an Idempotency-Key header with a value of your own, such as a UUID, and the same one when you retry.',
  idempotency_key_invalid: 'Choose a key that keeps to the rule, such as a UUID, and send the same one when you retry.',
  idempotency_key_reused: 'The key was used for another request. Use a new key for a new request.',
  body_malformed: 'Send one JSON object in UTF-8; the reason says where reading it stopped.',
  cursor_invalid: 'Send the "next" of the previous page, unchanged and with the same parameters, or leave the cursor out to start over.',
  upload_missing: 'Ask POST /v1/uploads for a URL, PUT the file there, then register it.',
  upload_mismatch: 'The stored object is not what was announced. Upload the file again.',
  pipeline_invalid: 'Correct the file: each issue names line and column, and a suggestion where one is likely.',
  execution_running: 'Wait for the running execution to end.',
  execution_ended: 'It has ended and keeps its result. Start a new execution.',
  schema_mismatch:
    'Make the columns of the data and the "schema" of pipeline.yaml agree: each issue names a column, what it is and what it should be.',
  quality_failed:
    'Each issue names a column, its limit and what was found. Repair the data, or change the limits under "quality" in pipeline.yaml.',
  dataset_unreadable: 'Write the file as Parquet again and register it as a new version; the reason says where reading it stopped.',
  dataset_too_large: 'Register fewer rows or columns as a version of its own: a step holds the whole file, its parts and what it sorts.',
  split_empty:
    'Move the boundaries under "split" in pipeline.yaml so that every part gets rows of both classes, or register data that covers them.',
  training_failed:
    'The reason is the last thing the script said; the log of the training job has the rest. Correct the script or its settings; where the disk was full, raise "volumeGB" in pipeline.yaml.',
  model_missing: 'Let the script write model.onnx and signature.json to SM_MODEL_DIR before it ends; "found" lists what it left there.',
  model_not_onnx: 'Export the model to ONNX and write it as model.onnx. A pickle is never loaded, because loading one runs its code.',
  model_too_large: 'Train fewer or smaller trees, or leave out of the archive what predictions do not need.',
  signature_invalid:
    'Write signature.json next to the model with the inputs and outputs that its graph has; the reason names the difference.',
  profile_invalid:
    'Let the training job write profile.json as sluice_training does, or give the monitor a window of the log as its reference; the reason names the place.',
  gate_failed:
    'The version was not registered. Each gate names what was measured and what was asked: improve the model, or change "gates".',
  gates_missing:
    'Add the gates that are named to "gates" in pipeline.yaml; GET /v1/policy shows what this tenant demands, and an admin can change it.',
  retention_too_short:
    'Each issue names a monitor and how far back it reads. Keep the data longer, or give the monitor shorter windows and training as its reference; GET /v1/policy shows what is kept.',
  approval_by_author: 'Whoever started the execution cannot decide about it. Ask another user with the role approver.',
  approval_needs_a_user: 'A service cannot approve. Sign in as a user with the role approver.',
  approver_not_named:
    'The policy lets only the principals that are named, and approvers who also have one of the roles that are named, decide about this model. Ask one of them.',
  user_needed: 'A service cannot do this. Sign in as a user.',
  approval_decided: 'A decision is final. Start a new execution for another one.',
  approval_expired: 'Nobody decided in time. Start the execution again: steps whose inputs are the same are reused.',
  approval_rejected: 'The comment says why. Change what it names and start a new execution.',
  wrong_stage: 'Only the steps of its life in their order are possible; read where it stands now.',
  rollout_running:
    'A model has one rollout at a time. Wait for the one it names, or abort that one. An execution that ended so has registered its version: start its rollout then.',
  rollout_ended: 'It has ended, or was told to, and keeps its result. Start a new rollout.',
  rollout_rolled_back:
    'The reason says what the judge saw; the judgements of the rollout have every number. Repair the version, or change "deployment" in pipeline.yaml.',
  version_not_approved:
    'Only a version that was approved, or that has been live before, may serve. Approve the execution that made it, or choose another version.',
  version_never_live:
    'This alias follows what serves, and the version has never served. Roll the version out: the alias follows it. Or use another alias.',
  version_already_live: 'It serves all traffic already. Choose another version.',
  model_not_live:
    'No version serves these rows. Run the pipeline and approve a version; where "share" is given, the first one is being rolled out and ' +
    'serves that part of the units so far: send the rows again later.',
  features_invalid: 'Each issue names the row, the feature and what is wrong; the signature of the live version lists what it takes.',
  event_type_unknown: 'No event has this type. Take the suggestion, a beginning such as "rollout.*", or "*" for everything.',
  webhook_url_refused: 'The reason says what is wrong with the address. Give one that answers on the public internet over HTTPS.',
  webhooks_too_many: 'Remove an address that nobody needs any more, or let one address take the events and pass them on.',
  batch_unreadable:
    'Write the file again as Parquet, or as a CSV in UTF-8 with commas and a header, and upload it; the reason says where reading it stopped.',
  batch_too_large: 'Cut the file into several and start a batch for each; "limit" is what one file may have.',
  window_too_large: 'Give the monitor shorter windows: a scan holds the whole window and its labels at once.',
  payload_too_large: 'Send fewer rows in each call; a single row has to fit too.',
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
    return {
      type: `/problems/${code}`,
      title: code.replaceAll('_', ' '),
      status: STATUS[code],
      instance,
      detail: ADVICE[code],
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
export const PROBLEMS: Readonly<Record<string, { readonly status: number; readonly advice: string }>> = {
  request_invalid: { status: 400, advice: 'Each issue names the field and what is wrong with it.' },
  store_unavailable: { status: 503, advice: 'Try again after Retry-After seconds, with the same Idempotency-Key.' },
  ...Object.fromEntries(Object.entries(STATUS).map(([code, status]) => [code, { status, advice: ADVICE[code as Failure['code']] }])),
};

/** What an execution or a step can end with besides a refusal, and what to do about that. */
export const ENDINGS: Readonly<Record<string, string>> = {
  defect: 'Not your doing: the reason is for whoever runs this stage. Start the execution again once it is mended.',
  timed_out: 'A step took longer than it may. Use less data or a larger instance, or raise "maxRuntimeMinutes" in pipeline.yaml.',
  abandoned: 'This attempt ended without an answer and another took its place; look at the later attempt of the same step.',
  unknown: 'The machine stopped without naming a reason. Start the execution again, and tell whoever runs this stage if it stays so.',
};
