alter table people add column mailbox text not null
    generated always as (regexp_replace(email, '\+[^@]*@', '@')) stored;
comment on column people.mailbox is 'The address without what follows a +: one mailbox has one account.';
create index people_mailbox on people (mailbox);
create index people_mailbox_without_dots on people (replace(mailbox, '.', ''));
alter table email_domains add column ignores_dots boolean not null default false;
comment on column email_domains.ignores_dots is 'Whether a.b@ and ab@ are one mailbox.';
