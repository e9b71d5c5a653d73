alter table bookings
    drop constraint bookings_span,
    drop column mentorship_id,
    add constraint bookings_span check
        (ends_at between starts_at + interval '30 minutes' and starts_at + interval '60 minutes');
alter table services
    drop constraint services_duration_in_range,
    drop column program_id,
    add constraint services_duration_in_range check (duration_minutes between 30 and 60);
