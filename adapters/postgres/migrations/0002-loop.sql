-- The loop: rollouts, monitors and their scans, retraining, batch predictions, and who is told.

-- Rollouts -------------------------------------------------------------------------------------------------------------

create table rollout (
  id                  uuid primary key,
  tenant_id           uuid not null default sluice_tenant() references tenant,
  model_id            uuid not null,
  model_version_id    uuid not null,
  -- What serves the other units meanwhile; none when the model has never been live.
  baseline_version_id uuid,
  execution_id        uuid,
  alias               text not null,
  plan                jsonb not null,
  status              text not null default 'queued'
    check (status in ('queued', 'running', 'paused', 'succeeded', 'rolled_back', 'aborted', 'failed')),
  -- Index into the plan's steps.
  step                integer not null default 0 check (step >= 0),
  step_since          timestamptz,
  reason              jsonb,
  -- Wakes the machine that bakes or is paused.
  task_token          text,
  -- Wakes the execution that waits for the end.
  waiting_token       text,
  revision            integer not null default 1,
  created_by          text not null,
  traceparent         text,
  created_at          timestamptz not null default now(),
  started_at          timestamptz,
  ended_at            timestamptz,
  unique (tenant_id, id),
  unique (execution_id),
  foreign key (tenant_id, model_id) references model (tenant_id, id),
  foreign key (tenant_id, model_version_id) references model_version (tenant_id, id),
  foreign key (tenant_id, baseline_version_id) references model_version (tenant_id, id),
  foreign key (tenant_id, execution_id) references execution (tenant_id, id)
);
-- Two rollouts of one model cannot race.
create unique index rollout_at_work on rollout (model_id) where status in ('queued', 'running', 'paused');
create index rollout_newest on rollout (tenant_id, model_id, created_at desc, id desc);

create table rollout_judgement (
  tenant_id  uuid not null default sluice_tenant() references tenant,
  rollout_id uuid not null,
  number     integer not null check (number >= 1),
  step       integer not null,
  verdict    text not null check (verdict in ('advance', 'wait', 'roll_back')),
  checks     jsonb not null,
  decided_at timestamptz not null,
  primary key (rollout_id, number),
  foreign key (tenant_id, rollout_id) references rollout (tenant_id, id)
);

-- Every change of shares is a deployment row with the model's next revision.
alter table deployment add column rollout_id uuid;
alter table deployment add column rollout_step integer;
-- Weight of the units that no version serves; above 0 only while a model's first version is being rolled out.
alter table deployment add column unserved double precision not null default 0 check (unserved >= 0);
alter table deployment add foreign key (tenant_id, rollout_id) references rollout (tenant_id, id);
alter table deployment add unique (rollout_id, rollout_step);

alter table execution drop constraint execution_status_check;
alter table execution add constraint execution_status_check check (status in
  ('queued', 'running', 'awaiting_approval', 'rolling_out', 'succeeded', 'refused', 'rejected', 'failed', 'stopped'));

-- Monitors -------------------------------------------------------------------------------------------------------------

create table monitor (
  id         uuid primary key,
  tenant_id  uuid not null default sluice_tenant() references tenant,
  model_id   uuid not null,
  name       text not null,
  settings   jsonb not null,
  state      text not null default 'active' check (state in ('active', 'paused')),
  revision   integer not null default 1,
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (tenant_id, id),
  unique (model_id, name),
  foreign key (tenant_id, model_id) references model (tenant_id, id)
);

-- One scan, and so one report, per monitor and window.
create table scan (
  id               uuid primary key,
  tenant_id        uuid not null default sluice_tenant() references tenant,
  monitor_id       uuid not null,
  model_version_id uuid,
  window_start     timestamptz not null,
  window_end       timestamptz not null,
  as_of            timestamptz not null,
  status           text not null default 'running' check (status in ('running', 'succeeded', 'failed')),
  verdict          text check (verdict in ('drift', 'no_drift', 'insufficient')),
  rows             bigint,
  labelled         bigint,
  summary          jsonb,
  report_key       text,
  failure          jsonb,
  attempts         integer not null default 1,
  traceparent      text,
  started_at       timestamptz not null default now(),
  ended_at         timestamptz,
  unique (tenant_id, id),
  unique (monitor_id, window_start, window_end),
  check (window_start < window_end),
  foreign key (tenant_id, monitor_id) references monitor (tenant_id, id),
  foreign key (tenant_id, model_version_id) references model_version (tenant_id, id)
);

-- A decision about retraining, "no" as well as "yes"; one per scan.
create table retraining (
  id           uuid primary key,
  tenant_id    uuid not null default sluice_tenant() references tenant,
  model_id     uuid not null,
  monitor_id   uuid not null,
  scan_id      uuid not null,
  cause        text not null,
  decision     text not null check (decision in ('start', 'refuse')),
  reason       text not null,
  details      jsonb not null,
  execution_id uuid,
  decided_at   timestamptz not null,
  unique (tenant_id, id),
  unique (scan_id),
  foreign key (tenant_id, model_id) references model (tenant_id, id),
  foreign key (tenant_id, monitor_id) references monitor (tenant_id, id),
  foreign key (tenant_id, scan_id) references scan (tenant_id, id),
  foreign key (tenant_id, execution_id) references execution (tenant_id, id)
);
create index retraining_newest on retraining (tenant_id, model_id, decided_at desc, id desc);

-- Batch predictions ----------------------------------------------------------------------------------------------------

create table batch_prediction (
  id               uuid primary key,
  tenant_id        uuid not null default sluice_tenant() references tenant,
  model_id         uuid not null,
  model_version_id uuid not null,
  input_key        text not null,
  input_sha256     char(64) not null,
  format           text not null check (format in ('parquet', 'csv')),
  status           text not null default 'queued' check (status in ('queued', 'running', 'succeeded', 'failed')),
  parts            integer,
  rows             bigint,
  bad_rows         bigint,
  output_key       text,
  bad_rows_key     text,
  failure          jsonb,
  created_by       text not null,
  traceparent      text,
  created_at       timestamptz not null default now(),
  started_at       timestamptz,
  ended_at         timestamptz,
  unique (tenant_id, id),
  foreign key (tenant_id, model_id) references model (tenant_id, id),
  foreign key (tenant_id, model_version_id) references model_version (tenant_id, id)
);
create index batch_newest on batch_prediction (tenant_id, model_id, created_at desc, id desc);

-- Webhooks -------------------------------------------------------------------------------------------------------------

create table webhook_endpoint (
  id          uuid primary key,
  tenant_id   uuid not null default sluice_tenant() references tenant,
  url         text not null,
  event_types text[] not null check (cardinality(event_types) > 0),
  secret      text not null,
  created_by  text not null,
  created_at  timestamptz not null default now(),
  unique (tenant_id, id)
);

-- A schedule to make, change or end is an order like the others.
alter table outbox drop constraint outbox_destination_check;
alter table outbox add constraint outbox_destination_check check (destination in ('bus', 'execution', 'task', 'membership', 'schedule'));
-- Whoever has carried out an order for a schedule looks whether it still is the latest.
create index outbox_schedules on outbox (tenant_id, subject, sequence) where destination = 'schedule';

-- What is old is removed a few rows at a time: oldest first, without a look at the others.
create index outbox_published on outbox (tenant_id, published_at) where published_at is not null;
create index idempotency_expiry on idempotency (tenant_id, expires_at);

-- Row-level security on what is new, by the rule of the first migration. -----------------------------------------------

do $$
declare t text;
begin
  for t in select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
           where c.relkind = 'r' and c.relnamespace = current_schema::regnamespace and not c.relrowsecurity loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant_only on %I using (tenant_id = sluice_tenant()) with check (tenant_id = sluice_tenant())', t);
    execute format('grant select, insert, update, delete on %I to sluice_app', t);
  end loop;
end $$;
