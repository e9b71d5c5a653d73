alter table sessions drop column about;
alter table sessions drop column next;
alter table sign_in_links drop column about;
