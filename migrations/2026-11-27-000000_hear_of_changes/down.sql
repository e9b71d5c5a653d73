alter table booking_changes drop column is_heard;
