create table rate_limits (
    key text primary key,
    full_at timestamptz not null
);
comment on table rate_limits is 'Limits that all servers share and a restart does not forget.';
comment on column rate_limits.full_at is 'When all of the allowance is there again (GCRA: the theoretical arrival time).';
create index rate_limits_full on rate_limits (full_at);
