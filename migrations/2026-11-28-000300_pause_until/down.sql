alter table profiles drop column paused_until;
