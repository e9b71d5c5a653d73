alter table sign_in_links add column about text not null default '';
comment on column sign_in_links.about is 'What they were doing when they were asked to sign in, in words; empty: nothing in particular.';

alter table sessions add column next text not null default '';
alter table sessions add column about text not null default '';
comment on column sessions.next is 'While the address has no account: the page to open once it has.';
comment on column sessions.about is 'While the address has no account: what that page is about, in words.';

create index sign_in_links_errands on sign_in_links (created_at) where about <> '';
create index sessions_errands on sessions (created_at) where about <> '';
