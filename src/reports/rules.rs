//! Pure counting: the same rows give the same figures, however they are put together.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use entity::sessions::session::SessionKind;
use entity::{ResidentId, SessionId, VenueId};
use poem_openapi::Enum;

use crate::platform::FieldError;
use crate::platform::japan::FiscalYear;

/// Most fiscal years of one table.
pub const MOST_YEARS: i32 = 20;

/// How the papers put kinds of sessions together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enum)]
#[oai(rename = "ReportGroup", rename_all = "snake_case")]
pub enum Group {
    /// 講習会
    Class,
    /// 相談会
    Consultation,
    /// 体験会
    Event,
}

impl Group {
    /// In the order of the papers.
    pub const ALL: [Self; 3] = [Self::Class, Self::Consultation, Self::Event];

    /// The group of a kind of session.
    pub const fn of(kind: SessionKind) -> Self {
        match kind {
            SessionKind::ClassBasic | SessionKind::ClassApplied => Self::Class,
            SessionKind::Consultation => Self::Consultation,
            SessionKind::EventGame | SessionKind::EventQuiz | SessionKind::EventWalk => Self::Event,
        }
    }

    /// As addresses and wording keys name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Consultation => "consultation",
            Self::Event => "event",
        }
    }

    /// The group of that name; kinds of sessions are understood too.
    pub fn from_text(text: &str) -> Option<Self> {
        let named = Self::ALL.into_iter().find(|group| group.as_str() == text);
        named.or_else(|| SessionKind::from_text(text).map(Self::of))
    }
}

impl fmt::Display for Group {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A session that was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub id: SessionId,
    pub year: FiscalYear,
    pub group: Group,
    pub venue_id: VenueId,
}

/// One person who took part in one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Participation {
    pub session_id: SessionId,
    pub resident_id: ResidentId,
}

/// The figures of some sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// 回数
    pub sessions: usize,
    /// 場所, each once.
    pub venues: BTreeSet<VenueId>,
    /// 延べ人数
    pub visits: usize,
    /// 実人数
    pub people: usize,
    /// Sessions of which nobody's attendance is recorded: held, or forgotten to be recorded.
    pub unrecorded: usize,
}

/// Counts the sessions that `keep` keeps.
pub fn count(held: &[Held], visits: &[Participation], keep: impl Fn(&Held) -> bool) -> Counts {
    let kept: HashMap<SessionId, &Held> =
        held.iter().filter(|session| keep(session)).map(|session| (session.id, session)).collect();
    let own: Vec<&Participation> =
        visits.iter().filter(|visit| kept.contains_key(&visit.session_id)).collect();
    let people: BTreeSet<ResidentId> = own.iter().map(|visit| visit.resident_id).collect();
    let recorded: BTreeSet<SessionId> = own.iter().map(|visit| visit.session_id).collect();
    Counts {
        sessions: kept.len(),
        venues: kept.values().map(|session| session.venue_id).collect(),
        visits: own.len(),
        people: people.len(),
        unrecorded: kept.len() - recorded.len(),
    }
}

/// The years from `from` to `to`, newest first, as the papers print them.
///
/// # Errors
/// The field to mend: the years are in the wrong order, or too many.
pub fn years(from: FiscalYear, to: FiscalYear) -> Result<Vec<FiscalYear>, FieldError> {
    if from > to {
        return Err(FieldError::new("to", "err.report.order"));
    }
    if to.year() - from.year() >= MOST_YEARS {
        let values = vec![("n", MOST_YEARS.to_string())];
        return Err(FieldError { values, ..FieldError::new("from", "err.report.years") });
    }
    Ok((from.year()..=to.year()).rev().filter_map(FiscalYear::new).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn year(number: i32) -> FiscalYear {
        FiscalYear::new(number).expect("a fiscal year")
    }

    fn held(id: i64, in_year: i32, group: Group, venue: i64) -> Held {
        Held { id: SessionId(id), year: year(in_year), group, venue_id: VenueId(venue) }
    }

    fn visit(session: i64, person: i64) -> Participation {
        Participation { session_id: SessionId(session), resident_id: ResidentId(person) }
    }

    #[test]
    fn a_person_of_two_classes_counts_twice_in_all_and_once_as_a_person() {
        let sessions = [
            held(1, 2024, Group::Class, 1),
            held(2, 2024, Group::Class, 2),
            held(3, 2024, Group::Consultation, 1),
            held(4, 2025, Group::Class, 1),
        ];
        let visits = [visit(1, 7), visit(2, 7), visit(2, 8), visit(3, 7), visit(4, 7)];
        let of = |keep: &dyn Fn(&Held) -> bool| {
            let counts = count(&sessions, &visits, keep);
            (counts.sessions, counts.venues.len(), counts.visits, counts.people, counts.unrecorded)
        };
        let class = |session: &Held| session.group == Group::Class;

        assert_eq!(of(&|s| class(s) && s.year == year(2024)), (2, 2, 3, 2, 0));
        assert_eq!(of(&|s| class(s) && s.year == year(2025)), (1, 1, 1, 1, 0));
        assert_eq!(of(&class), (3, 2, 4, 2, 0), "one person in both years is one person");
        assert_eq!(of(&|_| true), (4, 2, 5, 2, 0), "and one in classes and consultations too");
        assert_eq!(count(&sessions, &[], class).unrecorded, 3);
        assert_eq!(count(&[], &visits, |_| true), Counts::default());
    }

    proptest! {
        #[test]
        fn attendances_add_up_and_persons_never_grow_when_put_together(
            sessions in prop::collection::vec((2020_i32..2025, 0_usize..3, 0_i64..4), 0..12),
            visits in prop::collection::btree_set((0_i64..14, 0_i64..9), 0..60),
        ) {
            let sessions: Vec<Held> = sessions
                .into_iter()
                .enumerate()
                .map(|(id, (year, group, venue))| held(id as i64, year, Group::ALL[group], venue))
                .collect();
            let visits: Vec<Participation> = visits.into_iter().map(|(s, p)| visit(s, p)).collect();

            let all = count(&sessions, &visits, |_| true);
            let parts: Vec<Counts> = (2020..2025)
                .flat_map(|number| Group::ALL.map(|group| (year(number), group)))
                .map(|(year, group)| {
                    count(&sessions, &visits, |s| s.year == year && s.group == group)
                })
                .collect();

            let sum = |of: fn(&Counts) -> usize| parts.iter().map(of).sum::<usize>();
            prop_assert_eq!(all.sessions, sum(|c| c.sessions));
            prop_assert_eq!(all.visits, sum(|c| c.visits));
            prop_assert_eq!(all.unrecorded, sum(|c| c.unrecorded));
            prop_assert!(all.people <= sum(|c| c.people));
            prop_assert!(all.people >= parts.iter().map(|c| c.people).max().unwrap_or(0));
            prop_assert!(all.people <= all.visits);
        }
    }

    #[test]
    fn years_run_from_the_newest_back() {
        let numbers = |from, to| {
            years(year(from), year(to)).map(|all| all.iter().map(|y| y.year()).collect::<Vec<_>>())
        };
        assert_eq!(numbers(2021, 2023), Ok(vec![2023, 2022, 2021]));
        assert_eq!(numbers(2024, 2024), Ok(vec![2024]));
        assert_eq!(numbers(2024, 2023).map_err(|error| error.field), Err("to".to_owned()));
        assert!(numbers(2001, 2020).is_ok());
        assert_eq!(numbers(2000, 2020).map_err(|error| error.field), Err("from".to_owned()));
    }

    #[test]
    fn kinds_are_put_together_as_the_papers_do() {
        for kind in SessionKind::ALL {
            assert!(Group::ALL.contains(&Group::of(*kind)));
        }
        for (text, want) in [
            ("class", Some(Group::Class)),
            ("class_applied", Some(Group::Class)),
            ("event_walk", Some(Group::Event)),
            ("lecture", None),
        ] {
            assert_eq!(Group::from_text(text), want, "{text}");
        }
    }
}
