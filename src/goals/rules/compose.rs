//! What a new plan, edition, theme, initiative and measure must say.

use entity::goals::goal_measure::{Direction, MeasureKind};
use entity::goals::goal_plan::PeriodStyle;
use entity::{GoalThemeId, goals::goal_theme};
use poem_openapi::Object;

use super::LONGEST_WORDS;
use super::document::{EditionHead, PlanHead};
use crate::platform::error::FieldError;
use crate::platform::text::{TextError, free_text, single_line};
use crate::platform::{Error, Result};

/// Longest name.
pub const LONGEST_TITLE: usize = 120;
/// Longest code that stands in an address.
const LONGEST_CODE: usize = 40;
/// Longest number of an initiative (`3.4.1`, `IDX-1`).
const LONGEST_NUMBER: usize = 20;
/// Longest unit.
const LONGEST_UNIT: usize = 10;
/// Fiscal years that a plan may have: those that the schema takes.
const YEARS: std::ops::RangeInclusive<i32> = 1989..=2100;
/// Most fiscal years of one plan.
const LONGEST_PLAN: i32 = 20;

/// A plan with its first edition, a draft.
#[derive(Clone, Debug, Object)]
#[oai(rename = "NewPlanBody")]
pub struct NewPlan {
    /// Small letters, digits and `_`; stands in the public address of the first edition.
    pub code: String,
    pub name_ja: String,
    // Empty: the Japanese name.
    #[oai(default)]
    pub name_en: String,
    /// Fiscal years.
    pub first_year: i32,
    pub last_year: i32,
    pub style: PeriodStyle,
    // Name of the document; empty: the name of the plan.
    #[oai(default)]
    pub document: String,
}

/// The name of the next edition.
#[derive(Clone, Debug, Object)]
#[oai(rename = "EditionName")]
pub struct NewEdition {
    /// Small letters, digits and `_`; stands in public addresses.
    pub code: String,
    pub title_ja: String,
    // Empty: the Japanese title.
    #[oai(default)]
    pub title_en: String,
    // Name of the document that it will be; empty: its title.
    #[oai(default)]
    pub document: String,
}

/// A theme of a draft.
#[derive(Clone, Debug, Default, Object)]
#[oai(rename = "NewThemeBody")]
pub struct NewTheme {
    // Number or code of the policy; empty where the plan has none.
    #[oai(default)]
    pub policy: String,
    #[oai(default)]
    pub policy_title: String,
    pub title_ja: String,
    // Empty: the Japanese title.
    #[oai(default)]
    pub title_en: String,
    /// One a line.
    #[oai(default, rename = "sentences")]
    pub lead: String,
}

/// An initiative of a draft.
#[derive(Clone, Debug, Default, Object)]
#[oai(rename = "NewItemBody")]
pub struct NewItem {
    pub theme_id: Option<GoalThemeId>,
    /// As the document numbers it.
    pub code: String,
    pub title_ja: String,
    // Empty: not translated.
    #[oai(default)]
    pub title_en: String,
    #[oai(default)]
    pub owner: String,
    /// Code of the initiative that is counted instead.
    #[oai(default)]
    pub cross_listed_as: String,
    #[oai(default)]
    pub is_core_index: bool,
    #[oai(default)]
    pub note: String,
}

/// A number that an initiative is measured by.
#[derive(Clone, Debug)]
pub struct NewMeasure {
    pub name_ja: String,
    /// Empty: the Japanese name.
    pub name_en: String,
    pub kind: MeasureKind,
    pub unit: String,
    pub direction: Direction,
    /// As printed; empty: none.
    pub baseline_words: String,
    /// In thousandths of the unit.
    pub baseline_milli: Option<i64>,
    pub baseline_year: Option<i32>,
    /// What a rate is a part of.
    pub denominator: String,
    pub denominator_year: Option<i32>,
}

/// Collects what is wrong while the texts are cleaned.
#[derive(Default)]
struct Reader(Vec<FieldError>);

impl Reader {
    fn wrong(&mut self, field: &str, wording: &'static str) {
        self.0.push(FieldError::new(field, wording));
    }

    fn cleaned(
        &mut self,
        field: &str,
        read: std::result::Result<String, TextError>,
        max: usize,
    ) -> String {
        read.unwrap_or_else(|error| {
            let values = vec![("max", max.to_string())];
            self.0.push(FieldError { field: field.to_owned(), wording: error.key(), values });
            String::new()
        })
    }

    fn line(&mut self, field: &str, text: &str, max: usize) -> String {
        self.cleaned(field, single_line(text, max), max)
    }

    fn text(&mut self, field: &str, text: &str) -> String {
        self.cleaned(field, free_text(text, LONGEST_WORDS), LONGEST_WORDS)
    }

    /// A line that must say something.
    fn needed(&mut self, field: &str, text: &str, max: usize, wording: &'static str) -> String {
        let before = self.0.len();
        let line = self.line(field, text, max);
        if line.is_empty() && self.0.len() == before {
            self.wrong(field, wording);
        }
        line
    }

    /// A code that may stand in an address.
    fn code(&mut self, text: &str) -> String {
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let code = text.trim();
        if code.is_empty() || code.len() > LONGEST_CODE || !code.bytes().all(letters) {
            self.wrong("code", "err.goals.code");
        }
        code.to_owned()
    }

    fn done<T>(self, value: T) -> Result<T> {
        if self.0.is_empty() { Ok(value) } else { Err(Error::Invalid(self.0)) }
    }
}

fn or(text: String, other: &str) -> String {
    if text.is_empty() { other.to_owned() } else { text }
}

/// The head of an edition of this name.
///
/// # Errors
/// `Invalid` for a name that is missing or too long, or a code that cannot stand in an address.
pub fn edition_head(new: &NewEdition) -> Result<EditionHead> {
    let mut read = Reader::default();
    let title_ja = read.needed("title_ja", &new.title_ja, LONGEST_TITLE, "err.goals.title");
    let title_en = read.line("title_en", &new.title_en, LONGEST_TITLE);
    let document = read.line("document", &new.document, LONGEST_TITLE);

    let head = EditionHead {
        code: read.code(&new.code),
        title_en: or(title_en, &title_ja),
        document: or(document, &title_ja),
        title_ja,
        issued_words: String::new(),
        covers: Vec::new(),
    };
    read.done(head)
}

/// A new plan and the head of its first edition.
///
/// # Errors
/// `Invalid` for a name that is missing or too long, a code that cannot stand in an address, or
/// years that are no plan.
pub fn plan(new: &NewPlan) -> Result<(PlanHead, EditionHead)> {
    let mut read = Reader::default();
    let name_ja = read.needed("name_ja", &new.name_ja, LONGEST_TITLE, "err.goals.title");
    let name_en = read.line("name_en", &new.name_en, LONGEST_TITLE);
    let document = read.line("document", &new.document, LONGEST_TITLE);
    let code = read.code(&new.code);

    for (field, year) in [("first_year", new.first_year), ("last_year", new.last_year)] {
        if !YEARS.contains(&year) {
            read.wrong(field, "err.goals.plan_year");
        }
    }
    // In i64: a year far out of range may still be among them.
    let years = i64::from(new.last_year) - i64::from(new.first_year) + 1;
    if read.0.is_empty() && !(1..=i64::from(LONGEST_PLAN)).contains(&years) {
        read.wrong("last_year", "err.goals.plan_years");
    }

    let plan = PlanHead {
        code: code.clone(),
        name_en: or(name_en, &name_ja),
        name_ja,
        first_year: new.first_year,
        last_year: new.last_year,
        style: new.style,
    };
    let edition = EditionHead {
        code,
        title_ja: plan.name_ja.clone(),
        title_en: plan.name_en.clone(),
        document: or(document, &plan.name_ja),
        issued_words: String::new(),
        covers: Vec::new(),
    };

    read.done((plan, edition))
}

/// The theme with cleaned texts.
///
/// # Errors
/// `Invalid` for a title that is missing or too long.
pub fn theme(new: &NewTheme) -> Result<NewTheme> {
    let mut read = Reader::default();
    let title_ja = read.needed("title_ja", &new.title_ja, LONGEST_TITLE, "err.goals.title");
    let title_en = read.line("title_en", &new.title_en, LONGEST_TITLE);
    let theme = NewTheme {
        policy: read.line("policy", &new.policy, LONGEST_NUMBER),
        policy_title: read.line("policy_title", &new.policy_title, LONGEST_TITLE),
        title_en: or(title_en, &title_ja),
        title_ja,
        lead: read.text("sentences", &new.lead),
    };
    read.done(theme)
}

/// The initiative with cleaned texts.
///
/// # Errors
/// `Invalid` for a number or a title that is missing or too long, and for a 再掲 of itself.
pub fn item(new: &NewItem) -> Result<NewItem> {
    let mut read = Reader::default();
    let item = NewItem {
        theme_id: new.theme_id,
        code: read.needed("code", &new.code, LONGEST_NUMBER, "err.goals.number_of_item"),
        title_ja: read.needed("title_ja", &new.title_ja, LONGEST_TITLE, "err.goals.title"),
        title_en: read.line("title_en", &new.title_en, LONGEST_TITLE),
        owner: read.line("owner", &new.owner, LONGEST_TITLE),
        cross_listed_as: read.line("cross_listed_as", &new.cross_listed_as, LONGEST_NUMBER),
        is_core_index: new.is_core_index,
        note: read.text("note", &new.note),
    };

    if !item.code.is_empty() && item.cross_listed_as == item.code {
        read.wrong("cross_listed_as", "err.goals.listed");
    }
    read.done(item)
}

/// The measure with cleaned texts.
///
/// # Errors
/// `Invalid` for a name or a unit that is missing or too long, a measure in words (every
/// initiative has one already), a rate without denominator, and years that are none.
pub fn measure(new: &NewMeasure) -> Result<NewMeasure> {
    let mut read = Reader::default();
    if new.kind == MeasureKind::Text {
        read.wrong("kind", "err.goals.measure_kind");
    }

    let name_ja = read.needed("name_ja", &new.name_ja, LONGEST_TITLE, "err.goals.measure_name");
    let name_en = read.line("name_en", &new.name_en, LONGEST_TITLE);
    let denominator = match new.kind {
        MeasureKind::Rate => {
            read.needed("denominator", &new.denominator, LONGEST_TITLE, "err.goals.denominator")
        }
        _ => read.line("denominator", &new.denominator, LONGEST_TITLE),
    };

    let years = [("baseline_year", new.baseline_year), ("denominator_year", new.denominator_year)];
    for (field, year) in years {
        if year.is_some_and(|year| !YEARS.contains(&year)) {
            read.wrong(field, "err.goals.plan_year");
        }
    }

    let measure = NewMeasure {
        name_en: or(name_en, &name_ja),
        name_ja,
        unit: read.needed("unit", &new.unit, LONGEST_UNIT, "err.goals.unit"),
        baseline_words: read.line("baseline_words", &new.baseline_words, LONGEST_TITLE),
        denominator,
        ..new.clone()
    };
    read.done(measure)
}

/// The number of the next theme of a policy.
pub fn next_theme(themes: &[goal_theme::Model], policy: &str) -> i32 {
    let numbers = themes.iter().filter(|theme| theme.policy == policy).map(|theme| theme.number);
    numbers.max().unwrap_or(0).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields<T: std::fmt::Debug>(result: Result<T>) -> Vec<(String, &'static str)> {
        match result {
            Err(Error::Invalid(errors)) => {
                errors.into_iter().map(|error| (error.field, error.wording)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    fn new_plan() -> NewPlan {
        NewPlan {
            code: "digital".to_owned(),
            name_ja: "デジタル計画".to_owned(),
            name_en: String::new(),
            first_year: 2024,
            last_year: 2026,
            style: PeriodStyle::Year,
            document: String::new(),
        }
    }

    #[test]
    fn a_plan_has_a_name_a_code_and_years() {
        let (head, edition) = plan(&new_plan()).unwrap();
        assert_eq!(
            (head.name_en.as_str(), edition.document.as_str()),
            ("デジタル計画", "デジタル計画")
        );

        let cases = [
            (NewPlan { name_ja: " ".to_owned(), ..new_plan() }, "name_ja", "err.goals.title"),
            (NewPlan { code: "A-1".to_owned(), ..new_plan() }, "code", "err.goals.code"),
            (NewPlan { first_year: 1900, ..new_plan() }, "first_year", "err.goals.plan_year"),
            (NewPlan { last_year: 2023, ..new_plan() }, "last_year", "err.goals.plan_years"),
            (NewPlan { last_year: 2044, ..new_plan() }, "last_year", "err.goals.plan_years"),
        ];
        for (new, field, wording) in cases {
            assert_eq!(fields(plan(&new)), [(field.to_owned(), wording)], "{new:?}");
        }

        assert!(plan(&NewPlan { last_year: 2024, ..new_plan() }).is_ok());
    }

    #[test]
    fn an_initiative_is_not_a_repetition_of_itself() {
        let new = NewItem {
            code: "1.1".to_owned(),
            title_ja: "講習会".to_owned(),
            cross_listed_as: " 1.1 ".to_owned(),
            ..NewItem::default()
        };
        let wrong = ("cross_listed_as".to_owned(), "err.goals.listed");
        assert_eq!(fields(item(&new)), [wrong]);

        let found = item(&NewItem { cross_listed_as: "1.2".to_owned(), ..new }).unwrap();
        assert_eq!(found.cross_listed_as, "1.2");

        let both = [
            ("code".to_owned(), "err.goals.number_of_item"),
            ("title_ja".to_owned(), "err.goals.title"),
        ];
        assert_eq!(fields(item(&NewItem::default())), both);
    }

    #[test]
    fn a_measure_is_a_number_with_a_unit_and_a_rate_says_of_what() {
        let new = NewMeasure {
            name_ja: "参加者".to_owned(),
            name_en: String::new(),
            kind: MeasureKind::Number,
            unit: "人".to_owned(),
            direction: Direction::Up,
            baseline_words: String::new(),
            baseline_milli: None,
            baseline_year: None,
            denominator: String::new(),
            denominator_year: None,
        };
        assert_eq!(measure(&new).unwrap().name_en, "参加者");

        let cases = [
            (NewMeasure { unit: String::new(), ..new.clone() }, "unit", "err.goals.unit"),
            (
                NewMeasure { kind: MeasureKind::Rate, ..new.clone() },
                "denominator",
                "err.goals.denominator",
            ),
            (
                NewMeasure { kind: MeasureKind::Text, ..new.clone() },
                "kind",
                "err.goals.measure_kind",
            ),
            (NewMeasure { baseline_year: Some(3), ..new }, "baseline_year", "err.goals.plan_year"),
        ];
        for (new, field, wording) in cases {
            assert_eq!(fields(measure(&new)), [(field.to_owned(), wording)], "{new:?}");
        }
    }

    #[test]
    fn themes_are_numbered_within_their_policy() {
        let theme = |policy: &str, number| goal_theme::Model {
            id: GoalThemeId(0),
            municipality_id: entity::MunicipalityId(1),
            edition_id: entity::GoalEditionId(1),
            policy: policy.to_owned(),
            policy_title: String::new(),
            number,
            title_ja: String::new(),
            title_en: String::new(),
            lead: String::new(),
        };

        let themes = [theme("1", 1), theme("1", 4), theme("2", 9)];
        assert_eq!(["1", "2", "3"].map(|policy| next_theme(&themes, policy)), [5, 10, 1]);
        assert_eq!(new_theme_title(), "デジタル");
    }

    fn new_theme_title() -> String {
        let new = NewTheme { title_ja: " デジタル ".to_owned(), ..NewTheme::default() };
        theme(&new).unwrap().title_en
    }
}
