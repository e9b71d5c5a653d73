alter table services
    drop constraint services_duration_in_range,
    drop column program_id,
    add constraint services_duration_in_range check (duration_minutes between 30 and 60);
