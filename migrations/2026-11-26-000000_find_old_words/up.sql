-- What people wrote is forgotten some time after a session; these find it without looking at all else.
create index bookings_with_words on bookings (ends_at)
    where goals <> '' or help_wanted <> '' or answers <> '{}' or material_link <> '' or asked_for_more <> '' or cancel_reason <> '';
create index booking_changes_with_notes on booking_changes (at) where note <> '';
create index booking_notes_at on booking_notes (at);
create index thanks_at on thanks (at);
create index audit_log_erased on audit_log (at) where action = 'person_erased';
