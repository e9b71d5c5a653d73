drop table application_files;
