drop table application_changes;
drop table applications;
drop table seats;
