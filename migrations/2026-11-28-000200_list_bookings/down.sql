drop index bookings_by_start;
