-- The audit chain: a sealer gives every audit row its place and a hash over all that came before, so that none can be changed,
-- removed, inserted or moved unseen.

-- Positions are given when a row is sealed, in an order that no open transaction can break. No reference to the audit row: that a
-- sealed row is gone is for the verifier to find, and a foreign key would write a lock into every row.
create table audit_seal (
  tenant_id uuid not null default sluice_tenant() references tenant,
  position  bigint not null check (position >= 1),
  seq       bigint not null,
  previous  char(64) not null,
  hash      char(64) not null,
  primary key (tenant_id, position),
  unique (tenant_id, seq)
);

-- What one sealing sealed, and so what one object of evidence holds.
create table audit_segment (
  tenant_id      uuid not null default sluice_tenant() references tenant,
  number         bigint not null check (number >= 1),
  first_position bigint not null,
  last_position  bigint not null check (last_position >= first_position),
  hash           char(64) not null,
  -- The highest seq sealed so far, and the first transaction that had not begun then: rows below it come from older ones alone.
  high_seq       bigint not null,
  next_xid       bigint not null,
  -- Up to here every row is sealed and none can come any more; where the next sealing begins to look.
  settled_seq    bigint not null,
  sealed_at      timestamptz not null default now(),
  -- When its evidence was found in S3 to be what it should be.
  kept_at        timestamptz,
  primary key (tenant_id, number)
);
create index audit_segment_not_kept on audit_segment (tenant_id, number) where kept_at is null;

-- What happened to one thing, and whether each of its facts has its row.
create index audit_of_subject on audit (tenant_id, subject, seq);
create index audit_by_time on audit (tenant_id, at);

do $$
declare t text;
begin
  foreach t in array array['audit_seal', 'audit_segment'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant_only on %I using (tenant_id = sluice_tenant()) with check (tenant_id = sluice_tenant())', t);
    execute format('grant select, insert on %I to sluice_app', t);
  end loop;
end $$;
grant update (kept_at) on audit_segment to sluice_app;
