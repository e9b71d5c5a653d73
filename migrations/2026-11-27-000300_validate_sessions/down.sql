alter table bookings
    drop constraint bookings_span,
    add constraint bookings_span check (
        ends_at between starts_at + interval '30 minutes' and starts_at + interval '60 minutes'
        or mentorship_id is not null and ends_at between starts_at + interval '15 minutes' and starts_at + interval '8 hours')
        not valid;
