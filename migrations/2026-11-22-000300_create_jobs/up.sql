create table jobs (
    id bigint generated always as identity primary key,
    job jsonb not null,
    in_order text,
    created_at timestamptz not null,
    run_at timestamptz not null,
    leased_until timestamptz,
    attempts integer not null default 0,
    last_error text not null default '',
    failed_at timestamptz
);
comment on table jobs is 'The outbox: work that waits for a worker. Done work is deleted.';
comment on column jobs.job is 'The Job, as JSON.';
comment on column jobs.in_order is 'Jobs of the same word are done one after the other, by id.';
comment on column jobs.leased_until is 'A worker has it until then.';
comment on column jobs.failed_at is 'Given up; an administrator decides.';
create index jobs_due on jobs (run_at) where failed_at is null;
create index jobs_in_order on jobs (in_order, id) where failed_at is null;
create index jobs_failed on jobs (failed_at) where failed_at is not null;

create table feeds (
    person_id uuid primary key references people on delete cascade,
    token_hash bytea not null,
    version integer not null,
    rotated_at timestamptz not null,
    constraint feeds_token_hash_unique unique (token_hash)
);
comment on table feeds is 'Secret calendar subscriptions.';
comment on column feeds.token_hash is 'SHA-256 of the token, which follows from the site''s key and the version.';
comment on column feeds.version is 'Grows with each rotation.';
