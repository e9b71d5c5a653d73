drop table milestones_done;
drop table attendances;
drop table activities;
drop table posts;
