drop table topic_aliases;
drop table topics;
