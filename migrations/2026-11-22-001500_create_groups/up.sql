alter table services
    add column seats smallint,
    add constraint services_seats_in_range check (seats is null or (seats between 2 and 30 and not approval));
comment on column services.seats is 'How many guests share one session; empty: one.';

create table groups (
    id uuid primary key,
    sequence integer not null default 0
);
comment on table groups is 'Sessions with several guests: one event to the host.';
comment on column groups.id is 'Also the UID of the calendar event, to everybody in it.';
comment on column groups.sequence is 'RFC 5545 SEQUENCE of the host''s event: grows with each guest who comes or goes.';

alter table bookings
    add column group_id uuid references groups,
    add column seat smallint,
    add column seats smallint,
    add constraint bookings_seat_in_group check (num_nonnulls(group_id, seat, seats) in (0, 3) and seat between 1 and seats);
comment on column bookings.group_id is 'The session with several guests that it is a seat in.';
comment on column bookings.seat is 'Which one: each is had by one guest at a time.';
comment on column bookings.seats is 'How many there were when it was booked.';
create unique index bookings_seat on bookings (group_id, seat)
    where status in ('held', 'pending', 'confirmed', 'completed', 'no_show');
create index bookings_of_group on bookings (group_id) where group_id is not null;
create index bookings_group on bookings (service_id, starts_at) where group_id is not null;
