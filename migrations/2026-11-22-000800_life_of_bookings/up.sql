alter table services
    add column approval boolean not null default false,
    add column answer_within_hours smallint not null default 48,
    add column change_notice_hours smallint not null default 0,
    add constraint services_answer_in_range check (answer_within_hours between 1 and 168),
    add constraint services_change_notice_in_range check (change_notice_hours between 0 and 168);
comment on column services.approval is 'Whether a booking is a request that the host answers.';
comment on column services.answer_within_hours is 'A request keeps its time for so long.';
comment on column services.change_notice_hours is 'So long before the start a session can be moved, or cancelled without counting as late.';

alter table bookings
    add column change_notice_hours smallint not null default 0,
    add column answer_within_hours smallint not null default 48,
    add column cancelled_late boolean not null default false,
    add column asked_for_more text not null default '',
    drop constraint bookings_status_is_known,
    drop constraint bookings_hold_expires,
    drop constraint bookings_cancelled,
    add constraint bookings_status_is_known check (status in ('held', 'pending', 'confirmed', 'cancelled', 'expired')),
    add constraint bookings_hold_expires check ((status in ('held', 'pending')) <= (hold_expires_at is not null)),
    add constraint bookings_cancelled check ((status = 'cancelled') <= (cancelled_at is not null)
        and (status in ('held', 'pending', 'confirmed')) <= (cancelled_at is null));
comment on column bookings.hold_expires_at is 'A hold or a request keeps its time until then.';
comment on column bookings.cancelled_at is 'When it was cancelled, or a request was not answered in time; none for a hold that expired.';
comment on column bookings.change_notice_hours is 'As it was when booked.';
comment on column bookings.answer_within_hours is 'As it was when booked.';
comment on column bookings.cancelled_late is 'Whether the deadline had passed.';
comment on column bookings.asked_for_more is 'What the host wants to know before answering.';

create table booking_changes (
    id bigint generated always as identity primary key,
    booking_id uuid not null references bookings on delete cascade,
    at timestamptz not null,
    by uuid references people,
    what text not null,
    note text not null default '',
    sequence integer not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null
);
comment on table booking_changes is 'The history of bookings: one row for each change.';
comment on column booking_changes.by is 'None: time did it.';
comment on column booking_changes.sequence is 'After the change, as are starts_at and ends_at.';
create index booking_changes_of on booking_changes (booking_id, id);
