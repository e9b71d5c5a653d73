drop table feeds, jobs;
