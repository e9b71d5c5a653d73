-- What has happened until now is not told any more.
alter table application_changes add column is_heard boolean not null default true;
comment on column application_changes.is_heard is 'Whether webhooks have looked at it. A mark in each row, since changes are not committed in the order of their ids.';
create index application_changes_unheard on application_changes (id) where not is_heard;
alter table webhook_deliveries add column application_change_id bigint references application_changes on delete cascade;
alter table webhook_deliveries add constraint webhook_deliveries_one_change
    check (change_id is null or application_change_id is null);
comment on column webhook_deliveries.application_change_id is 'What happened to an application.';
create index webhook_deliveries_application_change on webhook_deliveries (application_change_id)
    where application_change_id is not null;
