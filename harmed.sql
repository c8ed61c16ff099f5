-- Rows that faults of earlier versions have damaged, for `shirube check`. Each statement stands under
-- two lines: what is wrong, and the page on which it is mended. It selects the id of the row and, as
-- `page`, the id that the page's address has. Ids only: no name and no number is selected.

-- A postal code that is none, or not in the form in which codes are kept
-- /people/{page}/edit#postal_code
SELECT id, id AS page FROM resident
WHERE postal_code IS NOT NULL AND (length(postal_code) <> 8 OR substr(postal_code, 4, 1) <> '-'
    OR replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(postal_code,
        '0', ''), '1', ''), '2', ''), '3', ''), '4', ''), '5', ''), '6', ''), '7', ''), '8', ''), '9', '')
        <> '-')
ORDER BY id;

-- A mail address that was shown as fine and to which no mail can be sent
-- /people/{page}/edit#email
SELECT id, id AS page FROM resident
WHERE ((email LIKE '%..%' OR email LIKE '.%' OR email LIKE '%.@%' OR length(email) <> octet_length(email))
    AND (length(email) <> octet_length(email) OR NOT (email LIKE '%@docomo.ne.jp'
        OR email LIKE '%@ezweb.ne.jp' OR email LIKE '%@au.com')))
    OR email NOT LIKE '_%@%_' OR email LIKE '%@%@%' OR email LIKE '% %'
ORDER BY id;

-- A date of birth that nobody can have
-- /people/{page}/edit#birth
SELECT id, id AS page FROM resident
WHERE birth_on < '1868-01-01' OR birth_on > '2100-12-31'
ORDER BY id;

-- A reading of which nothing can be seen
-- /people/{page}/edit#kana
SELECT id, id AS page FROM resident WHERE trim(kana) = '' ORDER BY id;

-- A phone number with something else than digits
-- /people/{page}/edit#phones
SELECT resident_phone.id, resident_phone.resident_id AS page FROM resident_phone
WHERE digits NOT LIKE '0%' OR length(last4) <> 4
    OR replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        digits || last4 || COALESCE(extension, ''),
        '0', ''), '1', ''), '2', ''), '3', ''), '4', ''), '5', ''), '6', ''), '7', ''), '8', ''), '9', '')
        <> ''
ORDER BY resident_phone.id;

-- "No phone" beside the make or kind of a phone: a ガラケー that "no smartphone" erased
-- /people/{page}/edit#device
SELECT id, id AS page FROM resident
WHERE device = 'none' AND (COALESCE(device_carrier, '') <> '' OR COALESCE(device_os, '') <> '')
ORDER BY id;

-- A number added by one Enter, of which nobody asked whose it is (opening and saving the record settles it)
-- /people/{page}/edit#phones
SELECT resident.id, resident.id AS page FROM resident
WHERE EXISTS (SELECT 1 FROM timeline_entry
        WHERE timeline_entry.resident_id = resident.id AND timeline_entry.wording = 'timeline.phone_added'
            AND NOT EXISTS (SELECT 1 FROM audit WHERE audit.action = 'update_resident'
                AND audit.subject = 'resident' AND audit.subject_id = resident.id
                AND audit.at > timeline_entry.at))
    AND (SELECT COUNT(*) FROM resident_phone WHERE resident_phone.resident_id = resident.id) > 1
ORDER BY resident.id;

-- A call that ended with 「予約した」 without any booking of that person in its time
-- /desk?resident={page}
SELECT inquiry.id, inquiry.resident_id AS page FROM inquiry
WHERE inquiry.outcome = 'booked' AND inquiry.resident_id IS NOT NULL AND inquiry.ended_at IS NOT NULL
    AND inquiry.booking_id IS NULL
    AND NOT EXISTS (SELECT 1 FROM booking WHERE booking.resident_id = inquiry.resident_id
        AND booking.created_at <= inquiry.ended_at AND booking.updated_at >= inquiry.started_at)
ORDER BY inquiry.id;

-- A call that ended with 「予約した」 without anybody who could have booked
-- /calls
SELECT id, id AS page FROM inquiry WHERE outcome = 'booked' AND resident_id IS NULL ORDER BY id;

-- A booking that went without a line in its person's history
-- /desk?resident={page}
SELECT booking.id, booking.resident_id AS page FROM booking
WHERE booking.state = 'cancelled' AND NOT EXISTS (SELECT 1 FROM timeline_entry
    WHERE timeline_entry.resident_id = booking.resident_id AND timeline_entry.subject_id = booking.id
        AND timeline_entry.kind = 'booking'
        AND timeline_entry.wording IN ('timeline.cancelled', 'timeline.taken', 'timeline.double_taken', 'timeline.wait_taken',
            'timeline.session_cancelled', 'timeline.session_left'))
ORDER BY booking.id;
