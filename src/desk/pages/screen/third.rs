//! The third column: the path, and the days of its open step.

use super::*;
use crate::notices::message::held;

pub(super) fn plan(
    page: &Page,
    person: &Person,
    shown: &Shown,
    open: Option<usize>,
) -> Vec<PlanRow> {
    let proposal = &person.proposed.proposal;
    let steps = rules::shown_steps(shown.path.as_ref(), proposal);
    let accepted = rules::accepted_steps(shown.path.as_ref(), proposal);

    let rows = steps.iter().zip(&accepted).enumerate().map(|(at, (step, kept))| {
        let why = kept.override_reason.and_then(|why| {
            let number = OverrideReason::ALL.iter().position(|known| *known == why)? + 1;
            Some(page.t(&format!("path.override.{number}")).to_owned())
        });
        PlanRow {
            number: at + 1,
            index: at,
            title: match step.by_phone {
                true => page.f1("desk.by_phone", "step", page.t(&kind_key(step.mark.kind))),
                false => page.t(&kind_key(step.mark.kind)).to_owned(),
            },
            // The same reason for several steps is said at the first of them.
            why: match at.checked_sub(1).and_then(|before| accepted.get(before)) {
                Some(before) if before.reason_ja == kept.reason_ja => String::new(),
                _ => page.pick(&kept.reason_ja, &kept.reason_en).to_owned(),
            },
            changed: why,
            has_days: is_session(step.mark.kind),
            open: open == Some(at),
        }
    });

    rows.collect()
}

pub(super) fn kind_key(kind: StepKind) -> String {
    format!("kind.{}", kind.word())
}

pub(super) fn is_session(kind: StepKind) -> bool {
    !matches!(kind, StepKind::PracticeApp | StepKind::Survey)
}

pub(super) fn plan_notes(page: &Page, person: &Person) -> Vec<String> {
    let proposal = &person.proposed.proposal;
    let uncovered = proposal
        .uncovered_goals
        .iter()
        .map(|tag| page.f1("goal.uncovered", "tag", page.t(&format!("tag.{}", tag.word()))));
    let notes = proposal.staff_notes.iter().map(|note| page.pick(&note.ja, &note.en).to_owned());
    let closing = proposal
        .closing
        .iter()
        .map(|closed| page.pick(&closed.reason_ja, &closed.reason_en).to_owned());
    uncovered.chain(notes).chain(closing).filter(|note| !note.is_empty()).collect()
}

pub(super) fn addable(
    page: &Page,
    person: Option<&Person>,
    shown: &Shown,
) -> Vec<(String, String)> {
    let Some(person) = person else { return Vec::new() };
    let steps = rules::shown_steps(shown.path.as_ref(), &person.proposed.proposal);
    let missing = StepKind::ALL.iter().filter(|kind| steps.iter().all(|s| s.mark.kind != **kind));
    missing.map(|kind| (kind.word().to_owned(), page.t(&kind_key(*kind)).to_owned())).collect()
}

pub(super) fn seats(
    page: &Page,
    staff_id: StaffId,
    board: &Board,
    shown: &Shown,
    at: usize,
    offers: &Offers,
) -> Seats {
    let held = board.person.as_ref().and_then(|person| person.held(staff_id, page.ctx.now));
    let held = held.map(|row| (row.booking.session_id, row.booking.slot_id));

    let row = |(index, offer): (usize, &Offer)| {
        let session = &offer.row.session;
        let slot = offer.slot.as_ref().map(|(slot, _)| slot);
        SeatRow {
            digit: index + 1,
            value: match slot {
                Some(slot) => format!("{}-{}", session.id, slot.id),
                None => session.id.to_string(),
            },
            label: day_label(
                page,
                &offer.row,
                slot.map_or(session.starts_at, |slot| slot.starts_at),
            ),
            free: match &offer.slot {
                Some((_, name)) if offer.met => page.f1("desk.met", "name", name),
                Some((_, name)) => name.clone(),
                None => page.f1("desk.free", "n", offer.row.free),
            },
            on: held == Some((session.id, slot.map(|slot| slot.id))),
        }
    };

    let wait = offers.full.as_ref().map(|full| SeatRow {
        digit: 9,
        value: format!("wait-{}", full.session.id),
        label: page.f1("desk.wait", "day", day_label(page, full, full.session.starts_at)),
        free: page.f1("desk.waiting", "n", full.waiting),
        on: false,
    });

    let plan = board.person.as_ref().map_or(Vec::new(), |person| plan(page, person, shown, None));
    Seats {
        title: plan.get(at).map_or(String::new(), |step| {
            page.f("desk.seats", &[("number", &step.number.to_string()), ("step", &step.title)])
        }),
        rows: offers.shown.iter().enumerate().map(row).collect(),
        wait,
        more: offers.more.then_some(shown.skip + SEATS_SHOWN),
        back: (shown.skip > 0).then(|| shown.skip.saturating_sub(SEATS_SHOWN)),
    }
}

pub(super) fn day_label(
    page: &Page,
    row: &SessionRow,
    at: chrono::DateTime<chrono::Utc>,
) -> String {
    let venue = page.pick(&row.venue.name_ja, &row.venue.name_en);
    let when = words::short_moment(page.ctx.lang, at);
    // Times of one consultation day are all about the same, which stands above them.
    if row.session.slot_minutes.is_some() {
        return format!("{when} {venue}");
    }
    let title = held(page.pick(&row.session.title_ja, &row.session.title_en));
    page.f("desk.day", &[("when", &when), ("venue", venue), ("title", &title)])
}
