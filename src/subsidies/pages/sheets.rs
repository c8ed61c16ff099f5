//! The printed forms on A4: 申請書, 計画書, 収支予算書, 実績報告書, 効果検証票, and the letter.

use askama::Template;
use chrono::NaiveDate;
use entity::ProjectId;
use entity::subsidies::application_section::Section;
use entity::subsidies::project_change::ChangeState;
use entity::subsidies::project_deadline::DeadlineKind;
use entity::subsidies::project_decision::DecisionOutcome;
use entity::subsidies::{application_version, project_report};
use poem::web::Path;
use poem::{Response, handler};

use super::money::settled;
use super::review::decision_facts;
use super::view::{
    Asker, CellView, SectionView, day_word, kind_word, round_name, stage_word, when_word,
    yen_or_word, yen_word,
};
use crate::places::queries::get_municipality;
use crate::platform::japan::time::local_date;
use crate::platform::web::door::Visit;
use crate::platform::web::page::{Page, render};
use crate::platform::{Error, Result};
use crate::subsidies::access::Reading;
use crate::subsidies::queries::{self, ProjectRow, Report};
use crate::subsidies::rules::figure::{show_milli, show_yen};
use crate::subsidies::rules::report::{Counted, People, difference, each};
use crate::subsidies::rules::retention::yen_per_stuck;
use crate::subsidies::rules::sections::{Application, Content, budget};

struct Table {
    caption: String,
    columns: Vec<String>,
    rows: Vec<Vec<CellView>>,
}

/// Either labelled texts or a table.
struct Block {
    facts: Option<Vec<(String, String)>>,
    table: Option<Table>,
}

impl Block {
    fn facts(facts: Vec<(String, String)>) -> Self {
        Self { facts: Some(facts), table: None }
    }

    fn table(caption: &str, columns: Vec<String>, rows: Vec<Vec<CellView>>) -> Self {
        let table = Table { caption: caption.to_owned(), columns, rows };
        Self { facts: None, table: Some(table) }
    }
}

#[derive(Template)]
#[template(path = "subsidies/pages/sheet.html")]
struct SheetPage {
    page: Page,
    id: i64,
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
        let view = SectionView::new(page, *section, content);
        if !view.texts.is_empty() {
            let facts = view.texts.into_iter().map(|text| (text.label, text.value));
            blocks.push(Block::facts(facts.collect()));
        }
        if !view.columns.is_empty() {
            let columns = view.columns.into_iter().map(|column| column.label).collect();
            blocks.push(Block::table(&view.name, columns, view.rows));
        }
    }
    blocks
}

fn budget_blocks(page: &Page, content: &Content) -> Vec<Block> {
    let sums = budget(content);
    let t = |key: &str| page.t(key).to_owned();
    let income = vec![
        vec![text(t("money.requested")), number(show_yen(sums.requested())), text("")],
        vec![text(t("apply.own_yen")), number(show_yen(sums.own)), text(content.text("own_note"))],
        vec![text(t("sheet.sum")), number(show_yen(sums.total)), text("")],
    ];
    let mut costs: Vec<Vec<CellView>> = sums
        .lines
        .iter()
        .map(|line| vec![text(&line.category), text(&line.item), number(show_yen(line.yen))])
        .collect();
    costs.push(vec![text(t("sheet.sum")), text(""), number(show_yen(sums.total))]);

    vec![
        Block::table(
            &t("sheet.income"),
            vec![t("sheet.item"), t("money.yen"), t("results.note")],
            income,
        ),
        Block::table(
            &t("sheet.costs"),
            vec![t("apply.budget.category"), t("apply.budget.item"), t("money.yen")],
            costs,
        ),
    ]
}

/// The goals with what became of them; none before the first version.
async fn goal_block(asker: &Asker, row: &ProjectRow) -> Result<Option<Block>> {
    let (page, db) = (&asker.page, asker.app.store().reader());
    let Some(version) = queries::last_version(db, &row.project).await? else { return Ok(None) };
    let report = queries::report(db, &row.project).await?;
    let none = || page.t("results.none").to_owned();
    let rows = queries::goals(db, &version).await?.into_iter().map(|goal| {
        let result = report.goals.get(&goal.position);
        let actual = result.and_then(|row| row.actual_milli);
        let by = difference(goal.target_milli, actual);
        vec![
            text(format!("{}{}", goal.kpi, page.aside(&goal.unit))),
            number(goal.baseline_milli.map(show_milli).unwrap_or_else(none)),
            number(show_milli(goal.target_milli)),
            number(actual.map(show_milli).unwrap_or_else(none)),
            number(by.map(show_milli).unwrap_or_else(none)),
            text(result.map(|row| row.reason.as_str()).unwrap_or_default()),
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
    let columns = columns.map(|key| page.t(key).to_owned()).to_vec();
    Ok(Some(Block::table(page.t("results.goals"), columns, rows.collect())))
}

async fn report_blocks(asker: &Asker, row: &ProjectRow, found: &Report) -> Result<Vec<Block>> {
    let (page, db) = (&asker.page, asker.app.store().reader());
    let report = found.report.as_ref().ok_or(Error::NotFound)?;
    let people = queries::people(db, &row.project, Some(report), page.ctx.now).await?;
    let cost = queries::costs(found);
    let t = |key: &str| page.t(key).to_owned();

    let mut blocks = vec![
        Block::facts(vec![
            (t("results.done"), report.done.clone()),
            (t("results.before_after"), report.before_after.clone()),
        ]),
        people_block(page, people, cost),
    ];
    let shared = (cost, people.total().persons);
    blocks.extend(retention_block(asker, row, report, shared).await?);
    blocks.extend(goal_block(asker, row).await?);
    blocks.push(cost_block(asker, row, found).await?);
    blocks.push(Block::facts(vec![(t("results.lessons"), report.lessons.clone())]));
    Ok(blocks)
}

/// Who came: counted, written by hand, together; and what each cost.
fn people_block(page: &Page, people: People, cost: i64) -> Block {
    let none = || page.t("results.none").to_owned();
    let t = |key: &str| page.t(key).to_owned();
    let (counted, hand, total) = (people.counted, people.by_hand, people.total());
    let figure = |key: &str, pick: fn(Counted) -> i64| {
        vec![text(t(key)), number(pick(counted)), number(pick(hand)), number(pick(total))]
    };
    let (per_attendance, per_person) = each(cost, total);
    let yen = |key: &str, yen: Option<i64>| {
        let yen = yen.map(|yen| yen_word(page, yen)).unwrap_or_else(none);
        vec![text(t(key)), text(""), text(""), number(yen)]
    };

    let rows = vec![
        figure("results.session_count", |counted| counted.sessions),
        figure("results.attendances", |counted| counted.attendances),
        figure("results.persons", |counted| counted.persons),
        yen("results.yen_attendance", per_attendance),
        yen("results.yen_person", per_person),
    ];
    let columns = ["results.figure", "results.counted", "results.hand", "results.total"];
    Block::table(&t("results.people"), columns.map(t).to_vec(), rows)
}

/// What each line of the decided budget cost.
async fn cost_block(asker: &Asker, row: &ProjectRow, found: &Report) -> Result<Block> {
    let (page, db) = (&asker.page, asker.app.store().reader());
    let none = || page.t("results.none").to_owned();
    let t = |key: &str| page.t(key).to_owned();
    let lines = match queries::last_version(db, &row.project).await? {
        Some(version) => queries::lines(db, &version).await?,
        None => Vec::new(),
    };

    let mut rows: Vec<Vec<CellView>> = Vec::new();
    for line in &lines {
        let result = found.costs.get(&line.position);
        let spent = result.and_then(|row| row.actual_yen);
        rows.push(vec![
            text(format!("{}・{}", line.category, line.item)),
            number(show_yen(line.yen)),
            number(spent.map(show_yen).unwrap_or_else(none)),
            text(result.map(|row| row.note.as_str()).unwrap_or_default()),
        ]);
    }
    let planned = lines.iter().map(|line| line.yen).sum();
    let (planned, cost) = (show_yen(planned), show_yen(queries::costs(found)));
    rows.push(vec![text(t("sheet.sum")), number(planned), number(cost), text("")]);

    let columns = ["results.line", "results.planned", "results.spent", "results.note"];
    Ok(Block::table(&t("results.costs"), columns.map(t).to_vec(), rows))
}

/// 定着 of the project's people as it was counted and kept; none before anybody's day of asking.
async fn retention_block(
    asker: &Asker,
    row: &ProjectRow,
    report: &project_report::Model,
    (cost, persons): (i64, i64),
) -> Result<Option<Block>> {
    let page = &asker.page;
    let found = queries::retention(asker.app.store().reader(), &row.project).await?;
    if found.is_empty() {
        return Ok(None);
    }

    let rows = found.into_iter().map(|line| {
        let head = [text(stage_word(page, line.stage, report)), text(line.rule)];
        let cells = match line.count {
            None => [text(page.t("results.few")), text(""), text(""), text("")],
            Some(count) => {
                let each = yen_per_stuck(cost, persons, count).map(|yen| yen_word(page, yen));
                [
                    number(count.due),
                    number(count.answered),
                    number(count.stuck),
                    number(each.unwrap_or_else(|| page.t("results.none").to_owned())),
                ]
            }
        };
        head.into_iter().chain(cells).collect()
    });

    let columns = [
        "results.counted_on",
        "results.rule",
        "results.due",
        "results.answered",
        "results.stuck",
        "results.yen_stuck",
    ];
    let columns = columns.map(|key| page.t(key).to_owned()).to_vec();
    Ok(Some(Block::table(page.t("results.retention"), columns, rows.collect())))
}

/// The letter about the grant decision (交付決定通知), with the amount as it was decided.
async fn grant_facts(asker: &Asker, row: &ProjectRow) -> Result<Vec<(String, String)>> {
    let (page, project) = (&asker.page, &row.project);
    let mut changes = queries::changes(asker.app.store().reader(), project).await?.into_iter();
    let changed = changes.find(|change| change.state == ChangeState::Approved);
    let granted = changed.map(|change| change.old_yen).or(project.granted_yen);
    let t = |key: &str| page.t(key).to_owned();
    Ok(vec![
        (t("projects.name"), project.title.clone()),
        (t("money.granted"), yen_or_word(page, granted, None)),
        (t("sheet.granted.pay"), t("sheet.granted.pay.words")),
        (t("sheet.granted.change"), t("sheet.granted.change.words")),
    ])
}

/// The letter about the fixed amount (額の確定通知), and what follows from it.
async fn fixed_facts(asker: &Asker, row: &ProjectRow) -> Result<Vec<(String, String)>> {
    let (page, project, db) = (&asker.page, &row.project, asker.app.store().reader());
    let t = |key: &str| page.t(key).to_owned();
    let mut facts = vec![
        (t("projects.name"), project.title.clone()),
        (t("money.granted"), yen_or_word(page, project.granted_yen, None)),
        (t("money.advanced"), yen_word(page, project.advanced_yen)),
        (t("money.fixed"), yen_or_word(page, project.fixed_yen, None)),
    ];

    // Either the rest is paid, or what was paid too much is given back.
    let (rest, repaid) = settled(project).map_or((0, 0), |money| (money.rest, money.repaid));
    let moved = [("project.payment.rest", rest), ("project.payment.repayment", repaid)];
    for (key, yen) in moved.into_iter().filter(|(_, yen)| *yen > 0) {
        facts.push((t(key), yen_word(page, yen)));
        if let Some(deadline) = queries::deadline(db, project, DeadlineKind::Settle).await? {
            facts.push((t("sheet.fixed.due"), day_word(page, deadline.due_on)));
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
        id: row.project.id.0,
        subject: row.project.title.clone(),
        title: page.t(&format!("sheet.{name}")).to_owned(),
        date: date.map(|day| day_word(&page, day)).unwrap_or_default(),
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
    Path((id, name)): Path<(i64, String)>,
) -> Result<Response> {
    let asker = Asker::of(visit)?;
    let row = queries::get(asker.app.store().reader(), &asker.scope, ProjectId(id)).await?;
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
            let blocks = vec![Block::facts(grant_facts(asker, row).await?)];
            Ok(Sheet::new(page, "granted", project.granted_on, blocks))
        }
        "fixed" if asker.is_inside(row) && project.fixed_on.is_some() => {
            let blocks = vec![Block::facts(fixed_facts(asker, row).await?)];
            Ok(Sheet::new(page, "fixed", project.fixed_on, blocks))
        }
        _ => Err(Error::NotFound),
    }
}

/// The name of the project, with which every form begins.
fn subject(page: &Page, row: &ProjectRow) -> (String, String) {
    (page.t("projects.name").to_owned(), row.project.title.clone())
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
            let mut blocks = vec![Block::facts(vec![subject(page, row)])];
            blocks.extend(section_blocks(page, &whole, PLAN));
            ("plan", blocks)
        }
        _ => {
            let mut blocks = vec![Block::facts(vec![subject(page, row)])];
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
    let t = |key: &str| page.t(key).to_owned();
    let empty = Content::default();
    let sums = budget(whole.get(Section::Budget.as_str()).unwrap_or(&empty));
    let submitted = match version {
        Some(version) => when_word(page, version.submitted_at),
        None => t("sheet.not_submitted"),
    };
    let mut blocks = vec![Block::facts(vec![
        subject(page, row),
        (t("projects.kind"), kind_word(page, project.kind)),
        (t("money.requested"), yen_word(page, sums.requested())),
        (t("money.total"), yen_word(page, sums.total)),
        (t("apply.submitted_at"), submitted),
    ])];

    blocks.extend(section_blocks(page, whole, &[Section::Basics]));
    if !project.kept.is_empty() {
        blocks.push(Block::facts(vec![
            (t("spread.kept"), project.kept.clone()),
            (t("spread.changed"), project.changed.clone()),
        ]));
    }
    blocks
}

/// 実績報告書.
async fn report_sheet(asker: &Asker, row: &ProjectRow) -> Result<Sheet> {
    let page = &asker.page;
    let found = queries::report(asker.app.store().reader(), &row.project).await?;
    let granted = yen_or_word(page, row.project.granted_yen, None);
    let head = vec![subject(page, row), (page.t("money.granted").to_owned(), granted)];

    let mut blocks = vec![Block::facts(head)];
    blocks.extend(report_blocks(asker, row, &found).await?);
    let sent = found.report.and_then(|report| report.submitted_at).map(local_date);
    Ok(Sheet::new(page, "report", sent, blocks))
}

/// 効果検証票; not before it is verified.
async fn verification_sheet(asker: &Asker, row: &ProjectRow) -> Result<Sheet> {
    let (page, db) = (&asker.page, asker.app.store().reader());
    let t = |key: &str| page.t(key).to_owned();
    let found = queries::report(db, &row.project).await?;
    let cost = queries::costs(&found);
    let report = found.report.filter(|report| report.verified_at.is_some());
    let report = report.ok_or(Error::NotFound)?;
    let people = queries::people(db, &row.project, Some(&report), page.ctx.now).await?.total();

    let mut blocks = vec![Block::facts(vec![subject(page, row)])];
    blocks.extend(goal_block(asker, row).await?);
    blocks.extend(retention_block(asker, row, &report, (cost, people.persons)).await?);
    let sent = report.verified_at.map(local_date);
    blocks.push(Block::facts(vec![
        (t("results.what_changed"), report.what_changed),
        (t("results.compared_with"), report.compared_with),
        (t("results.other_reasons"), report.other_reasons),
    ]));
    Ok(Sheet::new(page, "verification", sent, blocks))
}

/// The letter about the decision (採択・不採択の通知).
#[handler]
pub(super) async fn show_letter(visit: Visit<Reading>, Path(id): Path<i64>) -> Result<Response> {
    let asker = Asker::of(visit)?;
    let db = asker.app.store().reader();
    let row = queries::get_own(db, &asker.scope, ProjectId(id)).await?;
    let decision = queries::decision(db, &row.project).await?.ok_or(Error::NotFound)?;
    let versions = queries::versions(db, &row.project).await?;

    let page = &asker.page;
    let mut facts = vec![subject(page, &row)];
    facts.extend(decision_facts(page, &decision));
    if let Some(version) = versions.iter().find(|version| version.id == decision.version_id) {
        let at = day_word(page, local_date(version.submitted_at));
        facts.push((page.t("apply.submitted_at").to_owned(), at));
    }
    let lead = match decision.outcome {
        DecisionOutcome::Adopted => "sheet.letter.adopted",
        DecisionOutcome::Conditional => "sheet.letter.conditional",
        DecisionOutcome::Rejected => "sheet.letter.rejected",
    };

    let (name, lead) = ("letter", page.t(lead).to_owned());
    let (date, blocks) = (Some(decision.decided_on), vec![Block::facts(facts)]);
    let sheet = Sheet { name, lead, date, blocks };
    render(&sheet_page(asker, &row, sheet).await?)
}
