-- Limits are per mailbox, however its address is spelled.
create function plain_mailbox(email text) returns text language sql immutable parallel safe as $$
    select replace(regexp_replace(split_part(email, '@', 1), '\+.*$', ''), '.', '') || '@' || split_part(email, '@', 2)
$$;
comment on function plain_mailbox(text) is 'An address without the dots and without what follows a + in front of its @.';
create index sign_in_links_mailbox on sign_in_links (plain_mailbox(email), created_at);
create index join_requests_mailbox on join_requests (plain_mailbox(email)) where decided_at is null;
