drop table webhook_deliveries;
drop table webhooks;
alter table booking_changes drop column status;
