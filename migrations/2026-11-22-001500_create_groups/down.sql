drop index bookings_group;
drop index bookings_of_group;
drop index bookings_seat;
alter table bookings drop constraint bookings_seat_in_group, drop column seats, drop column seat, drop column group_id;
drop table groups;
alter table services drop constraint services_seats_in_range, drop column seats;
