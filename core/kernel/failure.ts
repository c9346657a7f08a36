/** Every refusal the product can give, with the facts a caller needs to act on it. A new one needs a status in `api/problem.ts`. */
export type Failure =
  | { readonly code: 'not_found'; readonly what: string; readonly id: string }
  | { readonly code: 'token_expired' }
  | { readonly code: 'token_invalid' }
  | { readonly code: 'not_a_member' }
  | { readonly code: 'last_admin'; readonly principal: string }
  | { readonly code: 'permission_missing'; readonly permission: string }
  | { readonly code: 'already_exists'; readonly what: string; readonly id: string }
  | { readonly code: 'moved_meanwhile'; readonly revision: number }
  | { readonly code: 'precondition_invalid'; readonly header: string; readonly rule: string }
  | { readonly code: 'idempotency_key_missing' }
  | { readonly code: 'idempotency_key_invalid'; readonly rule: string }
  | { readonly code: 'idempotency_key_reused'; readonly key: string }
  | { readonly code: 'body_malformed'; readonly reason: string }
  | { readonly code: 'cursor_invalid' }
  | { readonly code: 'upload_missing'; readonly sha256: string }
  | { readonly code: 'upload_mismatch'; readonly expected: string; readonly actual: string }
  | { readonly code: 'pipeline_invalid'; readonly issues: readonly SourceIssue[] }
  | { readonly code: 'execution_running'; readonly execution: string }
  | { readonly code: 'execution_ended'; readonly execution: string; readonly status: string }
  | { readonly code: 'schema_mismatch'; readonly issues: readonly DataIssue[] }
  | { readonly code: 'quality_failed'; readonly issues: readonly DataIssue[] }
  | { readonly code: 'dataset_unreadable'; readonly reason: string }
  | { readonly code: 'dataset_too_large'; readonly bytes: number; readonly limit: number }
  | { readonly code: 'split_empty'; readonly part: string; readonly reason: string }
  | { readonly code: 'training_failed'; readonly job: string; readonly reason: string }
  | { readonly code: 'model_missing'; readonly job: string; readonly found: readonly string[] }
  | { readonly code: 'model_not_onnx'; readonly job?: string | undefined; readonly file: string; readonly reason: string }
  | { readonly code: 'model_too_large'; readonly bytes: number; readonly limit: number }
  | { readonly code: 'signature_invalid'; readonly reason: string }
  | { readonly code: 'profile_invalid'; readonly reason: string }
  | { readonly code: 'gate_failed'; readonly gates: readonly string[] }
  | {
      readonly code: 'gates_missing';
      readonly policyVersion: number;
      readonly model: string;
      readonly environment: string | null;
      readonly gates: readonly string[];
    }
  | { readonly code: 'retention_too_short'; readonly issues: readonly RetentionIssue[] }
  | { readonly code: 'approval_by_author'; readonly author: string }
  | { readonly code: 'approval_needs_a_user' }
  | {
      readonly code: 'approver_not_named';
      readonly policyVersion: number;
      readonly model: string;
      readonly principals: readonly string[];
      readonly roles: readonly string[];
    }
  | { readonly code: 'user_needed' }
  | { readonly code: 'approval_decided'; readonly status: string }
  | { readonly code: 'approval_expired'; readonly expiredAt: string }
  | { readonly code: 'approval_rejected'; readonly by: string; readonly comment: string }
  | { readonly code: 'wrong_stage'; readonly expected: string; readonly actual: string }
  | { readonly code: 'rollout_running'; readonly rollout: string }
  | { readonly code: 'rollout_ended'; readonly rollout: string; readonly status: string }
  | { readonly code: 'rollout_rolled_back'; readonly rollout: string; readonly reason: Readonly<Record<string, unknown>> }
  | { readonly code: 'version_not_approved'; readonly model: string; readonly version: number }
  | { readonly code: 'version_never_live'; readonly model: string; readonly version: number; readonly alias: string }
  | { readonly code: 'version_already_live'; readonly model: string; readonly version: number }
  | { readonly code: 'model_not_live'; readonly model: string; readonly share?: number | undefined }
  | { readonly code: 'features_invalid'; readonly issues: readonly FeatureIssue[] }
  | { readonly code: 'event_type_unknown'; readonly eventType: string; readonly suggestion?: string | undefined }
  | { readonly code: 'webhook_url_refused'; readonly url: string; readonly reason: string }
  | { readonly code: 'webhooks_too_many'; readonly limit: number }
  | { readonly code: 'batch_unreadable'; readonly reason: string }
  | { readonly code: 'batch_too_large'; readonly what: 'bytes' | 'rows'; readonly found: number; readonly limit: number }
  | { readonly code: 'window_too_large'; readonly measure: 'bytes' | 'rows'; readonly found: number; readonly limit: number }
  | { readonly code: 'payload_too_large'; readonly limitBytes: number };

/** A place in a file that a person wrote; line and column count from 1. */
export interface SourceIssue {
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
  readonly suggestion?: string | undefined;
}

export interface DataIssue {
  readonly column: string;
  readonly rule: string;
  readonly observed: string;
  readonly limit: string;
}

/** A monitor that needs what a policy would have removed by then. */
export interface RetentionIssue {
  readonly setting: 'predictionDays' | 'groundTruthDays';
  readonly days: number;
  readonly model: string;
  readonly monitor: string;
  readonly reason: string;
}

export interface FeatureIssue {
  readonly row: number;
  readonly feature: string;
  readonly problem: 'missing' | 'unknown' | 'wrong_type' | 'out_of_range';
  readonly message: string;
}

/** An expected refusal. `name` is the code, so that Step Functions can match it in Catch and Retry. */
export class DomainError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, options?: { cause?: unknown }) {
    super(sentence(failure), options);
    this.name = failure.code;
    this.failure = failure;
  }
}

function sentence({ code, ...facts }: Failure): string {
  return `${code.replaceAll('_', ' ')}: ${JSON.stringify(facts)}`;
}
