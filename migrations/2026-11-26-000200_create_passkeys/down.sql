alter table sessions drop column challenge;
drop table passkeys;
