drop table claims, bookings;
drop extension btree_gist;
