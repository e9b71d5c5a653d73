drop index bookings_coming;
drop table reminders;
alter table people drop column reminders;
