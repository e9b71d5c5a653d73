drop table booking_keys;
