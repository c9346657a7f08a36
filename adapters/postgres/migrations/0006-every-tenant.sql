-- What DynamoDB holds of all tenants is made anew from here, and who does it has no tenant to begin with. Ids only, a page at a time;
-- what is read of a tenant is read as that tenant.
create function tenants_after(last uuid, at_most integer) returns setof uuid language sql stable security definer set search_path = pg_catalog, pg_temp
  as 'select id from public.tenant where last is null or id > last order by id limit at_most';
revoke execute on function tenants_after(uuid, integer) from public;
grant execute on function tenants_after(uuid, integer) to sluice_app;

-- Whether a run has begun anything is asked of every run that may be gone.
create index scan_by_run on scan (tenant_id, run) where run is not null;
