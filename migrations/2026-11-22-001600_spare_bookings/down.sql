drop index bookings_seat;
create unique index bookings_seat on bookings (group_id, seat)
    where status in ('held', 'pending', 'confirmed', 'completed', 'no_show');
-- keep_fair decides as before.
