drop index audit_log_erased;
drop index thanks_at;
drop index booking_notes_at;
drop index booking_changes_with_notes;
drop index bookings_with_words;
