-- What happened until now was queued for webhooks when it happened, and so is what a server of the version before
-- still writes while both run: it leaves the column as it is.
alter table booking_changes add column is_heard boolean not null default true;
comment on column booking_changes.is_heard is 'Whether webhooks have looked at it. A mark in each row, since changes are not committed in the order of their ids.';
create index booking_changes_unheard on booking_changes (id) where not is_heard;
