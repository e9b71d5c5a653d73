delete from webhook_deliveries where application_change_id is not null;
alter table webhook_deliveries drop column application_change_id;
alter table application_changes drop column is_heard;
