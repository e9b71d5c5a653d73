drop index sessions_errands;
drop index sign_in_links_errands;
alter table sessions drop column about;
alter table sessions drop column next;
alter table sign_in_links drop column about;
