drop trigger confirmed_fairly on bookings;
drop trigger booked_fairly on bookings;
drop function keep_fair();
drop table fair_use;
