alter table bookings
    add column asked_at timestamptz,
    add column disputed_at timestamptz,
    add column settled_at timestamptz,
    add column settled_by uuid references people,
    add column absent uuid references people,
    drop constraint bookings_status_is_known,
    add constraint bookings_status_is_known
        check (status in ('held', 'pending', 'confirmed', 'cancelled', 'expired', 'completed', 'no_show')),
    add constraint bookings_settled check ((status in ('completed', 'no_show')) = (settled_at is not null)
        and (status = 'no_show') = (absent is not null) and absent in (host_id, guest_id));
comment on column bookings.asked_at is 'When the two were asked how it went.';
comment on column bookings.disputed_at is 'Since when what the two say differs and waits for a coordinator.';
comment on column bookings.settled_at is 'When it was settled whether both had come.';
comment on column bookings.settled_by is 'The coordinator; empty: the two agreed, or a week passed.';
comment on column bookings.absent is 'Who did not come.';
create index bookings_disputed on bookings (disputed_at) where disputed_at is not null;
create index bookings_completed on bookings (starts_at) where status = 'completed';
create index bookings_absent on bookings (absent, ends_at) where absent is not null;
create index bookings_cancelled_late on bookings (cancelled_by, cancelled_at) where cancelled_late;

create table reports (
    booking_id uuid not null references bookings on delete cascade,
    person_id uuid not null references people,
    outcome text not null,
    note text not null default '',
    at timestamptz not null,
    primary key (booking_id, person_id),
    constraint reports_outcome_is_known check (outcome in ('attended', 'no_show', 'other'))
);
comment on table reports is 'How a session went, as each of the two says.';
comment on column reports.outcome is 'no_show: the other one did not come.';

create table thanks (
    booking_id uuid not null references bookings on delete cascade,
    from_id uuid not null references people,
    to_id uuid not null references people,
    words text not null,
    at timestamptz not null,
    primary key (booking_id, from_id)
);
comment on table thanks is 'Private: only the two read them.';
create index thanks_to on thanks (to_id, at);

create table feedback (
    booking_id uuid primary key references bookings on delete cascade,
    help text not null,
    at timestamptz not null,
    constraint feedback_help_is_known check (help in ('a_lot', 'somewhat', 'a_little', 'not_yet'))
);
comment on table feedback is 'How much a session has helped its guest; coordinators see sums only.';

alter table people add column forgiven_at timestamptz;
comment on column people.forgiven_at is 'Late cancellations and no-shows up to then lead to no warning and no pause.';
