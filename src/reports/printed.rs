//! What the papers print of the years before the service, word for word.

use poem_openapi::{Enum, Object};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::rules::Group;
use crate::platform::japan::FiscalYear;
use crate::platform::{Error, Result};

/// Code of Chiyoda.
const CHIYODA: &str = "131016";
/// Code of Yokohama.
const YOKOHAMA: &str = "141003";

const CHIYODA_RESULTS: &str = include_str!("../../seeds/chiyoda/results.csv");
const CHIYODA_FINDINGS: &str = include_str!("../../seeds/chiyoda/findings.csv");
const YOKOHAMA_SESSIONS: &str = include_str!("../../seeds/yokohama/sessions_r4.csv");
const YOKOHAMA_WARDS: &str = include_str!("../../seeds/yokohama/wards.csv");

/// One printed row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    pub year: FiscalYear,
    pub group: Group,
    /// Codes of venues.
    pub venues: Vec<String>,
    /// Code of the programme.
    pub programme: String,
    pub figures: PrintedFigures,
}

/// As a paper prints it.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub struct PrintedFigures {
    pub sessions: i32,
    /// The places as printed.
    pub places: String,
    pub people: i32,
    pub people_unit: PrintedUnit,
    /// Printed as 「約」.
    pub approx: bool,
    /// Codes of the wards that the figure covers together.
    pub wards: Vec<String>,
    /// The paper's own words.
    pub words: String,
    pub source: String,
    /// The places for whoever reads the table: as printed; in English, and where the paper names no
    /// places, the names of its venues and wards.
    #[oai(skip)]
    pub named_places: String,
}

/// What a printed number of people counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum PrintedUnit {
    /// The paper does not say whether 延べ or 実.
    Unknown,
    /// 延べ
    Visits,
    /// 実人数
    People,
}

impl PrintedUnit {
    /// As wording keys and the API name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Visits => "visits",
            Self::People => "people",
        }
    }

    fn from_text(text: &str) -> Self {
        match text {
            "visits" => Self::Visits,
            "people" => Self::People,
            _ => Self::Unknown,
        }
    }
}

/// What a paper says about its figures (▼).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub group: Group,
    pub words: String,
    pub words_en: String,
    /// The paper, as the printed rows name it.
    pub source: String,
}

impl Finding {
    /// Whether it belongs under a table: one that shows a row of the same paper about the same
    /// kind of sessions. A finding of other years would be read as one about the years shown.
    pub fn belongs_to<'a>(&self, rows: impl IntoIterator<Item = &'a Printed>) -> bool {
        rows.into_iter().any(|row| row.group == self.group && row.figures.source == self.source)
    }
}

#[derive(Deserialize)]
struct ResultRow {
    fiscal_year: i32,
    kind: String,
    session_count: i32,
    people: i32,
    people_unit: String,
    venues: String,
    approx: bool,
    words: String,
    source: String,
}

#[derive(Deserialize)]
struct FindingRow {
    group: String,
    words: String,
    words_en: String,
    source: String,
}

#[derive(Deserialize)]
struct SessionsRow {
    code: String,
    fiscal_year: i32,
    kind: String,
    session_count: i32,
    wards: String,
    people_total: i32,
    people_unit: String,
    approx: bool,
    words: String,
    source: String,
}

#[derive(Deserialize)]
struct WardRow {
    code: String,
    municipality_code: String,
}

fn rows<T: DeserializeOwned>(text: &str) -> Result<Vec<T>> {
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize();
    rows.collect::<std::result::Result<_, _>>().map_err(Error::internal)
}

fn list(text: &str) -> Vec<String> {
    text.split('|').filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// The printed rows of a municipality, by its 6-digit code.
///
/// # Errors
/// `Internal` when a file that travels with the program cannot be read.
pub fn results(code: &str) -> Result<Vec<Printed>> {
    match code {
        CHIYODA => rows::<ResultRow>(CHIYODA_RESULTS)?.into_iter().map(of_chiyoda).collect(),
        YOKOHAMA => {
            let wards = rows::<WardRow>(YOKOHAMA_WARDS)?;
            let all = rows::<SessionsRow>(YOKOHAMA_SESSIONS)?.into_iter();
            all.map(|row| of_yokohama(row, &wards)).collect()
        }
        _ => Ok(Vec::new()),
    }
}

fn of_chiyoda(row: ResultRow) -> Result<Printed> {
    let group = group(&row.kind)?;
    // 「R5 15回 区役所、6出張所 156名」: year, sessions, places, people.
    let places = row.words.split(' ').nth(2).unwrap_or_default().to_owned();

    Ok(Printed {
        year: year(row.fiscal_year)?,
        group,
        venues: list(&row.venues),
        programme: match group {
            Group::Class => "classes",
            Group::Consultation => "consultations",
            Group::Event => "events",
        }
        .to_owned(),
        figures: PrintedFigures {
            sessions: row.session_count,
            places,
            people: row.people,
            people_unit: PrintedUnit::from_text(&row.people_unit),
            approx: row.approx,
            wards: Vec::new(),
            words: row.words,
            source: row.source,
            named_places: String::new(),
        },
    })
}

fn of_yokohama(row: SessionsRow, wards: &[WardRow]) -> Result<Printed> {
    let code = |name: String| {
        let ward = wards.iter().find(|ward| ward.code == name)?;
        Some(ward.municipality_code.clone())
    };

    Ok(Printed {
        year: year(row.fiscal_year)?,
        group: group(&row.kind)?,
        venues: Vec::new(),
        programme: row.code,
        figures: PrintedFigures {
            sessions: row.session_count,
            // The paper names wards only.
            places: String::new(),
            people: row.people_total,
            people_unit: PrintedUnit::from_text(&row.people_unit),
            approx: row.approx,
            wards: list(&row.wards).into_iter().filter_map(code).collect(),
            words: row.words,
            source: row.source,
            named_places: String::new(),
        },
    })
}

fn group(kind: &str) -> Result<Group> {
    Group::from_text(kind).ok_or_else(|| Error::internal("a printed kind"))
}

fn year(number: i32) -> Result<FiscalYear> {
    FiscalYear::new(number).ok_or_else(|| Error::internal("a printed year"))
}

/// What the papers say about the figures of a municipality.
///
/// # Errors
/// `Internal` when a file that travels with the program cannot be read.
pub fn findings(code: &str) -> Result<Vec<Finding>> {
    if code != CHIYODA {
        return Ok(Vec::new());
    }
    let all = rows::<FindingRow>(CHIYODA_FINDINGS)?.into_iter();
    all.map(|row| {
        let FindingRow { group: kind, words, words_en, source } = row;
        Ok(Finding { group: group(&kind)?, words, words_en, source })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chiyodas_rows_are_those_of_the_paper() {
        let told: Vec<_> = results(CHIYODA)
            .expect("the file")
            .into_iter()
            .map(|row| {
                let PrintedFigures { sessions, places, people, people_unit, .. } = row.figures;
                (row.year.year(), row.group, sessions, places, people, people_unit)
            })
            .collect();

        let row = |year, group, sessions, places: &str, people| {
            (year, group, sessions, places.to_owned(), people, PrintedUnit::Unknown)
        };
        let want = [
            row(2021, Group::Class, 2, "区役所", 45),
            row(2022, Group::Class, 3, "区役所、麴町・万世橋出張所", 30),
            row(2023, Group::Class, 15, "区役所、6出張所", 156),
            row(
                2023,
                Group::Consultation,
                16,
                "区役所、いきいきプラザ一番町、岩本町ほほえみプラザ",
                85,
            ),
        ];

        assert_eq!(told, want);
        assert_eq!(findings(CHIYODA).expect("the file").len(), 3);
    }

    #[test]
    fn yokohamas_walks_stay_approximate_and_belong_to_three_wards_together() {
        let all = results(YOKOHAMA).expect("the file");
        let [row] = all.as_slice() else { panic!("one row: {all:?}") };
        let walks = &row.figures;
        assert_eq!((walks.sessions, walks.people, walks.approx), (5, 80, true));
        assert_eq!(walks.words, "約80名");
        assert_eq!(walks.wards, ["141119", "141097", "141186"]);
        assert!(results("131105").expect("nothing printed").is_empty());
    }
}
