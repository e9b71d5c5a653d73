drop index bookings_groups_coming;
