drop index people_words;
drop index people_by_name;
drop index services_with_files;
create index bookings_coming on bookings (starts_at) where status = 'confirmed';
create index bookings_completed on bookings (starts_at) where status = 'completed';
drop index bookings_by_status;
