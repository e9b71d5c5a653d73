drop trigger claims_of_bookings on claims;
drop trigger bookings_stay_claimed on bookings;
drop trigger bookings_claimed on bookings;
drop function guard_booking_of_claim();
drop function guard_claims_of_booking();
drop function guard_claims(uuid);
drop function problem_of_claims(bookings);
update claims c set expires_at = b.hold_expires_at from bookings b where b.id = c.booking_id and b.status = 'pending';
