-- What is in settlements and booking_keys now. A server of the version before cannot run beside this one.
lock table bookings in access exclusive mode;
-- What such a server has written since the two migrations before.
insert into settlements as s (booking_id, disputed_at, settled_at, settled_by, absent)
select id, disputed_at, settled_at, settled_by, absent from bookings where settled_at is not null or disputed_at is not null
on conflict (booking_id) do update set disputed_at = excluded.disputed_at
    where s.settled_at is null and s.disputed_at is distinct from excluded.disputed_at;
insert into booking_keys (guest_id, key, request_hash, booking_id)
select guest_id, idempotency_key, request_hash, id from bookings where idempotency_key is not null
on conflict do nothing;
set constraints all immediate;
alter table bookings
    drop column disputed_at,
    drop column settled_at,
    drop column settled_by,
    drop column absent,
    drop column idempotency_key,
    drop column request_hash;
