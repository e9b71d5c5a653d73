drop index join_requests_declined;
alter table join_requests drop column reason;
