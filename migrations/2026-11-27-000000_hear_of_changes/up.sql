-- What happened until now was queued for webhooks when it happened.
alter table booking_changes add column is_heard boolean not null default true;
alter table booking_changes alter column is_heard set default false;
comment on column booking_changes.is_heard is 'Whether webhooks have looked at it. A mark in each row, since changes are not committed in the order of their ids.';
create index booking_changes_unheard on booking_changes (id) where not is_heard;
