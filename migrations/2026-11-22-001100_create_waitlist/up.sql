create table wishes (
    id uuid primary key,
    guest_id uuid not null references people on delete cascade,
    service_id uuid references services on delete cascade,
    kind text not null,
    topics text[] not null default '{}',
    zone text not null,
    weekly jsonb not null,
    until_on date not null,
    asked_at timestamptz not null,
    ended_at timestamptz,
    booking_id uuid references bookings on delete set null,
    constraint wishes_kind_is_known check (kind in
        ('portfolio', 'resume', 'cover_letter', 'networking', 'job_hunting', 'interview', 'other'))
);
comment on table wishes is 'The waitlist: what students would book as soon as it can be had.';
comment on column wishes.service_id is 'Of one alumnus; empty: anybody who offers this kind.';
comment on column wishes.topics is 'In lower case; an alumnus has one of them. Empty: any.';
comment on column wishes.zone is 'Of weekly and until_on.';
comment on column wishes.weekly is '[{"day": 0 Monday to 6, "from": minutes, "until": minutes}]';
comment on column wishes.ended_at is 'When it was fulfilled, withdrawn or ran out.';
comment on column wishes.booking_id is 'What it was fulfilled with.';
create index wishes_open on wishes (kind) where ended_at is null;
create index wishes_guest on wishes (guest_id, asked_at);
create index wishes_service on wishes (service_id);

create table wish_offers (
    wish_id uuid not null references wishes on delete cascade,
    service_id uuid not null references services on delete cascade,
    starts_at timestamptz not null,
    offered_at timestamptz not null,
    primary key (wish_id, service_id, starts_at)
);
comment on table wish_offers is 'Times that were held for a wish: each once, then it passes on.';

alter table bookings add column wish_id uuid references wishes on delete set null;
comment on column bookings.wish_id is 'The wish that it is held for, or was.';
create index bookings_wish on bookings (wish_id) where wish_id is not null;

create table newly_free (
    person_id uuid primary key references people on delete cascade,
    since timestamptz not null
);
comment on table newly_free is 'Hosts whose free time may have grown, for the waitlist to look at.';
