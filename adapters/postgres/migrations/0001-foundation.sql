-- The shapes that are dear to change. Every tenant table carries tenant_id, filled from the transaction's setting, and
-- every reference between tenant tables includes it, because foreign keys are checked without row-level security.

create function sluice_tenant() returns uuid language sql stable parallel safe
  as $$ select nullif(current_setting('sluice.tenant', true), '')::uuid $$;

create table tenant (
  id         uuid primary key,
  slug       text not null unique check (slug ~ '^[a-z][a-z0-9-]{1,38}[a-z0-9]$'),
  name       text not null,
  created_at timestamptz not null default now()
);

create table membership (
  tenant_id      uuid not null default sluice_tenant() references tenant,
  principal_id   text not null,
  principal_kind text not null check (principal_kind in ('user', 'service')),
  display_name   text not null,
  roles          text[] not null check (roles <@ array['viewer', 'scientist', 'operator', 'approver', 'admin']),
  revision       integer not null default 1,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  primary key (tenant_id, principal_id)
);

-- Data -----------------------------------------------------------------------------------------------------------------

create table dataset (
  id          uuid primary key,
  tenant_id   uuid not null default sluice_tenant() references tenant,
  name        text not null,
  description text not null default '',
  created_by  text not null,
  created_at  timestamptz not null default now(),
  unique (tenant_id, id),
  unique (tenant_id, name)
);

create table dataset_version (
  id         uuid primary key,
  tenant_id  uuid not null default sluice_tenant() references tenant,
  dataset_id uuid not null,
  number     integer not null check (number >= 1),
  label      text,
  sha256     char(64) not null,
  bytes      bigint not null check (bytes > 0),
  format     text not null check (format in ('parquet')),
  object_key text not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  unique (tenant_id, id),
  unique (dataset_id, number),
  unique (dataset_id, sha256),
  foreign key (tenant_id, dataset_id) references dataset (tenant_id, id)
);

-- Experiments, in MLflow's terms ----------------------------------------------------------------------------------------

create table experiment (
  id                uuid primary key,
  tenant_id         uuid not null default sluice_tenant() references tenant,
  name              text not null,
  lifecycle_stage   text not null default 'active' check (lifecycle_stage in ('active', 'deleted')),
  artifact_location text not null default '',
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),
  unique (tenant_id, id),
  unique (tenant_id, name)
);

create table experiment_tag (
  tenant_id     uuid not null default sluice_tenant() references tenant,
  experiment_id uuid not null,
  key           text not null,
  value         text not null,
  primary key (experiment_id, key),
  foreign key (tenant_id, experiment_id) references experiment (tenant_id, id) on delete cascade
);

-- Run ids are 32 hexadecimal digits and times are epoch milliseconds, as on MLflow's wire.
create table run (
  id              char(32) primary key check (id ~ '^[0-9a-f]{32}$'),
  tenant_id       uuid not null default sluice_tenant() references tenant,
  experiment_id   uuid not null,
  name            text not null,
  status          text not null default 'RUNNING' check (status in ('RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED')),
  lifecycle_stage text not null default 'active' check (lifecycle_stage in ('active', 'deleted')),
  user_id         text not null,
  artifact_uri    text not null default '',
  start_time      bigint not null,
  end_time        bigint,
  unique (tenant_id, id),
  foreign key (tenant_id, experiment_id) references experiment (tenant_id, id)
);
create index run_by_experiment on run (tenant_id, experiment_id, start_time desc);

create table param (
  tenant_id uuid not null default sluice_tenant() references tenant,
  run_id    char(32) not null,
  key       text not null,
  value     text not null,
  primary key (run_id, key),
  foreign key (tenant_id, run_id) references run (tenant_id, id) on delete cascade
);

create table metric (
  tenant_id uuid not null default sluice_tenant() references tenant,
  run_id    char(32) not null,
  key       text not null,
  value     double precision not null,
  step      bigint not null default 0,
  timestamp bigint not null,
  primary key (run_id, key, step, timestamp, value),
  foreign key (tenant_id, run_id) references run (tenant_id, id) on delete cascade
);

create table latest_metric (
  tenant_id uuid not null default sluice_tenant() references tenant,
  run_id    char(32) not null,
  key       text not null,
  value     double precision not null,
  step      bigint not null,
  timestamp bigint not null,
  primary key (run_id, key),
  foreign key (tenant_id, run_id) references run (tenant_id, id) on delete cascade
);

create table run_tag (
  tenant_id uuid not null default sluice_tenant() references tenant,
  run_id    char(32) not null,
  key       text not null,
  value     text not null,
  primary key (run_id, key),
  foreign key (tenant_id, run_id) references run (tenant_id, id) on delete cascade
);

-- Pipelines -------------------------------------------------------------------------------------------------------------

create table pipeline (
  id         uuid primary key,
  tenant_id  uuid not null default sluice_tenant() references tenant,
  name       text not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  unique (tenant_id, id),
  unique (tenant_id, name)
);

create table pipeline_version (
  id            uuid primary key,
  tenant_id     uuid not null default sluice_tenant() references tenant,
  pipeline_id   uuid not null,
  number        integer not null check (number >= 1),
  source        text not null,
  source_sha256 char(64) not null,
  definition    jsonb not null,
  created_by    text not null,
  created_at    timestamptz not null default now(),
  unique (tenant_id, id),
  unique (pipeline_id, number),
  unique (pipeline_id, source_sha256),
  foreign key (tenant_id, pipeline_id) references pipeline (tenant_id, id)
);

create table execution (
  id                  uuid primary key,
  tenant_id           uuid not null default sluice_tenant() references tenant,
  pipeline_version_id uuid not null,
  dataset_version_id  uuid not null,
  environment         text,
  plan                jsonb not null,
  status              text not null default 'queued'
    check (status in ('queued', 'running', 'awaiting_approval', 'succeeded', 'refused', 'rejected', 'failed', 'stopped')),
  failure             jsonb,
  run_id              char(32),
  model_version_id    uuid,
  revision            integer not null default 1,
  created_by          text not null,
  created_by_kind     text not null check (created_by_kind in ('user', 'service')),
  traceparent         text,
  created_at          timestamptz not null default now(),
  started_at          timestamptz,
  ended_at            timestamptz,
  unique (tenant_id, id),
  foreign key (tenant_id, pipeline_version_id) references pipeline_version (tenant_id, id),
  foreign key (tenant_id, dataset_version_id) references dataset_version (tenant_id, id),
  foreign key (tenant_id, run_id) references run (tenant_id, id)
);
create index execution_newest on execution (tenant_id, created_at desc, id desc);

create table step (
  tenant_id    uuid not null default sluice_tenant() references tenant,
  execution_id uuid not null,
  name         text not null,
  attempt      integer not null check (attempt >= 1),
  status       text not null check (status in ('running', 'succeeded', 'reused', 'refused', 'failed')),
  input_hash   char(64),
  output       jsonb,
  failure      jsonb,
  started_at   timestamptz not null,
  ended_at     timestamptz,
  primary key (execution_id, name, attempt),
  foreign key (tenant_id, execution_id) references execution (tenant_id, id)
);

-- What a step gave for the same inputs, so that a re-run resumes where the last one broke.
create table step_result (
  tenant_id    uuid not null default sluice_tenant() references tenant,
  step         text not null,
  input_hash   char(64) not null,
  output       jsonb not null,
  execution_id uuid not null,
  recorded_at  timestamptz not null default now(),
  primary key (tenant_id, step, input_hash),
  foreign key (tenant_id, execution_id) references execution (tenant_id, id)
);

-- Registry --------------------------------------------------------------------------------------------------------------

create table model (
  id          uuid primary key,
  tenant_id   uuid not null default sluice_tenant() references tenant,
  name        text not null,
  description text not null default '',
  created_by  text not null,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  unique (tenant_id, id),
  unique (tenant_id, name)
);

create table model_tag (
  tenant_id uuid not null default sluice_tenant() references tenant,
  model_id  uuid not null,
  key       text not null,
  value     text not null,
  primary key (model_id, key),
  foreign key (tenant_id, model_id) references model (tenant_id, id) on delete cascade
);

create table evaluation (
  id              uuid primary key,
  tenant_id       uuid not null default sluice_tenant() references tenant,
  execution_id    uuid not null,
  artifact_sha256 char(64) not null,
  rows_sha256     char(64) not null,
  rows            bigint not null,
  metrics         jsonb not null,
  details         jsonb not null,
  report_key      text not null,
  created_at      timestamptz not null default now(),
  unique (tenant_id, id),
  unique (execution_id, artifact_sha256),
  foreign key (tenant_id, execution_id) references execution (tenant_id, id)
);

-- By execution, because an evaluation that is reused is asked again by the gates of its new execution.
create table gate_verdict (
  tenant_id     uuid not null default sluice_tenant() references tenant,
  execution_id  uuid not null,
  evaluation_id uuid not null,
  gate          text not null,
  metric        text not null,
  comparison    text not null,
  observed      double precision,
  threshold     double precision not null,
  passed        boolean not null,
  reason        text not null,
  decided_at    timestamptz not null default now(),
  primary key (execution_id, gate),
  foreign key (tenant_id, execution_id) references execution (tenant_id, id),
  foreign key (tenant_id, evaluation_id) references evaluation (tenant_id, id)
);

create table model_version (
  id                 uuid primary key,
  tenant_id          uuid not null default sluice_tenant() references tenant,
  model_id           uuid not null,
  number             integer not null check (number >= 1),
  label              text,
  description        text not null default '',
  stage              text not null default 'none' check (stage in ('none', 'staging', 'production', 'archived')),
  deployment_status  text not null default 'none' check (deployment_status in ('none', 'deploying', 'live', 'retired', 'failed')),
  run_id             char(32),
  execution_id       uuid,
  dataset_version_id uuid,
  evaluation_id      uuid,
  artifact_key       text not null,
  artifact_sha256    char(64) not null,
  artifact_bytes     bigint not null,
  signature_key      text not null,
  profile_key        text,
  training_key       text,
  signature          jsonb not null,
  revision           integer not null default 1,
  created_by         text not null,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),
  unique (tenant_id, id),
  unique (model_id, number),
  unique (execution_id, model_id),
  foreign key (tenant_id, model_id) references model (tenant_id, id),
  foreign key (tenant_id, run_id) references run (tenant_id, id),
  foreign key (tenant_id, execution_id) references execution (tenant_id, id),
  foreign key (tenant_id, dataset_version_id) references dataset_version (tenant_id, id),
  foreign key (tenant_id, evaluation_id) references evaluation (tenant_id, id)
);
alter table execution add foreign key (tenant_id, model_version_id) references model_version (tenant_id, id);

create table model_version_tag (
  tenant_id        uuid not null default sluice_tenant() references tenant,
  model_version_id uuid not null,
  key              text not null,
  value            text not null,
  primary key (model_version_id, key),
  foreign key (tenant_id, model_version_id) references model_version (tenant_id, id) on delete cascade
);

create table model_alias (
  tenant_id uuid not null default sluice_tenant() references tenant,
  model_id  uuid not null,
  alias     text not null,
  number    integer not null,
  revision  integer not null default 1,
  set_by    text not null,
  set_at    timestamptz not null default now(),
  primary key (model_id, alias),
  foreign key (tenant_id, model_id) references model (tenant_id, id),
  foreign key (model_id, number) references model_version (model_id, number)
);

-- What is meant to serve; DynamoDB's routing item is a projection of the newest row per model.
create table deployment (
  id               uuid primary key,
  tenant_id        uuid not null default sluice_tenant() references tenant,
  model_id         uuid not null,
  model_version_id uuid not null,
  execution_id     uuid,
  revision         integer not null check (revision >= 1),
  arms             jsonb not null,
  status           text not null check (status in ('deploying', 'live', 'retired', 'failed')),
  created_by       text not null,
  created_at       timestamptz not null default now(),
  live_at          timestamptz,
  unique (tenant_id, id),
  unique (model_id, revision),
  unique (execution_id),
  foreign key (tenant_id, model_id) references model (tenant_id, id),
  foreign key (tenant_id, model_version_id) references model_version (tenant_id, id),
  foreign key (tenant_id, execution_id) references execution (tenant_id, id)
);

-- Governance ------------------------------------------------------------------------------------------------------------

create table approval (
  id            uuid primary key,
  tenant_id     uuid not null default sluice_tenant() references tenant,
  execution_id  uuid not null,
  status        text not null default 'pending' check (status in ('pending', 'approved', 'rejected', 'expired')),
  requested_for text not null,
  author        text not null,
  task_token    text not null,
  evidence      jsonb not null,
  revision      integer not null default 1,
  created_at    timestamptz not null default now(),
  expires_at    timestamptz not null,
  decided_by    text,
  decided_at    timestamptz,
  comment       text,
  unique (tenant_id, id),
  unique (execution_id),
  foreign key (tenant_id, execution_id) references execution (tenant_id, id)
);

create table audit (
  tenant_id      uuid not null default sluice_tenant() references tenant,
  seq            bigint generated always as identity,
  id             uuid not null,
  at             timestamptz not null default now(),
  principal      text not null,
  principal_kind text not null,
  action         text not null,
  subject        text not null,
  data           jsonb not null,
  request_id     text not null,
  traceparent    text,
  primary key (tenant_id, seq)
);

create table idempotency (
  tenant_id    uuid not null default sluice_tenant() references tenant,
  principal    text not null,
  key          text not null,
  route        text not null,
  request_hash char(64) not null,
  status       integer not null,
  response     jsonb not null,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz not null,
  primary key (tenant_id, principal, key)
);

create table aggregate_sequence (
  tenant_id uuid not null default sluice_tenant() references tenant,
  subject   text not null,
  last      bigint not null,
  primary key (tenant_id, subject)
);

create table outbox (
  id           uuid primary key,
  tenant_id    uuid not null default sluice_tenant() references tenant,
  intent       uuid not null,
  destination  text not null check (destination in ('bus', 'execution', 'task', 'membership')),
  type         text not null,
  subject      text not null,
  sequence     bigint not null,
  data         jsonb not null,
  traceparent  text,
  created_at   timestamptz not null default now(),
  published_at timestamptz
);
create index outbox_by_intent on outbox (tenant_id, intent);
create index outbox_waiting on outbox (created_at) where published_at is null;

-- Row-level security: on every table above, for the owner too, by one rule. ---------------------------------------------

do $$
declare t text;
begin
  for t in select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
           where c.relkind = 'r' and c.relnamespace = current_schema::regnamespace loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant_only on %I using (tenant_id = sluice_tenant()) with check (tenant_id = sluice_tenant())', t);
    execute format('grant select, insert, update, delete on %I to sluice_app', t);
  end loop;
end $$;

alter table tenant enable row level security;
alter table tenant force row level security;
create policy tenant_only on tenant using (id = sluice_tenant()) with check (id = sluice_tenant());
grant select, insert on tenant to sluice_app;

-- Whoever administers the platform has a tenant's slug and needs its id before there is a tenant to set. Nothing else crosses tenants.
create policy owner_finds on tenant for select to current_user using (true);
create function tenant_by_slug(wanted text) returns uuid language sql stable security definer set search_path = pg_catalog, pg_temp
  as 'select id from public.tenant where slug = wanted';
revoke execute on function tenant_by_slug(text) from public;
grant execute on function tenant_by_slug(text) to sluice_app;

-- Evidence is only ever added to.
revoke update, delete on audit from sluice_app;
