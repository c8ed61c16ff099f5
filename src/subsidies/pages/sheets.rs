//! The printed forms on A4: 申請書, 計画書, 収支予算書, 実績報告書, 効果検証票, and the letter.

use askama::Template;
use chrono::NaiveDate;
use entity::ProjectId;
use entity::subsidies::application_section::Section;
use entity::subsidies::application_version;
use entity::subsidies::project_change::ChangeState;
use entity::subsidies::project_deadline::DeadlineKind;
use entity::subsidies::project_decision::DecisionOutcome;
use poem::web::Path;
use poem::{Response, handler};

use super::review::decision_facts;
use super::view::{
    Asker, COUNTS, CellView, Fact, SectionView, round_name, stage_word, yen_or_word,
};
use crate::places::queries::get_municipality;
use crate::platform::japan::time::local_date;
use crate::platform::web::door::Visit;
use crate::platform::web::page::{Page, render};
use crate::platform::{Error, Result};
use crate::subsidies::access::Reading;
use crate::subsidies::queries::{self, ProjectRow, Report, Results, RetentionItem};
use crate::subsidies::rules::figure::show_yen;
use crate::subsidies::rules::money::Money;
use crate::subsidies::rules::sections::{Application, Content, budget};

type Cells = Vec<CellView>;

/// Either labelled texts or a table; labels and headings are wording keys.
enum Block {
    Facts(Vec<Fact>),
    Table { caption: String, columns: Vec<&'static str>, rows: Vec<Cells> },
}

impl Block {
    /// A table whose caption is a wording key, too.
    fn table(page: &Page, caption: &str, columns: &[&'static str], rows: Vec<Cells>) -> Self {
        let caption = page.t(caption).to_owned();
        Self::Table { caption, columns: columns.to_vec(), rows }
    }
}

#[derive(Template)]
#[template(path = "subsidies/pages/sheet.html")]
struct SheetPage {
    page: Page,
    id: ProjectId,
    subject: String,
    title: String,
    date: String,
    to: String,
    from: String,
    lead: String,
    blocks: Vec<Block>,
    foot: String,
}

fn text(value: impl std::fmt::Display) -> CellView {
    CellView { value: value.to_string(), is_number: false }
}

fn number(value: impl std::fmt::Display) -> CellView {
    CellView { value: value.to_string(), is_number: true }
}

/// Sections as blocks: texts together, rows as a table.
fn section_blocks(page: &Page, whole: &Application, sections: &[Section]) -> Vec<Block> {
    let empty = Content::default();
    let mut blocks = Vec::new();
    for section in sections {
        let content = whole.get(section.as_str()).unwrap_or(&empty);
        let SectionView { name, texts, columns, rows, .. } =
            SectionView::new(page, *section, content);
        if !texts.is_empty() {
            let facts = texts.into_iter().map(|text| (text.label, text.value));
            blocks.push(Block::Facts(facts.collect()));
        }
        if !columns.is_empty() {
            let columns = columns.into_iter().map(|column| column.label).collect();
            blocks.push(Block::Table { caption: name, columns, rows });
        }
    }
    blocks
}

fn budget_blocks(page: &Page, content: &Content) -> Vec<Block> {
    let sums = budget(content);
    let sum = page.t("sheet.sum");
    let income = |label: &str, yen: i64, note: &str| {
        vec![text(page.t(label)), number(show_yen(yen)), text(note)]
    };
    let income = vec![
        income("money.requested", sums.requested(), ""),
        income("apply.own_yen", sums.own, content.text("own_note")),
        income("sheet.sum", sums.total, ""),
    ];

    let cost = |category: &str, item: &str, yen: i64| {
        vec![text(category), text(item), number(show_yen(yen))]
    };
    let costs = sums.lines.iter().map(|line| cost(&line.category, &line.item, line.yen));
    let costs = costs.chain([cost(sum, "", sums.total)]).collect();

    let income_columns = ["sheet.item", "money.yen", "results.note"];
    let cost_columns = ["apply.budget.category", "apply.budget.item", "money.yen"];
    vec![
        Block::table(page, "sheet.income", &income_columns, income),
        Block::table(page, "sheet.costs", &cost_columns, costs),
    ]
}

/// The goals with what became of them; none before the first version.
async fn goal_block(asker: &Asker, row: &ProjectRow, report: &Report) -> Result<Option<Block>> {
    let (page, db) = (&asker.page, asker.app.store().reader());
    let Some(version) = queries::last_version(db, &row.project).await? else { return Ok(None) };
    let rows = queries::goal_items(db, &version, report).await?.into_iter().map(|goal| {
        vec![
            text(format!("{}{}", goal.kpi, page.aside(&goal.unit))),
            number(page.known(&goal.baseline)),
            number(goal.target),
            number(page.known(&goal.actual)),
            number(page.known(&goal.difference)),
            text(goal.reason.unwrap_or_default()),
        ]
    });

    let columns = [
        "apply.goal.kpi",
        "apply.goal.baseline",
        "apply.goal.target",
        "results.actual",
        "results.difference",
        "results.goal_reason",
    ];
    Ok(Some(Block::table(page, "results.goals", &columns, rows.collect())))
}

/// Who came: counted, written by hand, together; and what each cost.
fn people_block(page: &Page, results: &Results) -> Block {
    let people = results.people;
    let mut rows: Vec<Cells> = Vec::new();
    for (label, pick) in COUNTS {
        let [counted, hand, total] = [people.counted, people.by_hand, people.total()].map(*pick);
        rows.push(vec![text(page.t(label)), number(counted), number(hand), number(total)]);
    }

    let (per_attendance, per_person) = results.each();
    for (label, yen) in
        [("results.yen_attendance", per_attendance), ("results.yen_person", per_person)]
    {
        rows.push(vec![text(page.t(label)), text(""), text(""), number(page.known_yen(&yen))]);
    }

    let columns = ["results.figure", "results.counted", "results.hand", "results.total"];
    Block::table(page, "results.people", &columns, rows)
}

/// What each line of the decided budget cost.
async fn cost_block(asker: &Asker, row: &ProjectRow, results: &Results) -> Result<Block> {
    let (page, db) = (&asker.page, asker.app.store().reader());
    let costs = match queries::last_version(db, &row.project).await? {
        Some(version) => queries::cost_rows(db, &version, &results.report).await?,
        None => Vec::new(),
    };

    let line = |name: &str, planned: i64, spent: Option<i64>, note: &str| {
        let spent = page.known(&spent.map(show_yen));
        vec![text(name), number(show_yen(planned)), number(spent), text(note)]
    };
    let planned = costs.iter().map(|cost| cost.planned_yen).sum();
    let sum = line(page.t("sheet.sum"), planned, Some(results.cost), "");
    let rows =
        costs.iter().map(|cost| line(&cost.name, cost.planned_yen, cost.spent_yen, &cost.note));
    let rows = rows.chain([sum]).collect();

    let columns = ["results.line", "results.planned", "results.spent", "results.note"];
    Ok(Block::table(page, "results.costs", &columns, rows))
}

/// 定着 of the project's people as it was counted and kept; none before anybody's day of asking.
fn retention_block(page: &Page, found: &[RetentionItem]) -> Option<Block> {
    let row = |line: &RetentionItem| -> Cells {
        let cells = match line.due_count {
            None => [text(page.t("results.few")), text(""), text(""), text("")],
            Some(due) => [
                number(due),
                number(page.known(&line.answered_count)),
                number(page.known(&line.stuck_count)),
                number(page.known_yen(&line.yen_per_stuck)),
            ],
        };
        [text(stage_word(page, line)), text(&line.rule)].into_iter().chain(cells).collect()
    };

    let columns = [
        "results.counted_on",
        "results.rule",
        "results.due",
        "results.answered",
        "results.stuck",
        "results.yen_stuck",
    ];
    let rows = found.iter().map(row).collect();
    (!found.is_empty()).then(|| Block::table(page, "results.retention", &columns, rows))
}

/// The letter about the grant decision (交付決定通知), with the amount as it was decided.
async fn grant_facts(asker: &Asker, row: &ProjectRow) -> Result<Vec<Fact>> {
    let (page, project) = (&asker.page, &row.project);
    let mut changes = queries::changes(asker.app.store().reader(), project).await?.into_iter();
    let changed = changes.find(|change| change.state == ChangeState::Approved);
    let granted = changed.map(|change| change.old_yen).or(project.granted_yen);
    let t = |key: &str| page.t(key).to_owned();
    Ok(vec![
        subject(row),
        ("money.granted", yen_or_word(page, granted, None)),
        ("sheet.granted.pay", t("sheet.granted.pay.words")),
        ("sheet.granted.change", t("sheet.granted.change.words")),
    ])
}

/// The letter about the fixed amount (額の確定通知), and what follows from it.
async fn fixed_facts(asker: &Asker, row: &ProjectRow) -> Result<Vec<Fact>> {
    let (page, project, db) = (&asker.page, &row.project, asker.app.store().reader());
    let mut facts = vec![
        subject(row),
        ("money.granted", yen_or_word(page, project.granted_yen, None)),
        ("money.advanced", page.yen(&project.advanced_yen)),
        ("money.fixed", yen_or_word(page, project.fixed_yen, None)),
    ];

    // Either the rest is paid, or what was paid too much is given back.
    let settled = Money::from(project).settle();
    let (rest, repaid) = settled.map_or((0, 0), |money| (money.rest, money.repaid));
    let moved = [("project.payment.rest", rest), ("project.payment.repayment", repaid)];
    for (key, yen) in moved.into_iter().filter(|(_, yen)| *yen > 0) {
        facts.push((key, page.yen(&yen)));
        if let Some(deadline) = queries::deadline(db, project, DeadlineKind::Settle).await? {
            facts.push(("sheet.fixed.due", page.long_day(&deadline.due_on)));
        }
    }
    Ok(facts)
}

/// Letters go from headquarters to the ward, forms from the ward to headquarters.
const LETTERS: [&str; 3] = ["letter", "granted", "fixed"];

/// One of the forms and letters: what stands between its head and its foot.
struct Sheet {
    name: &'static str,
    lead: String,
    /// On which day the paper went out.
    date: Option<NaiveDate>,
    blocks: Vec<Block>,
}

impl Sheet {
    fn new(page: &Page, name: &'static str, date: Option<NaiveDate>, blocks: Vec<Block>) -> Self {
        let lead = page.t(&format!("sheet.{name}.lead")).to_owned();
        Self { name, lead, date, blocks }
    }
}

/// Head and foot that all forms share.
async fn sheet_page(asker: Asker, row: &ProjectRow, sheet: Sheet) -> Result<SheetPage> {
    let city = get_municipality(asker.app.store().reader(), row.project.municipality_id).await?;
    let page = asker.page;
    let office = page.pick(&city.department_ja, &city.department_en);
    let city_name = page.pick(&city.name_ja, &city.name_en);
    let ward = page.pick(&row.ward.name_ja, &row.ward.name_en);
    let (office, ward) = (format!("{city_name} {office}"), format!("{city_name} {ward}"));

    let Sheet { name, lead, date, blocks } = sheet;
    let (from, to) = match LETTERS.contains(&name) {
        true => (office, page.f1("sheet.to_ward", "ward", ward)),
        false => (ward, page.f1("sheet.to_office", "office", office)),
    };
    let (id, round) = (row.project.id.to_string(), round_name(&page, &row.round));
    Ok(SheetPage {
        id: row.project.id,
        subject: row.project.title.clone(),
        title: page.word("sheet", name),
        date: date.map(|day| page.long_day(&day)).unwrap_or_default(),
        to,
        from,
        lead,
        blocks,
        foot: page.f("sheet.foot", &[("id", &id), ("round", &round)]),
        page,
    })
}

#[handler]
pub(super) async fn show_sheet(
    visit: Visit<Reading>,
    Path((id, name)): Path<(ProjectId, String)>,
) -> Result<Response> {
    let asker = Asker::of(visit)?;
    let row = queries::get(asker.app.store().reader(), &asker.scope, id).await?;
    let sheet = sheet(&asker, &row, &name).await?;
    render(&sheet_page(asker, &row, sheet).await?)
}

/// A form as far as the asker reads it.
async fn sheet(asker: &Asker, row: &ProjectRow, name: &str) -> Result<Sheet> {
    let (page, project) = (&asker.page, &row.project);
    let shows_report = queries::shows_report(&asker.scope, project);
    match name {
        "application" | "plan" | "budget" => application_sheet(asker, row, name).await,
        "report" if shows_report => report_sheet(asker, row).await,
        "verification" if shows_report => verification_sheet(asker, row).await,
        "granted" if asker.is_inside(row) && project.granted_on.is_some() => {
            let blocks = vec![Block::Facts(grant_facts(asker, row).await?)];
            Ok(Sheet::new(page, "granted", project.granted_on, blocks))
        }
        "fixed" if asker.is_inside(row) && project.fixed_on.is_some() => {
            let blocks = vec![Block::Facts(fixed_facts(asker, row).await?)];
            Ok(Sheet::new(page, "fixed", project.fixed_on, blocks))
        }
        _ => Err(Error::NotFound),
    }
}

/// The name of the project, with which every form begins.
fn subject(row: &ProjectRow) -> Fact {
    ("projects.name", row.project.title.clone())
}

/// One of the forms of an application, as it was submitted or, before that, is written.
async fn application_sheet(asker: &Asker, row: &ProjectRow, name: &str) -> Result<Sheet> {
    let (page, db) = (&asker.page, asker.app.store().reader());
    let version = queries::reviewed_version(db, &row.project).await?;
    let whole = match &version {
        Some(version) => queries::read_application(version)?,
        None if asker.is_inside(row) => queries::application(db, &row.project).await?,
        None => Application::new(),
    };
    let empty = Content::default();
    let content = whole.get(Section::Budget.as_str()).unwrap_or(&empty);

    let (name, blocks) = match name {
        "application" => ("application", basics_blocks(page, row, &whole, version.as_ref())),
        "plan" => {
            let mut blocks = vec![Block::Facts(vec![subject(row)])];
            blocks.extend(section_blocks(page, &whole, PLAN));
            ("plan", blocks)
        }
        _ => {
            let mut blocks = vec![Block::Facts(vec![subject(row)])];
            blocks.extend(budget_blocks(page, content));
            ("budget", blocks)
        }
    };
    let sent = version.map(|version| local_date(version.submitted_at));
    Ok(Sheet::new(page, name, sent, blocks))
}

/// Sections of 計画書.
const PLAN: &[Section] = &[
    Section::Problem,
    Section::People,
    Section::Partners,
    Section::Plan,
    Section::Goals,
    Section::Verification,
    Section::Spread,
];

/// What 申請書 says.
fn basics_blocks(
    page: &Page,
    row: &ProjectRow,
    whole: &Application,
    version: Option<&application_version::Model>,
) -> Vec<Block> {
    let project = &row.project;
    let empty = Content::default();
    let sums = budget(whole.get(Section::Budget.as_str()).unwrap_or(&empty));
    let submitted = match version {
        Some(version) => page.dated(&version.submitted_at),
        None => page.t("sheet.not_submitted").to_owned(),
    };
    let mut blocks = vec![Block::Facts(vec![
        subject(row),
        ("projects.kind", page.word("project.kind", project.kind)),
        ("money.requested", page.yen(&sums.requested())),
        ("money.total", page.yen(&sums.total)),
        ("apply.submitted_at", submitted),
    ])];

    blocks.extend(section_blocks(page, whole, &[Section::Basics]));
    if !project.kept.is_empty() {
        blocks.push(Block::Facts(vec![
            ("spread.kept", project.kept.clone()),
            ("spread.changed", project.changed.clone()),
        ]));
    }
    blocks
}

/// 実績報告書.
async fn report_sheet(asker: &Asker, row: &ProjectRow) -> Result<Sheet> {
    let (page, db) = (&asker.page, asker.app.store().reader());
    let results = queries::results(db, &row.project, page.ctx.now).await?;
    let report = results.report.report.as_ref().ok_or(Error::NotFound)?;

    let granted = yen_or_word(page, row.project.granted_yen, None);
    let mut blocks = vec![
        Block::Facts(vec![subject(row), ("money.granted", granted)]),
        Block::Facts(vec![
            ("results.done", report.done.clone()),
            ("results.before_after", report.before_after.clone()),
        ]),
        people_block(page, &results),
    ];
    blocks.extend(retention_block(page, &results.retention));
    blocks.extend(goal_block(asker, row, &results.report).await?);
    blocks.push(cost_block(asker, row, &results).await?);
    blocks.push(Block::Facts(vec![("results.lessons", report.lessons.clone())]));
    Ok(Sheet::new(page, "report", report.submitted_at.map(local_date), blocks))
}

/// 効果検証票; not before it is verified.
async fn verification_sheet(asker: &Asker, row: &ProjectRow) -> Result<Sheet> {
    let (page, db) = (&asker.page, asker.app.store().reader());
    let results = queries::results(db, &row.project, page.ctx.now).await?;
    let report = results.report.report.as_ref().filter(|report| report.verified_at.is_some());
    let report = report.ok_or(Error::NotFound)?;

    let mut blocks = vec![Block::Facts(vec![subject(row)])];
    blocks.extend(goal_block(asker, row, &results.report).await?);
    blocks.extend(retention_block(page, &results.retention));
    blocks.push(Block::Facts(vec![
        ("results.what_changed", report.what_changed.clone()),
        ("results.compared_with", report.compared_with.clone()),
        ("results.other_reasons", report.other_reasons.clone()),
    ]));
    Ok(Sheet::new(page, "verification", report.verified_at.map(local_date), blocks))
}

/// The letter about the decision (採択・不採択の通知).
#[handler]
pub(super) async fn show_letter(
    visit: Visit<Reading>,
    Path(id): Path<ProjectId>,
) -> Result<Response> {
    let asker = Asker::of(visit)?;
    let db = asker.app.store().reader();
    let row = queries::get_own(db, &asker.scope, id).await?;
    let decision = queries::decision(db, &row.project).await?.ok_or(Error::NotFound)?;
    let versions = queries::versions(db, &row.project).await?;

    let page = &asker.page;
    let mut facts = vec![subject(&row)];
    facts.extend(decision_facts(page, &decision));
    let version = versions.iter().find(|version| version.id == decision.version_id);
    facts.extend(version.map(|sent| ("apply.submitted_at", page.dated(&sent.submitted_at))));
    let lead = match decision.outcome {
        DecisionOutcome::Adopted => "sheet.letter.adopted",
        DecisionOutcome::Conditional => "sheet.letter.conditional",
        DecisionOutcome::Rejected => "sheet.letter.rejected",
    };

    let (name, lead) = ("letter", page.t(lead).to_owned());
    let (date, blocks) = (Some(decision.decided_on), vec![Block::Facts(facts)]);
    let sheet = Sheet { name, lead, date, blocks };
    render(&sheet_page(asker, &row, sheet).await?)
}
