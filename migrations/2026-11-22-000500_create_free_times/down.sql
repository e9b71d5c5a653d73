drop trigger listing_follows on services;
drop trigger listing_follows on profiles;
drop trigger listing_follows on people;
drop function listing_follows;
drop function refresh_listing;
drop table listings, vocabulary, free_time_hosts, free_times;
drop function count_words;
alter table availability drop column wished_per_month;
drop extension pg_trgm;
