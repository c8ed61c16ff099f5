//! What all pages of a project show: head and tabs, words, sections.

use std::collections::HashMap;
use std::fmt::Display;

use chrono::{DateTime, Utc};
use entity::subsidies::application_section::Section;
use entity::subsidies::project::{ProjectKind, ProjectState};
use entity::subsidies::subsidy_round;
use entity::{ProjectId, StaffId};

use crate::platform::japan::time::local_date;
use crate::platform::japan::{amount, day};
use crate::platform::web::Page;
use crate::platform::web::door::{Right, Visit};
use crate::platform::{App, Result, Scope};
use crate::staff;
use crate::subsidies::access::{Applying, Reading, Reviewing};
use crate::subsidies::queries::{self, ProjectRow, RetentionItem};
use crate::subsidies::rules::compare::{Difference, compare};
use crate::subsidies::rules::figure::show_yen;
use crate::subsidies::rules::report::Counted;
use crate::subsidies::rules::review::may_decide;
use crate::subsidies::rules::sections::{Application, Content, Kind, budget, form};

/// The wording key of a label, and what stands beside it.
pub type Fact = (&'static str, String);

/// Words of this room, for templates too.
impl Page {
    /// 「120,000円」.
    pub fn yen(&self, yen: &i64) -> String {
        self.f1("project.yen", "yen", show_yen(*yen))
    }

    /// A figure, or that nobody knows it.
    pub fn known(&self, figure: &Option<impl Display>) -> String {
        match figure {
            Some(figure) => figure.to_string(),
            None => self.t("results.none").to_owned(),
        }
    }

    /// An amount, or that nobody knows it.
    pub fn known_yen(&self, yen: &Option<i64>) -> String {
        self.known(&yen.map(|yen| self.yen(&yen)))
    }

    /// The day of a moment, with its year: projects run over years.
    pub fn dated(&self, at: &DateTime<Utc>) -> String {
        self.ctx.lang.long_day(local_date(*at))
    }
}

/// Whoever came to a page of this room, and what they are here.
pub struct Asker {
    pub page: Page,
    pub app: App,
    /// What may be read.
    pub scope: Scope,
    pub is_headquarters: bool,
    /// What may be written as a ward.
    pub applies: Option<Scope>,
}

impl Asker {
    /// By whatever right they came in.
    ///
    /// # Errors
    /// As [`Reading`].
    pub fn of<R: Right>(visit: Visit<R>) -> Result<Self> {
        let Visit { page, by } = visit;
        Ok(Self {
            scope: Reading::scope(&by.ctx)?,
            is_headquarters: Reviewing::scope(&by.ctx).is_ok(),
            applies: Applying::scope(&by.ctx).ok(),
            app: by.app,
            page,
        })
    }

    /// Whether the asker writes this project as its ward.
    pub fn is_ward_of(&self, row: &ProjectRow) -> bool {
        self.applies.as_ref().is_some_and(|scope| queries::is_own(scope, &row.project))
    }

    /// Why the asker, of headquarters, takes none of its steps here; none: they are taken.
    pub async fn barred(&self, row: &ProjectRow) -> Result<Option<String>> {
        let ctx = &self.page.ctx;
        let (Some(me), true) = (ctx.staff_id(), self.is_headquarters) else { return Ok(None) };
        let (db, project, today) = (self.app.store().reader(), &row.project, ctx.today());
        let standing = queries::standing(db, &self.scope, project, me, today).await?;
        let refusal = may_decide(project.ward_id, &standing).err();
        Ok(refusal.map(|refusal| self.page.word("refused", refusal.code())))
    }

    /// Whether the asker sees what stays with headquarters: nobody of the applying ward.
    pub fn is_office_of(&self, row: &ProjectRow) -> bool {
        self.is_headquarters && !self.is_ward_of(row)
    }

    /// Whether the asker sees what stays between the ward and headquarters.
    pub fn is_inside(&self, row: &ProjectRow) -> bool {
        queries::is_own(&self.scope, &row.project)
    }
}

/// A part of the project's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Overview,
    Application,
    Review,
    Money,
    Report,
}

/// The parts in their order: the end of the address, and the wording key of the name.
const TABS: &[(Tab, &str, &str)] = &[
    (Tab::Overview, "", "project.tab.overview"),
    (Tab::Application, "/application", "project.tab.application"),
    (Tab::Review, "/review", "project.tab.review"),
    (Tab::Money, "/money", "project.tab.money"),
    (Tab::Report, "/report", "project.tab.report"),
];

pub struct TabLink {
    pub href: String,
    pub key: &'static str,
    pub is_here: bool,
}

/// Head of a project's page.
pub struct Head {
    pub id: ProjectId,
    pub title: String,
    pub ward: String,
    pub round: String,
    pub kind: ProjectKind,
    pub state: ProjectState,
    pub tabs: Vec<TabLink>,
    /// Why the asker takes no step of headquarters here.
    pub bar: Option<String>,
    tab: Tab,
}

impl Head {
    pub fn new(asker: &Asker, row: &ProjectRow, tab: Tab) -> Self {
        let (page, id) = (&asker.page, row.project.id);
        // The review stays between the ward and headquarters.
        let shown = TABS.iter().filter(|(own, ..)| *own != Tab::Review || asker.is_inside(row));
        let link = |(own, end, key): &(Tab, &str, &'static str)| TabLink {
            href: format!("/projects/{id}{end}"),
            key,
            is_here: *own == tab,
        };

        Self {
            id,
            title: row.project.title.clone(),
            ward: page.pick(&row.ward.name_ja, &row.ward.name_en).to_owned(),
            round: round_name(page, &row.round),
            kind: row.project.kind,
            state: row.project.state,
            tabs: shown.map(link).collect(),
            bar: None,
            tab,
        }
    }

    /// With why the asker takes no step of headquarters here.
    pub fn barred(self, bar: Option<String>) -> Self {
        Self { bar, ..self }
    }

    /// For the template.
    pub fn state_class(&self) -> &'static str {
        state_class(self.state)
    }

    /// Key of the name of this tab, when it is not the first one.
    pub fn tab_name(&self) -> Option<&'static str> {
        let here = self.tabs.iter().find(|tab| tab.is_here)?;
        (self.tab != Tab::Overview).then_some(here.key)
    }
}

/// 「令和8年度（2026年度）」 and the round's name.
pub fn round_name(page: &Page, round: &subsidy_round::Model) -> String {
    format!("{} {}", page.fiscal_year(&round.fiscal_year), round.name)
}

pub fn state_class(state: ProjectState) -> &'static str {
    use ProjectState as S;
    match state {
        S::Draft | S::Submitted | S::Conditional => "status-wait",
        S::InReview | S::Adopted | S::Granted | S::Running | S::Reported | S::Fixed => "status-now",
        S::Settled | S::Verified | S::Model => "status-ok",
        S::Returned | S::ReportReturned => "status-late",
        S::Rejected | S::Withdrawn | S::Stopped => "status-off",
    }
}

/// When 定着 was counted: 「報告のとき（2024年7月12日（金曜日））」.
pub fn stage_word(page: &Page, line: &RetentionItem) -> String {
    let day = line.counted_on.map(|on| page.long_day(&on)).unwrap_or_default();
    page.f1(&format!("results.stage.{}", line.stage), "day", day)
}

/// One of the counts.
type Count = fn(Counted) -> i64;

/// What is counted of people: the wording key, and which count.
pub const COUNTS: &[(&str, Count)] = &[
    ("results.session_count", |counted| counted.sessions),
    ("results.attendances", |counted| counted.attendances),
    ("results.persons", |counted| counted.persons),
];

/// The amount, or that the paper does not tell it, or that it is not decided.
pub fn yen_or_word(page: &Page, yen: Option<i64>, source: Option<&String>) -> String {
    match (yen, source) {
        (Some(yen), _) => page.yen(&yen),
        (None, Some(_)) => page.t("project.not_in_paper").to_owned(),
        (None, None) => page.t("project.not_decided").to_owned(),
    }
}

/// One text of a section; `label` is a wording key.
pub struct TextView {
    pub label: &'static str,
    pub value: String,
    pub is_long: bool,
}

/// One column of a section; `label` is a wording key.
pub struct ColumnView {
    pub label: &'static str,
    pub is_number: bool,
}

#[derive(Clone)]
pub struct CellView {
    pub value: String,
    pub is_number: bool,
}

/// A section as it is read.
pub struct SectionView {
    pub section: Section,
    pub name: String,
    pub texts: Vec<TextView>,
    pub columns: Vec<ColumnView>,
    pub rows: Vec<Vec<CellView>>,
    pub total: String,
}

impl SectionView {
    pub fn new(page: &Page, section: Section, content: &Content) -> Self {
        let form = form(section);
        let shown = |kind: Kind, value: &str| {
            let said = match kind {
                Kind::Yen => amount::yen(value).ok().map(show_yen),
                Kind::Day => day::read(value).ok().map(|day| page.long_day(&day)),
                _ => None,
            };
            said.unwrap_or_else(|| value.to_owned())
        };
        let number = |kind: Kind| matches!(kind, Kind::Yen | Kind::Figure | Kind::Count);

        let texts = form.texts.iter().map(|text| TextView {
            label: text.label,
            value: shown(text.kind, content.text(text.name)),
            is_long: text.kind == Kind::Long,
        });
        let columns = form
            .columns
            .iter()
            .map(|column| ColumnView { label: column.label, is_number: number(column.kind) });
        let rows = content.rows.iter().map(|row| {
            let cells = form.columns.iter().zip(row).map(|(column, cell)| CellView {
                value: shown(column.kind, cell),
                is_number: number(column.kind),
            });
            cells.collect()
        });

        let total = if section == Section::Budget && !content.rows.is_empty() {
            budget_words(page, content)
        } else {
            String::new()
        };

        Self {
            section,
            name: page.word("project.section", section),
            texts: texts.collect(),
            columns: columns.collect(),
            rows: rows.collect(),
            total,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.texts.iter().all(|text| text.value.is_empty())
    }
}

/// 「合計 300,000円、自己負担 50,000円、申請する額 250,000円」.
pub fn budget_words(page: &Page, content: &Content) -> String {
    let sums = budget(content);
    page.f(
        "apply.budget.sums",
        &[
            ("total", &show_yen(sums.total)),
            ("own", &show_yen(sums.own)),
            ("requested", &show_yen(sums.requested())),
        ],
    )
}

/// All sections of an application as they are read.
pub fn section_views(page: &Page, whole: &Application) -> Vec<SectionView> {
    let empty = Content::default();
    let of = |section: &Section| whole.get(section.as_str()).unwrap_or(&empty);
    Section::ALL.iter().map(|section| SectionView::new(page, *section, of(section))).collect()
}

/// Names of staff, for questions and answers.
pub async fn names(asker: &Asker, ids: Vec<StaffId>) -> Result<HashMap<StaffId, String>> {
    staff::queries::names(asker.app.store().reader(), &ids).await
}

/// What differs between two applications at one place.
pub(super) struct DifferenceLine {
    pub place: String,
    pub old: String,
    pub new: String,
}

/// The differences between two applications, in the order of the form.
pub(super) fn difference_lines(
    page: &Page,
    old: &Application,
    new: &Application,
) -> Vec<DifferenceLine> {
    let line = |difference: Difference| {
        let section = page.word("project.section", difference.section);
        let place = match difference.label {
            Some(label) => format!("{section}{}{}", page.pick("：", ": "), page.t(label)),
            None => section,
        };
        let shown = |text: &str| match difference.section {
            Section::Budget => {
                let part =
                    |part: &str| amount::yen(part).map_or_else(|_| part.to_owned(), show_yen);
                text.split(" / ").map(part).collect::<Vec<_>>().join(" / ")
            }
            _ => text.to_owned(),
        };
        DifferenceLine { place, old: shown(&difference.old), new: shown(&difference.new) }
    };
    compare(old, new).into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::words::exists;
    use entity::subsidies::payment::PaymentKind;
    use entity::subsidies::practice_step::SpreadState;
    use entity::subsidies::project_change::{ChangeKind, ChangeState};
    use entity::subsidies::project_deadline::DeadlineKind;
    use entity::subsidies::project_decision::DecisionOutcome;
    use entity::subsidies::review_score::Criterion;

    #[test]
    fn every_word_of_a_page_is_written() {
        macro_rules! all {
            ($($prefix:literal $kind:ident),+ $(,)?) => {
                $(for value in $kind::ALL {
                    assert!(exists(&format!("{}.{value}", $prefix)), "{}.{value}", $prefix);
                })+
            };
        }
        all! {
            "project.state" ProjectState, "project.kind" ProjectKind, "project.section" Section,
            "project.deadline" DeadlineKind, "project.outcome" DecisionOutcome,
            "project.change" ChangeKind, "project.change_state" ChangeState,
            "project.payment" PaymentKind, "project.criterion" Criterion,
            "practice.state" SpreadState,
        }

        for form in crate::subsidies::pages::overview::ACTS {
            assert!(exists(&format!("act.{form}")), "{form}");
        }
    }
}
