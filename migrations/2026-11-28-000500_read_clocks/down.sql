alter table people drop column twelve_hours;
