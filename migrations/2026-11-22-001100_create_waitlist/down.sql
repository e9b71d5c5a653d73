drop table newly_free;
drop index bookings_wish;
alter table bookings drop column wish_id;
drop table wish_offers;
drop table wishes;
