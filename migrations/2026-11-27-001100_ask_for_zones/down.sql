drop table unconfirmed_zones;
