create table services (
    id uuid primary key,
    person_id uuid not null references people on delete cascade,
    slug text not null,
    kind text not null,
    title text not null,
    description text not null default '',
    duration_minutes smallint not null,
    increment_minutes smallint not null,
    location text not null default '',
    questions jsonb not null default '[]',
    needs_file boolean not null default false,
    created_at timestamptz not null,
    closed_at timestamptz,
    constraint services_slug_unique unique (person_id, slug),
    constraint services_kind_is_known check (kind in
        ('portfolio', 'resume', 'cover_letter', 'networking', 'job_hunting', 'interview', 'other')),
    constraint services_duration_in_range check (duration_minutes between 30 and 60),
    constraint services_increment_in_range check (increment_minutes between 5 and 240)
);
comment on table services is 'What an alumnus offers.';
comment on column services.slug is 'The name in addresses: /alumni/{handle}/{slug}.';
comment on column services.increment_minutes is 'Step of the grid on which slots start.';
comment on column services.location is 'A meeting link or a place; shown to the two only.';
comment on column services.questions is '[{"label": text, "required": bool}], in order.';
comment on column services.needs_file is 'Whether the guest is asked for a document.';
comment on column services.closed_at is 'Since when it is not offered.';
create index services_kind on services (kind) where closed_at is null;

create table availability (
    person_id uuid primary key references people on delete cascade,
    buffer_before_minutes smallint not null default 0,
    buffer_after_minutes smallint not null default 0,
    minimum_notice_minutes integer not null default 720,
    horizon_days smallint not null default 60,
    max_per_day smallint,
    max_per_week smallint,
    constraint availability_buffers_in_range
        check (buffer_before_minutes between 0 and 240 and buffer_after_minutes between 0 and 240),
    constraint availability_notice_in_range check (minimum_notice_minutes between 0 and 43200),
    constraint availability_horizon_in_range check (horizon_days between 1 and 365),
    constraint availability_caps_in_range
        check (max_per_day between 1 and 50 and max_per_week between 1 and 200)
);
comment on table availability is 'The policy of a host; the hours are in the table hours.';
comment on column availability.minimum_notice_minutes is 'How long before its start a slot closes.';
comment on column availability.horizon_days is 'How far ahead may be booked, in days of 24 hours.';
comment on column availability.max_per_day is 'Bookings on one local date of the host; empty: no cap.';
comment on column availability.max_per_week is 'Bookings in one week from Monday; empty: no cap.';

create table hours (
    id bigint generated always as identity primary key,
    person_id uuid not null references people on delete cascade,
    weekday smallint,
    on_date date,
    from_minute smallint,
    until_minute smallint,
    constraint hours_repeat_or_happen_once check (num_nonnulls(weekday, on_date) = 1),
    constraint hours_weekday_in_range check (weekday between 0 and 6),
    constraint hours_window check (
        (from_minute is null and until_minute is null and on_date is not null)
        or (from_minute >= 0 and from_minute < until_minute and until_minute <= 1440))
);
comment on table hours is 'Weekly hours (by weekday) and overrides (by date), as wall-clock windows in the host''s zone.';
comment on column hours.weekday is '0 Monday to 6 Sunday.';
comment on column hours.on_date is 'An override: replaces the weekly hours of this date.';
comment on column hours.from_minute is 'Minutes after midnight; empty with until_minute: closed on this date.';
comment on column hours.until_minute is 'Minutes after midnight, 1440 for 24:00.';
create index hours_person on hours (person_id);

create table one_off_times (
    id uuid primary key,
    person_id uuid not null references people on delete cascade,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    constraint one_off_times_window check (starts_at < ends_at)
);
comment on table one_off_times is 'Windows offered once, besides the weekly hours.';
create index one_off_times_person on one_off_times (person_id, ends_at);
