//! Figures of our own records: what is counted, and the rows behind it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use entity::goals::goal_actual::Metric;
use entity::{BookingId, GoalActualId, ResidentId, SessionId};
use serde::{Deserialize, Serialize};

/// A counted number and everything it was counted from. Numbers are in thousandths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    pub milli: i64,
    /// A part of it is only known as about so many.
    pub approx: bool,
    pub rows: Vec<FigureRow>,
}

/// Figures as they stand now, by actual.
pub type LiveFigures = BTreeMap<GoalActualId, Figure>;

/// One row behind a figure: ids, dates and numbers, nobody's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum FigureRow {
    /// A session that took place, and who came.
    Session {
        id: SessionId,
        on: NaiveDate,
        title_ja: String,
        title_en: String,
        /// 全国地方公共団体コード of its ward.
        ward: Option<String>,
        came: Vec<Came>,
    },
    /// Sessions of which a document gives totals only.
    Total {
        document: String,
        words: String,
        sessions: i32,
        people: Option<i32>,
        approx: bool,
        /// What the number of people counts is not stated.
        unit_unknown: bool,
        wards: Vec<String>,
    },
    /// A procedure that works on a smartphone.
    Procedure { rank: i32, name: String, ready_year: i32 },
}

/// Somebody who came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Came {
    pub booking_id: BookingId,
    pub resident_id: ResidentId,
}

/// Counts the rows.
pub fn count(metric: Metric, rows: Vec<FigureRow>) -> Figure {
    let mut wards = BTreeSet::new();
    let mut people = BTreeSet::new();
    let mut approx = false;
    let mut total = 0_i64;

    for row in &rows {
        match row {
            FigureRow::Session { ward, came, .. } => match metric {
                Metric::SessionsHeld => total += 1,
                Metric::DistinctWards => wards.extend(ward.clone()),
                Metric::Attendances => total += came.len() as i64,
                Metric::DistinctPeople => people.extend(came.iter().map(|came| came.resident_id)),
                Metric::ProceduresDone => {}
            },

            FigureRow::Total { sessions, people: number, approx: about, wards: listed, .. } => {
                match metric {
                    Metric::SessionsHeld => total += i64::from(*sessions),
                    Metric::DistinctWards => wards.extend(listed.iter().cloned()),
                    Metric::Attendances => {
                        total += i64::from(number.unwrap_or(0));
                        approx |= *about || number.is_none();
                    }
                    // Nobody can tell who of a total came elsewhere too.
                    Metric::DistinctPeople => approx = true,
                    Metric::ProceduresDone => {}
                }
            }

            FigureRow::Procedure { .. } if metric == Metric::ProceduresDone => total += 1,
            FigureRow::Procedure { .. } => {}
        }
    }

    let count = match metric {
        Metric::DistinctWards => wards.len() as i64,
        Metric::DistinctPeople => people.len() as i64,
        Metric::SessionsHeld | Metric::Attendances | Metric::ProceduresDone => total,
    };
    Figure { milli: count * 1000, approx, rows }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn session(id: i64, ward: &str, people: &[i64]) -> FigureRow {
        let came = |person: &i64| Came {
            booking_id: BookingId(id * 100 + person),
            resident_id: ResidentId(*person),
        };
        FigureRow::Session {
            id: SessionId(id),
            on: NaiveDate::from_ymd_opt(2022, 10, 3).expect("a day"),
            title_ja: String::new(),
            title_en: String::new(),
            ward: Some(ward.to_owned()),
            came: people.iter().map(came).collect(),
        }
    }

    fn total(people: Option<i32>) -> FigureRow {
        FigureRow::Total {
            document: "資料".to_owned(),
            words: "約80名".to_owned(),
            sessions: 5,
            people,
            approx: true,
            unit_unknown: true,
            wards: ["141119", "141097", "141186"].map(str::to_owned).to_vec(),
        }
    }

    #[test]
    fn each_metric_counts_its_own() {
        let rows = vec![
            session(1, "141119", &[1, 2]),
            session(2, "141097", &[2, 3, 4]),
            session(3, "141119", &[]),
        ];

        for (metric, want) in [
            (Metric::SessionsHeld, 3),
            (Metric::DistinctWards, 2),
            (Metric::Attendances, 5),
            (Metric::DistinctPeople, 4),
            (Metric::ProceduresDone, 0),
        ] {
            let figure = count(metric, rows.clone());
            assert_eq!((figure.milli, figure.approx), (want * 1000, false), "{metric}");
        }
    }

    #[test]
    fn a_total_of_a_document_counts_and_stays_approximate() {
        for (metric, want, approx) in [
            (Metric::SessionsHeld, 5, false),
            (Metric::DistinctWards, 3, false),
            (Metric::Attendances, 80, true),
            (Metric::DistinctPeople, 0, true),
        ] {
            let figure = count(metric, vec![total(Some(80))]);
            assert_eq!((figure.milli, figure.approx), (want * 1000, approx), "{metric}");
        }
        assert!(count(Metric::Attendances, vec![total(None)]).approx);
    }

    proptest! {
        #[test]
        fn distinct_people_are_never_more_than_attendances(
            sessions in proptest::collection::vec(proptest::collection::btree_set(0_i64..9, 0..6), 0..8)
        ) {
            let rows: Vec<FigureRow> = sessions
                .iter()
                .enumerate()
                .map(|(at, people)| {
                    let people: Vec<i64> = people.iter().copied().collect();
                    session(at as i64 + 1, ["a", "b", "c"][at % 3], &people)
                })
                .collect();

            let of = |metric| count(metric, rows.clone()).milli;
            prop_assert!(of(Metric::DistinctPeople) <= of(Metric::Attendances));
            prop_assert!(of(Metric::DistinctWards) <= of(Metric::SessionsHeld));
            prop_assert_eq!(of(Metric::SessionsHeld), sessions.len() as i64 * 1000);

            // Taking one attendance away lowers the attendances by exactly one.
            let mut fewer = rows.clone();
            let taken = fewer.iter_mut().find_map(|row| match row {
                FigureRow::Session { came, .. } => came.pop(),
                _ => None,
            });
            let want = of(Metric::Attendances) - if taken.is_some() { 1000 } else { 0 };
            prop_assert_eq!(count(Metric::Attendances, fewer).milli, want);
        }
    }
}
