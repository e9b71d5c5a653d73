create extension if not exists btree_gist;

create table bookings (
    id uuid primary key,
    service_id uuid not null references services,
    host_id uuid not null references people,
    guest_id uuid not null references people,
    status text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    service_title text not null,
    location text not null default '',
    goals text not null default '',
    help_wanted text not null default '',
    questions jsonb not null default '[]',
    answers text[] not null default '{}',
    material_link text not null default '',
    sequence integer not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    hold_expires_at timestamptz,
    cancelled_at timestamptz,
    cancelled_by uuid references people,
    cancel_reason text not null default '',
    idempotency_key text,
    request_hash bytea,
    constraint bookings_status_is_known check (status in ('held', 'confirmed', 'cancelled', 'expired')),
    constraint bookings_hold_expires check ((status = 'held') <= (hold_expires_at is not null)),
    constraint bookings_cancelled check ((status = 'cancelled') = (cancelled_at is not null)),
    constraint bookings_span check (ends_at between starts_at + interval '30 minutes' and starts_at + interval '60 minutes'),
    constraint bookings_two_people check (host_id <> guest_id)
);
comment on table bookings is 'Holds and bookings. Cancelled, never deleted; a hold that expired is forgotten after a day.';
comment on column bookings.id is 'Also the UID of the calendar event.';
comment on column bookings.service_title is 'As it was when booked.';
comment on column bookings.location is 'Meeting link or place, as it was when booked.';
comment on column bookings.questions is 'Labels of the questions as they were asked.';
comment on column bookings.answers is 'One answer per question, in order.';
comment on column bookings.material_link is 'Where the guest''s document can be read.';
comment on column bookings.sequence is 'RFC 5545 SEQUENCE: grows with each change of the event.';
comment on column bookings.updated_at is 'Last change of the event: DTSTAMP and LAST-MODIFIED.';
comment on column bookings.request_hash is 'SHA-256 of the request that idempotency_key stood for.';
create unique index bookings_idempotency on bookings (guest_id, idempotency_key)
    where idempotency_key is not null;
create index bookings_host on bookings (host_id, starts_at);
create index bookings_guest on bookings (guest_id, starts_at);
create index bookings_service on bookings (service_id);
create index bookings_lapsing on bookings (hold_expires_at) where hold_expires_at is not null;

create table claims (
    booking_id uuid not null references bookings on delete cascade,
    person_id uuid not null references people,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    as_host boolean not null,
    buffer_before_minutes smallint not null,
    buffer_after_minutes smallint not null,
    expires_at timestamptz,
    primary key (booking_id, person_id),
    -- Nobody, in whatever role, is ever in two places.
    constraint claims_no_overlap exclude using gist
        (person_id with =, tstzrange(starts_at, ends_at) with &&)
);
comment on table claims is 'One row per person and booking or hold; gone when the claim is.';
comment on column claims.buffer_before_minutes is 'Quiet time of the host before; 0 for the guest.';
comment on column claims.expires_at is 'Only for holds: from then on the claim does not count.';
create index claims_person on claims (person_id, ends_at);
create index claims_expiring on claims (expires_at) where expires_at is not null;
