drop index join_requests_mailbox;
drop index sign_in_links_mailbox;
drop function plain_mailbox(text);
