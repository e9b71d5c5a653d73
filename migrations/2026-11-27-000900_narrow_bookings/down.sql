alter table bookings
    add column disputed_at timestamptz,
    add column settled_at timestamptz,
    add column settled_by uuid references people,
    add column absent uuid references people,
    add column idempotency_key text,
    add column request_hash bytea;
comment on column bookings.disputed_at is 'Since when what the two say differs and waits for a coordinator.';
comment on column bookings.settled_at is 'When it was settled whether both had come.';
comment on column bookings.settled_by is 'The coordinator; empty: the two agreed, or a week passed.';
comment on column bookings.absent is 'Who did not come.';
comment on column bookings.request_hash is 'SHA-256 of the request that idempotency_key stood for.';
update bookings b set disputed_at = s.disputed_at, settled_at = s.settled_at, settled_by = s.settled_by, absent = s.absent
from settlements s where s.booking_id = b.id;
update bookings b set idempotency_key = k.key, request_hash = k.request_hash from booking_keys k where k.booking_id = b.id;
create index bookings_disputed on bookings (disputed_at) where disputed_at is not null;
create index bookings_absent on bookings (absent, ends_at) where absent is not null;
create unique index bookings_idempotency on bookings (guest_id, idempotency_key) where idempotency_key is not null;
