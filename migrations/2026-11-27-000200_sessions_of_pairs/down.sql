alter table bookings
    drop constraint bookings_span,
    drop column mentorship_id,
    add constraint bookings_span check
        (ends_at between starts_at + interval '30 minutes' and starts_at + interval '60 minutes');
