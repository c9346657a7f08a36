import type { ColumnType, Generated } from 'kysely';
import type { Destination } from '#core/kernel/index.ts';

type Json<T = unknown> = ColumnType<T, string, string>;
type Stamp = ColumnType<Date, Date | undefined, Date>;

/** The tables of `migrations/`, as the app role sees them. `tenant_id` is filled and filtered by the database. */
export interface Tables {
  tenant: { id: string; slug: string; name: string; created_at: Stamp };
  membership: {
    tenant_id: Generated<string>;
    principal_id: string;
    principal_kind: 'user' | 'service';
    display_name: string;
    roles: string[];
    revision: Generated<number>;
    created_at: Stamp;
    updated_at: Stamp;
  };
  dataset: {
    tenant_id: Generated<string>;
    id: string;
    name: string;
    description: Generated<string>;
    created_by: string;
    created_at: Stamp;
  };
  dataset_version: {
    id: string;
    dataset_id: string;
    number: number;
    label: string | null;
    sha256: string;
    bytes: number;
    format: 'parquet';
    object_key: string;
    created_by: string;
    created_at: Stamp;
  };
  experiment: {
    tenant_id: Generated<string>;
    id: string;
    name: string;
    lifecycle_stage: Generated<'active' | 'deleted'>;
    artifact_location: Generated<string>;
    created_at: Stamp;
    updated_at: Stamp;
  };
  experiment_tag: { experiment_id: string; key: string; value: string };
  run: {
    id: string;
    experiment_id: string;
    name: string;
    status: Generated<'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED'>;
    lifecycle_stage: Generated<'active' | 'deleted'>;
    user_id: string;
    artifact_uri: Generated<string>;
    start_time: number;
    end_time: number | null;
  };
  param: { run_id: string; key: string; value: string };
  metric: { run_id: string; key: string; value: number; step: number; timestamp: number };
  latest_metric: { run_id: string; key: string; value: number; step: number; timestamp: number };
  run_tag: { run_id: string; key: string; value: string };
  pipeline: { tenant_id: Generated<string>; id: string; name: string; created_by: string; created_at: Stamp };
  pipeline_version: {
    id: string;
    pipeline_id: string;
    number: number;
    source: string;
    source_sha256: string;
    definition: Json;
    created_by: string;
    created_at: Stamp;
  };
  execution: {
    id: string;
    pipeline_version_id: string;
    dataset_version_id: string;
    environment: string | null;
    plan: Json;
    status: Generated<'queued' | 'running' | 'awaiting_approval' | 'succeeded' | 'refused' | 'rejected' | 'failed' | 'stopped'>;
    failure: Json | null;
    run_id: string | null;
    model_version_id: string | null;
    revision: Generated<number>;
    created_by: string;
    created_by_kind: 'user' | 'service';
    traceparent: string | null;
    created_at: Stamp;
    started_at: Date | null;
    ended_at: Date | null;
  };
  step: {
    execution_id: string;
    name: string;
    attempt: number;
    status: 'running' | 'succeeded' | 'reused' | 'refused' | 'failed';
    input_hash: string | null;
    output: Json | null;
    failure: Json | null;
    started_at: Date;
    ended_at: Date | null;
  };
  step_result: { tenant_id: Generated<string>; step: string; input_hash: string; output: Json; execution_id: string; recorded_at: Stamp };
  model: {
    tenant_id: Generated<string>;
    id: string;
    name: string;
    description: Generated<string>;
    created_by: string;
    created_at: Stamp;
    updated_at: Stamp;
  };
  model_tag: { model_id: string; key: string; value: string };
  evaluation: {
    id: string;
    execution_id: string;
    artifact_sha256: string;
    rows_sha256: string;
    rows: number;
    metrics: Json;
    details: Json;
    report_key: string;
    created_at: Stamp;
  };
  gate_verdict: {
    execution_id: string;
    evaluation_id: string;
    gate: string;
    metric: string;
    comparison: string;
    observed: number | null;
    threshold: number;
    passed: boolean;
    reason: string;
    decided_at: Stamp;
  };
  model_version: {
    id: string;
    model_id: string;
    number: number;
    label: string | null;
    description: Generated<string>;
    stage: Generated<'none' | 'staging' | 'production' | 'archived'>;
    deployment_status: Generated<'none' | 'deploying' | 'live' | 'retired' | 'failed'>;
    run_id: string | null;
    execution_id: string | null;
    dataset_version_id: string | null;
    evaluation_id: string | null;
    artifact_key: string;
    artifact_sha256: string;
    artifact_bytes: number;
    signature_key: string;
    profile_key: string | null;
    training_key: string | null;
    signature: Json;
    revision: Generated<number>;
    created_by: string;
    created_at: Stamp;
    updated_at: Stamp;
  };
  model_version_tag: { model_version_id: string; key: string; value: string };
  model_alias: { model_id: string; alias: string; number: number; revision: Generated<number>; set_by: string; set_at: Stamp };
  deployment: {
    id: string;
    model_id: string;
    model_version_id: string;
    execution_id: string | null;
    revision: number;
    arms: Json;
    status: 'deploying' | 'live' | 'retired' | 'failed';
    created_by: string;
    created_at: Stamp;
    live_at: Date | null;
  };
  approval: {
    id: string;
    execution_id: string;
    status: Generated<'pending' | 'approved' | 'rejected' | 'expired'>;
    requested_for: string;
    author: string;
    task_token: string;
    evidence: Json;
    revision: Generated<number>;
    created_at: Stamp;
    expires_at: Date;
    decided_by: string | null;
    decided_at: Date | null;
    comment: string | null;
  };
  audit: {
    seq: Generated<number>;
    id: string;
    at: Stamp;
    principal: string;
    principal_kind: string;
    action: string;
    subject: string;
    data: Json;
    request_id: string;
    traceparent: string | null;
  };
  idempotency: {
    tenant_id: Generated<string>;
    principal: string;
    key: string;
    route: string;
    request_hash: string;
    status: number;
    response: Json;
    created_at: Stamp;
    expires_at: Date;
  };
  aggregate_sequence: { tenant_id: Generated<string>; subject: string; last: number };
  outbox: {
    id: string;
    intent: string;
    destination: Destination;
    type: string;
    subject: string;
    sequence: number;
    data: Json<Readonly<Record<string, unknown>>>;
    traceparent: string | null;
    created_at: Stamp;
    published_at: Date | null;
  };
}
