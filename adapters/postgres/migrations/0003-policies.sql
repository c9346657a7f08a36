-- Policies of tenants, and which version each decision used. Version 0 is built into the product and is no row.

create table policy (
  tenant_id  uuid not null default sluice_tenant() references tenant,
  version    integer not null check (version >= 1),
  rules      jsonb not null,
  comment    text not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, version)
);

alter table policy enable row level security;
alter table policy force row level security;
create policy tenant_only on policy using (tenant_id = sluice_tenant()) with check (tenant_id = sluice_tenant());
-- A version is only ever added: decisions name it.
grant select, insert on policy to sluice_app;

-- What was decided before there were policies was decided by the built-in one.
alter table execution add column policy_version integer not null default 0 check (policy_version >= 0);
alter table gate_verdict add column policy_version integer not null default 0 check (policy_version >= 0);
alter table approval add column policy_version integer not null default 0 check (policy_version >= 0);
alter table rollout add column policy_version integer not null default 0 check (policy_version >= 0);
alter table retraining add column policy_version integer not null default 0 check (policy_version >= 0);

-- Approvals whose deadline has passed are looked for.
create index approval_waiting on approval (tenant_id, expires_at) where status = 'pending';
