-- A search looks for groups with seats left by when they meet.
create index bookings_groups_coming on bookings (starts_at) where group_id is not null;
