-- What must never be true, on either database. Each statement selects the rows that break the
-- rule named in the line above it, and no row is the right answer. Run after every test and by
-- `shirube check`.

-- A session counts exactly the bookings that take a seat
SELECT session.id FROM session
LEFT JOIN (SELECT session_id, COUNT(*) AS seats FROM booking
           WHERE state IN ('held', 'confirmed', 'offered') GROUP BY session_id) AS counted
    ON counted.session_id = session.id
WHERE session.taken <> COALESCE(counted.seats, 0);

-- No session gives more seats than it has
SELECT session_id FROM booking JOIN session ON session.id = booking.session_id
WHERE booking.state IN ('held', 'confirmed', 'offered')
GROUP BY session_id, session.capacity HAVING COUNT(*) > session.capacity;

-- One person has one living booking in a session
SELECT session_id, resident_id FROM booking
WHERE state IN ('held', 'confirmed', 'waiting', 'offered')
GROUP BY session_id, resident_id HAVING COUNT(*) > 1;

-- A slot is given once
SELECT slot_id FROM booking WHERE slot_id IS NOT NULL AND state IN ('held', 'confirmed', 'offered')
GROUP BY slot_id HAVING COUNT(*) > 1;

-- A booked slot belongs to the booked session
SELECT booking.id FROM booking JOIN slot ON slot.id = booking.slot_id
WHERE slot.session_id <> booking.session_id;

-- Nobody waits, and no offer stands, in a cancelled session
SELECT booking.id FROM booking JOIN session ON session.id = booking.session_id
WHERE session.state = 'cancelled' AND booking.state IN ('held', 'confirmed', 'waiting', 'offered');

-- A booking that takes a seat takes its person's time from its start
SELECT booking.id FROM booking
JOIN session ON session.id = booking.session_id
LEFT JOIN slot ON slot.id = booking.slot_id
LEFT JOIN resident_busy ON resident_busy.booking_id = booking.id
    AND resident_busy.cell_at = COALESCE(slot.starts_at, session.starts_at)
WHERE booking.state IN ('held', 'confirmed', 'offered') AND resident_busy.booking_id IS NULL;

-- Only a booking that takes a seat takes time, its own person's, within its span
SELECT booking.id FROM resident_busy
JOIN booking ON booking.id = resident_busy.booking_id
JOIN session ON session.id = booking.session_id
LEFT JOIN slot ON slot.id = booking.slot_id
WHERE booking.state NOT IN ('held', 'confirmed', 'offered')
    OR booking.resident_id <> resident_busy.resident_id
    OR resident_busy.cell_at < COALESCE(slot.starts_at, session.starts_at)
    OR resident_busy.cell_at >= COALESCE(slot.ends_at, session.ends_at);

-- Everybody with a seat in the same session or slot length is busy equally long
SELECT session_id FROM (
    SELECT booking.id, booking.session_id, booking.slot_id IS NULL AS whole, COUNT(*) AS cells
    FROM booking JOIN resident_busy ON resident_busy.booking_id = booking.id
    GROUP BY booking.id, booking.session_id, booking.slot_id
) AS counted
GROUP BY session_id, whole HAVING MIN(cells) <> MAX(cells);

-- A planned session takes its room from its start
SELECT session.id FROM session
LEFT JOIN room_busy ON room_busy.session_id = session.id AND room_busy.room_id = session.room_id
    AND room_busy.cell_at = session.starts_at
WHERE session.room_id IS NOT NULL AND session.state = 'planned' AND room_busy.session_id IS NULL;

-- Only a planned session takes a room, its own, within its time
SELECT session.id FROM room_busy JOIN session ON session.id = room_busy.session_id
WHERE session.state <> 'planned' OR session.room_id IS NULL OR session.room_id <> room_busy.room_id
    OR room_busy.cell_at < session.starts_at OR room_busy.cell_at >= session.ends_at;

-- Who teaches a class is busy as long as the class's room
SELECT session.id FROM session
JOIN (SELECT session_id, COUNT(*) AS cells FROM room_busy GROUP BY session_id) AS rooms
    ON rooms.session_id = session.id
JOIN (SELECT assignment.session_id, assignment.id, COUNT(*) AS cells
      FROM assignment JOIN staff_busy ON staff_busy.assignment_id = assignment.id
      GROUP BY assignment.session_id, assignment.id) AS people
    ON people.session_id = session.id
WHERE rooms.cells <> people.cells;

-- An assignment takes its person's time from its start
SELECT assignment.id FROM assignment
LEFT JOIN staff_busy ON staff_busy.assignment_id = assignment.id
    AND staff_busy.staff_id = assignment.staff_id AND staff_busy.cell_at = assignment.starts_at
WHERE staff_busy.assignment_id IS NULL;

-- An assignment takes no time outside its span, and of nobody else
SELECT assignment.id FROM staff_busy JOIN assignment ON assignment.id = staff_busy.assignment_id
WHERE staff_busy.staff_id <> assignment.staff_id
    OR staff_busy.cell_at < assignment.starts_at OR staff_busy.cell_at >= assignment.ends_at;

-- Whoever works at a session works at its time
SELECT assignment.id FROM assignment JOIN session ON session.id = assignment.session_id
WHERE session.state <> 'planned' OR assignment.starts_at < session.starts_at
    OR assignment.ends_at > session.ends_at;

-- A slot lies within its session
SELECT slot.id FROM slot JOIN session ON session.id = slot.session_id
WHERE slot.starts_at < session.starts_at OR slot.ends_at > session.ends_at
    OR slot.municipality_id <> session.municipality_id;

-- A booking, its session and its person belong to one municipality
SELECT booking.id FROM booking
JOIN session ON session.id = booking.session_id
JOIN resident ON resident.id = booking.resident_id
WHERE booking.municipality_id <> session.municipality_id
    OR booking.municipality_id <> resident.municipality_id;

-- What the public applied for came by the web, and belongs to one municipality
SELECT web_application.booking_id FROM web_application
JOIN booking ON booking.id = web_application.booking_id
JOIN resident ON resident.id = web_application.resident_id
WHERE booking.via <> 'web' OR booking.municipality_id <> web_application.municipality_id
    OR resident.municipality_id <> web_application.municipality_id;

-- Nobody is shown in place of somebody who is not shown, or who lives in another municipality
SELECT resident.id FROM resident JOIN resident AS known ON known.id = resident.same_as
WHERE known.same_as IS NOT NULL OR known.municipality_id <> resident.municipality_id;

-- A question is about two people of one municipality
SELECT resident_question.id FROM resident_question
JOIN resident ON resident.id = resident_question.resident_id
JOIN resident AS known ON known.id = resident_question.known_id
WHERE resident.municipality_id <> resident_question.municipality_id
    OR known.municipality_id <> resident_question.municipality_id;

-- A session, its programme and its venue belong to one municipality
SELECT session.id FROM session
JOIN programme ON programme.id = session.programme_id
JOIN venue ON venue.id = session.venue_id
WHERE session.municipality_id <> programme.municipality_id
    OR session.municipality_id <> venue.municipality_id;

-- A line on a timeline belongs to its person's municipality
SELECT timeline_entry.id FROM timeline_entry JOIN resident ON resident.id = timeline_entry.resident_id
WHERE timeline_entry.municipality_id <> resident.municipality_id;

-- A phone number belongs to its person's municipality and ends with its last four digits
SELECT resident_phone.id FROM resident_phone JOIN resident ON resident.id = resident_phone.resident_id
WHERE resident_phone.municipality_id <> resident.municipality_id
    OR substr(resident_phone.digits, length(resident_phone.digits) - 3) <> resident_phone.last4;

-- An inquiry belongs to its person's municipality
SELECT inquiry.id FROM inquiry JOIN resident ON resident.id = inquiry.resident_id
WHERE inquiry.municipality_id <> resident.municipality_id;

-- A path belongs to its person's municipality
SELECT path.id FROM path JOIN resident ON resident.id = path.resident_id
WHERE path.municipality_id <> resident.municipality_id;

-- A step follows a booking of its own person
SELECT path_step.id FROM path_step
JOIN path ON path.id = path_step.path_id
JOIN booking ON booking.id = path_step.booking_id
WHERE booking.resident_id <> path.resident_id;

-- A notice goes to the person of its booking
SELECT notice.id FROM notice JOIN booking ON booking.id = notice.booking_id
WHERE notice.resident_id <> booking.resident_id OR notice.municipality_id <> booking.municipality_id;

-- A notice waits on one rung of its ladder
SELECT notice_id FROM delivery WHERE state IN ('waiting', 'printed')
GROUP BY notice_id HAVING COUNT(*) > 1;

-- Only a seat has an attendance
SELECT id FROM booking WHERE attendance IS NOT NULL AND state <> 'confirmed';

-- A router, its ward and its venue belong to one municipality
SELECT router.id FROM router
LEFT JOIN ward ON ward.id = router.ward_id
LEFT JOIN venue ON venue.id = router.venue_id
WHERE ward.municipality_id <> router.municipality_id
    OR venue.municipality_id <> router.municipality_id
    OR venue.ward_id <> router.ward_id;

-- A router stands as its last change says
SELECT router.id FROM router
LEFT JOIN router_change ON router_change.router_id = router.id
    AND router_change.revision = router.revision
WHERE router_change.id IS NULL OR router_change.state <> router.state
    OR router_change.place_name <> router.place_name;

-- A goal stands under an item, a theme and a plan of one municipality
SELECT goal_item.id FROM goal_item
JOIN goal_edition ON goal_edition.id = goal_item.edition_id
JOIN goal_plan ON goal_plan.id = goal_edition.plan_id
LEFT JOIN goal_theme ON goal_theme.id = goal_item.theme_id
WHERE goal_item.municipality_id <> goal_edition.municipality_id
    OR goal_edition.municipality_id <> goal_plan.municipality_id
    OR (goal_theme.id IS NOT NULL AND goal_theme.edition_id <> goal_item.edition_id);

-- A goal and an actual lie within the years of their plan
SELECT goal_measure.id FROM goal_measure
JOIN goal_item ON goal_item.id = goal_measure.item_id
JOIN goal_edition ON goal_edition.id = goal_item.edition_id
JOIN goal_plan ON goal_plan.id = goal_edition.plan_id
LEFT JOIN goal_cell ON goal_cell.measure_id = goal_measure.id
LEFT JOIN goal_actual ON goal_actual.measure_id = goal_measure.id
WHERE goal_cell.fiscal_year < goal_plan.first_year OR goal_cell.fiscal_year > goal_plan.last_year
    OR goal_actual.fiscal_year < goal_plan.first_year OR goal_actual.fiscal_year > goal_plan.last_year;

-- A cross-listed item names an item of the same edition that is not cross-listed itself
SELECT goal_item.id FROM goal_item
LEFT JOIN goal_item AS counted ON counted.edition_id = goal_item.edition_id
    AND counted.code = goal_item.cross_listed_as AND counted.cross_listed_as IS NULL
WHERE goal_item.cross_listed_as IS NOT NULL AND counted.id IS NULL;

-- A bound actual is frozen exactly when its edition is published
SELECT goal_actual.id FROM goal_actual
JOIN goal_measure ON goal_measure.id = goal_actual.measure_id
JOIN goal_item ON goal_item.id = goal_measure.item_id
JOIN goal_edition ON goal_edition.id = goal_item.edition_id
LEFT JOIN goal_frozen ON goal_frozen.actual_id = goal_actual.id
WHERE (goal_frozen.id IS NOT NULL) <> (goal_actual.metric IS NOT NULL AND goal_edition.state = 'published');

-- A published edition is not changed any more
SELECT goal_change.id FROM goal_change
JOIN goal_item ON goal_item.id = goal_change.item_id
JOIN goal_edition ON goal_edition.id = goal_item.edition_id
WHERE goal_change.changed_at > goal_edition.published_at;

-- A follow-up belongs to the person and the municipality of its class
SELECT follow_up.id FROM follow_up
JOIN booking ON booking.id = follow_up.booking_id
JOIN resident ON resident.id = follow_up.resident_id
WHERE booking.resident_id <> follow_up.resident_id
    OR resident.municipality_id <> follow_up.municipality_id
    OR booking.municipality_id <> follow_up.municipality_id;

-- A follow-up that is not over covers a class, and only classes of its person
SELECT follow_up.id FROM follow_up
LEFT JOIN follow_up_booking ON follow_up_booking.follow_up_id = follow_up.id
LEFT JOIN booking ON booking.id = follow_up_booking.booking_id
WHERE (follow_up.state IN ('waiting', 'asked', 'calling') AND booking.id IS NULL)
    OR booking.resident_id <> follow_up.resident_id;

-- A follow-up counts the calls that were made for it
SELECT follow_up.id FROM follow_up WHERE attempts <>
    (SELECT COUNT(*) FROM survey_call WHERE survey_call.follow_up_id = follow_up.id);

-- Answers at a class belong to the person of the booking
SELECT class_answers.id FROM class_answers JOIN booking ON booking.id = class_answers.booking_id
WHERE booking.resident_id <> class_answers.resident_id
    OR booking.municipality_id <> class_answers.municipality_id;

-- What surveys found belongs to the person's municipality
SELECT path_evidence.resident_id FROM path_evidence
JOIN resident ON resident.id = path_evidence.resident_id
WHERE resident.municipality_id <> path_evidence.municipality_id;

-- The lines of a submitted budget add up to its total
SELECT application_version.id FROM application_version
LEFT JOIN (SELECT version_id, SUM(yen) AS yen FROM budget_line GROUP BY version_id) AS lines
    ON lines.version_id = application_version.id
WHERE application_version.total_yen <> COALESCE(lines.yen, 0);

-- A submitted version has goals, fixed before the start
SELECT application_version.id FROM application_version
LEFT JOIN project_goal ON project_goal.version_id = application_version.id
WHERE project_goal.version_id IS NULL;

-- Advance, rest and repayment of a project are the sums of its payments
SELECT project.id FROM project
LEFT JOIN (SELECT project_id,
           SUM(CASE WHEN kind = 'advance' THEN yen ELSE 0 END) AS advanced,
           SUM(CASE WHEN kind = 'rest' THEN yen ELSE 0 END) AS rest,
           SUM(CASE WHEN kind = 'repayment' THEN yen ELSE 0 END) AS repaid
           FROM payment GROUP BY project_id) AS paid ON paid.project_id = project.id
WHERE project.advanced_yen <> COALESCE(paid.advanced, 0)
    OR project.rest_yen <> COALESCE(paid.rest, 0) OR project.repaid_yen <> COALESCE(paid.repaid, 0);

-- Nothing is paid before the grant decision
SELECT payment.id FROM payment JOIN project ON project.id = payment.project_id
WHERE project.granted_on IS NULL OR payment.paid_on < project.granted_on;

-- No more is granted than was adopted
SELECT project.id FROM project
LEFT JOIN project_decision ON project_decision.project_id = project.id
WHERE project.granted_yen > COALESCE(project_decision.adopted_yen, 0);

-- The amount is fixed within the costs of the report less the own part
SELECT project.id FROM project
JOIN application_version ON application_version.project_id = project.id AND application_version.number
    = (SELECT MAX(number) FROM application_version AS other WHERE other.project_id = project.id)
LEFT JOIN (SELECT project_id, SUM(actual_yen) AS yen FROM cost_result GROUP BY project_id) AS costs
    ON costs.project_id = project.id
WHERE project.fixed_yen > 0 AND project.fixed_yen > COALESCE(costs.yen, 0) - application_version.own_yen;

-- A decision is about a version of its own project
SELECT project_decision.project_id FROM project_decision
JOIN application_version ON application_version.id = project_decision.version_id
WHERE application_version.project_id <> project_decision.project_id;

-- Nobody with a conflict of interest, or without a declaration, has scored
SELECT review_score.version_id, review_score.staff_id FROM review_score
JOIN application_version ON application_version.id = review_score.version_id
LEFT JOIN reviewer ON reviewer.project_id = application_version.project_id
    AND reviewer.staff_id = review_score.staff_id
WHERE reviewer.has_conflict IS NULL OR reviewer.has_conflict;

-- A project, its round and its ward belong to one municipality
SELECT project.id FROM project
JOIN subsidy_round ON subsidy_round.id = project.round_id
JOIN ward ON ward.id = project.ward_id
WHERE project.municipality_id <> subsidy_round.municipality_id
    OR project.municipality_id <> ward.municipality_id;

-- No line of projects runs in a circle: a parent is older than its child
SELECT project.id FROM project JOIN project AS parent ON parent.id = project.parent_id
WHERE parent.id >= project.id OR parent.municipality_id <> project.municipality_id;

-- A project's session takes place in its ward, and a commissioned study has none
SELECT project_session.session_id FROM project_session
JOIN project ON project.id = project_session.project_id
JOIN session ON session.id = project_session.session_id
WHERE session.ward_id IS NULL OR session.ward_id <> project.ward_id OR project.kind = 'study'
    OR session.municipality_id <> project.municipality_id;

-- 定着 of a project is counted with a report that went out, and each count has its day
SELECT project_retention.project_id FROM project_retention
LEFT JOIN project_report ON project_report.project_id = project_retention.project_id
WHERE project_report.submitted_at IS NULL
    OR (project_retention.stage = 'report' AND project_report.retention_on IS NULL)
    OR (project_retention.stage = 'last' AND project_report.retention_last_on IS NULL);

-- A model has its practice
SELECT project.id FROM project LEFT JOIN practice ON practice.project_id = project.id
WHERE project.state = 'model' AND practice.id IS NULL;

-- Only a cancelled booking was taken from somebody, and an act took it
SELECT id FROM booking
WHERE (taken_from IS NOT NULL AND (state <> 'cancelled' OR taken_by IS NULL))
    OR (taken_from IS NULL AND (taken_by IS NOT NULL OR kept_until IS NOT NULL));

-- A call names a booking of its own person
SELECT inquiry.id FROM inquiry JOIN booking ON booking.id = inquiry.booking_id
WHERE inquiry.state = 'closed' AND (inquiry.resident_id IS NULL
    OR inquiry.resident_id <> booking.resident_id
    OR inquiry.municipality_id <> booking.municipality_id);
