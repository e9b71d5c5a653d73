alter table bookings drop column nudged_at;
drop table digests;
drop table booking_notes;
drop table booking_agendas;
drop table booking_files;
