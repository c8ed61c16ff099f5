//! A call knows the booking that it is about: the seat that is read back, and what it left.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

// Of earlier calls it is the booking that the same operator made for the person meanwhile. A call
// that says 「予約した」 and has none stays without: `invariants.sql` names it.
const UP: &str = "
ALTER TABLE inquiry ADD COLUMN booking_id bigint REFERENCES booking (id);
UPDATE inquiry SET booking_id = (
    SELECT MAX(booking.id) FROM booking
    WHERE booking.resident_id = inquiry.resident_id AND booking.booked_by = inquiry.operator_id
        AND booking.state <> 'expired'
        AND booking.created_at >= inquiry.started_at AND booking.created_at <= inquiry.ended_at)
WHERE state = 'closed' AND outcome = 'booked';
";

const DOWN: &str = "
ALTER TABLE inquiry DROP COLUMN booking_id;
";
