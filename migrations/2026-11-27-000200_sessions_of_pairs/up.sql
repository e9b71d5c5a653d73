-- The reference comes with the table that it points to; the rows are looked at by the next migration, while others
-- read and write.
alter table bookings
    add column mentorship_id uuid,
    drop constraint bookings_span,
    add constraint bookings_span check (
        ends_at between starts_at + interval '30 minutes' and starts_at + interval '60 minutes'
        or mentorship_id is not null and ends_at between starts_at + interval '15 minutes' and starts_at + interval '8 hours')
        not valid;
comment on column bookings.mentorship_id is 'The pair that it is a session of; empty: the marketplace.';
