alter table programs drop constraint programs_published_is_there;
drop table program_versions, programs;
