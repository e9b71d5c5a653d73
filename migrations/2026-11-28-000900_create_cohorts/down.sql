alter table programs drop column cohort_id, drop column name;
drop table cohorts;
drop table program_staff;
