-- The references come with the tables that they point to.
alter table services
    add column program_id uuid,
    drop constraint services_duration_in_range,
    add constraint services_duration_in_range check
        (duration_minutes between 30 and 60 or program_id is not null and duration_minutes between 15 and 480);
comment on column services.program_id is 'The program whose rules it follows; empty: the marketplace, where a session takes 30 to 60 minutes.';

alter table bookings
    add column mentorship_id uuid,
    drop constraint bookings_span,
    add constraint bookings_span check (
        ends_at between starts_at + interval '30 minutes' and starts_at + interval '60 minutes'
        or mentorship_id is not null and ends_at between starts_at + interval '15 minutes' and starts_at + interval '8 hours');
comment on column bookings.mentorship_id is 'The pair that it is a session of; empty: the marketplace.';
create index bookings_mentorship on bookings (mentorship_id, starts_at) where mentorship_id is not null;
