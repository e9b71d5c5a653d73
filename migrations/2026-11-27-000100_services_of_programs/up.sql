-- The reference comes with the table that it points to.
alter table services
    add column program_id uuid,
    drop constraint services_duration_in_range,
    add constraint services_duration_in_range check
        (duration_minutes between 30 and 60 or program_id is not null and duration_minutes between 15 and 480);
comment on column services.program_id is 'The program whose rules it follows; empty: the marketplace, where a session takes 30 to 60 minutes.';
