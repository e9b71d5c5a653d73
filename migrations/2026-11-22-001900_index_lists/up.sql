-- Statements are planned for any status, so that an index for one of them is never taken.
create index bookings_by_status on bookings (status, starts_at);
drop index bookings_coming;
drop index bookings_completed;

create index services_with_files on services (id) where needs_file;

-- The list of people: in the order of names, and by what names and addresses contain.
create index people_by_name on people (name, id);
create index people_words on people using gin (name gin_trgm_ops, email gin_trgm_ops);
