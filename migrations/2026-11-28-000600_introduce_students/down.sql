drop table introductions;
