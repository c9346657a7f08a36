-- What is open is found, and what DynamoDB held is made anew.

-- The run that has a scan under way: its name as it was ordered, also where a later machine carries it on.
alter table scan add column run text;
create index scan_under_way on scan (tenant_id, run) where status = 'running';
