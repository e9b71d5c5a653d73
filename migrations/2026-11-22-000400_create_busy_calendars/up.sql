create table busy_calendars (
    id uuid primary key,
    person_id uuid not null references people on delete cascade,
    label text not null,
    address bytea,
    address_hash bytea,
    host text not null default '',
    keep_offering boolean not null default true,
    count_free boolean not null default false,
    etag text not null default '',
    last_modified text not null default '',
    events integer not null default 0,
    skipped jsonb not null default '{}',
    created_at timestamptz not null,
    read_at timestamptz,
    checked_at timestamptz,
    next_at timestamptz,
    leased_until timestamptz,
    failures integer not null default 0,
    failing_since timestamptz,
    problem text not null default '',
    told_at timestamptz,
    constraint busy_calendars_once unique (person_id, address_hash),
    constraint busy_calendars_address check ((address is null) = (address_hash is null))
);
comment on table busy_calendars is 'Foreign calendars whose events make their owner busy.';
comment on column busy_calendars.address is 'Encrypted with the site''s key; empty for an uploaded file.';
comment on column busy_calendars.address_hash is 'Keyed hash of the address: the same address is fetched once for all.';
comment on column busy_calendars.host is 'What may be shown of the address.';
comment on column busy_calendars.keep_offering is 'Whether times are offered while the last good copy is old.';
comment on column busy_calendars.count_free is 'Whether events marked as free count as well.';
comment on column busy_calendars.skipped is 'Why events were passed over: {reason: how many}.';
comment on column busy_calendars.read_at is 'When what is stored was read.';
comment on column busy_calendars.checked_at is 'When the calendar was last known to be as stored.';
comment on column busy_calendars.next_at is 'When to fetch next; empty: never again.';
comment on column busy_calendars.failing_since is 'When the first of the failures in a row was.';
comment on column busy_calendars.told_at is 'When its owner was told of these failures.';
create index busy_calendars_due on busy_calendars (next_at) where next_at is not null;
create index busy_calendars_address on busy_calendars (address_hash);

create table busy_times (
    calendar_id uuid not null references busy_calendars on delete cascade,
    person_id uuid not null references people on delete cascade,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    primary key (calendar_id, starts_at),
    constraint busy_times_span check (starts_at < ends_at)
);
comment on table busy_times is 'When foreign calendars say that their owners are busy; nothing else of them is kept.';
create index busy_times_person on busy_times (person_id, ends_at);
