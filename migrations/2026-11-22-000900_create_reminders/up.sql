alter table people add column reminders integer[] not null default '{1440,60}';
comment on column people.reminders is 'Minutes before a session at which they want a mail.';

create table reminders (
    booking_id uuid not null references bookings on delete cascade,
    person_id uuid not null references people,
    minutes integer not null,
    starts_at timestamptz not null,
    decided_at timestamptz not null,
    primary key (booking_id, person_id, starts_at, minutes)
);
comment on table reminders is 'Each reminder once: sent, or found to be of no use.';
comment on column reminders.starts_at is 'Of the session: a moved one is reminded of anew.';

create index bookings_coming on bookings (starts_at) where status = 'confirmed';
