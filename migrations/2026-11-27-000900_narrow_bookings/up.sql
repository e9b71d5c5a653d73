-- What is in settlements and booking_keys now. A server of the version before cannot run beside this one.
alter table bookings
    drop column disputed_at,
    drop column settled_at,
    drop column settled_by,
    drop column absent,
    drop column idempotency_key,
    drop column request_hash;
