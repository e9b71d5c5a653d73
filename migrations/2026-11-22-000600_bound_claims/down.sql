alter table claims drop constraint claims_are_within_a_day;
drop index bookings_held;
