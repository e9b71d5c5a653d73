create index bookings_by_start on bookings (starts_at, id);
