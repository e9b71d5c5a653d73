alter table email_domains drop column ignores_dots;
drop index people_mailbox_without_dots;
drop index people_mailbox;
alter table people drop column mailbox;
