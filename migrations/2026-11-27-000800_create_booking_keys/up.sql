create table booking_keys (
    guest_id uuid not null references people,
    key text not null,
    request_hash bytea,
    booking_id uuid not null references bookings on delete cascade,
    primary key (guest_id, key)
);
comment on table booking_keys is 'What a guest''s client called a request to book: the same key again is the same booking.';
comment on column booking_keys.request_hash is 'SHA-256 of the request that the key stood for; empty: a hold that was confirmed.';

insert into booking_keys (guest_id, key, request_hash, booking_id)
select guest_id, idempotency_key, request_hash, id from bookings where idempotency_key is not null;

create index booking_keys_booking on booking_keys (booking_id);
