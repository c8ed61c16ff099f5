//! The third column: the path, and the days of its open step.

use super::*;
use crate::notices::message::held;

impl Screen {
    /// The seat that was read back and is gone, by its day and number.
    pub(super) fn gone(&self) -> Option<String> {
        let row = self.board.caller.as_ref()?.gone()?;
        let when = self.moment(&row.span().0);
        Some(self.page.f("desk.gone", &[("when", &when), ("number", &row.number())]))
    }

    pub(super) fn plan(&self, caller: &Caller) -> Vec<PlannedStep> {
        rules::planned_steps(self.shown.path.as_ref(), &caller.proposed.proposal)
    }

    pub(super) fn step_title(&self, step: &PlannedStep) -> String {
        let kind = self.page.word("kind", step.shown.mark.kind.word());
        if step.shown.by_phone { self.page.f1("desk.by_phone", "step", kind) } else { kind }
    }

    pub(super) fn override_word(&self, why: &OverrideReason) -> String {
        self.page.word("path.override", rules::digit_of(OverrideReason::ALL, *why))
    }

    /// Whether the days of this step are the ones that are shown.
    pub(super) fn is_open(&self, at: &usize) -> bool {
        self.offers.as_ref().is_some_and(|(open, _)| open == at)
    }

    /// What the operator has to know of the path besides.
    pub(super) fn plan_notes(&self, caller: &Caller) -> Vec<String> {
        let (page, proposal) = (&self.page, &caller.proposed.proposal);
        let uncovered = proposal
            .uncovered_goals
            .iter()
            .map(|tag| page.f1("goal.uncovered", "tag", page.word("tag", tag.word())));
        let notes = proposal.staff_notes.iter().map(|note| page.pick(&note.ja, &note.en));
        let closing = proposal.closing.iter();
        let closing = closing.map(|closed| page.pick(&closed.reason_ja, &closed.reason_en));
        let others = notes.chain(closing).map(str::to_owned);
        uncovered.chain(others).filter(|note| !note.is_empty()).collect()
    }

    /// The kinds of steps that can be added, each with its word.
    pub(super) fn addable(&self, caller: &Caller) -> Vec<&'static str> {
        let kinds = rules::missing_kinds(self.shown.path.as_ref(), &caller.proposed.proposal);
        kinds.into_iter().map(Answer::word).collect()
    }

    pub(super) fn seats_title(&self, at: &usize, caller: &Caller) -> String {
        let plan = self.plan(caller);
        plan.get(*at).map_or(String::new(), |step| {
            let (number, step) = ((at + 1).to_string(), self.step_title(step));
            self.page.f("desk.seats", &[("number", &number), ("step", &step)])
        })
    }

    /// Whether it is the seat that is kept.
    pub(super) fn keeps(&self, offer: &Offer) -> bool {
        self.kept == Some((offer.row.session.id, offer.slot.as_ref().map(|(slot, _)| slot.id)))
    }

    /// With whom it is, or how many seats are free.
    pub(super) fn free(&self, offer: &Offer) -> String {
        match &offer.slot {
            Some((_, name)) if offer.met => self.page.f1("desk.met", "name", name),
            Some((_, name)) => name.clone(),
            None => self.page.f1("desk.free", "n", offer.row.free),
        }
    }

    pub(super) fn day_label(&self, row: &SessionRow, at: &DateTime<Utc>) -> String {
        let page = &self.page;
        let venue = page.pick(&row.venue.name_ja, &row.venue.name_en);
        let when = rules::short_moment(page.ctx.lang, *at);
        // Times of one consultation day are all about the same, which stands above them.
        if row.session.slot_minutes.is_some() {
            return format!("{when} {venue}");
        }
        let title = held(page.pick(&row.session.title_ja, &row.session.title_en));
        page.f("desk.day", &[("when", &when), ("venue", venue), ("title", &title)])
    }

    /// How many days to leaf on to, and back to.
    pub(super) fn more_days(&self, offers: &Offers) -> Option<usize> {
        offers.more.then_some(self.shown.skip + SEATS_SHOWN)
    }

    pub(super) fn days_before(&self) -> Option<usize> {
        (self.shown.skip > 0).then(|| self.shown.skip.saturating_sub(SEATS_SHOWN))
    }
}
