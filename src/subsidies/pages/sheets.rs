//! The printed forms on A4: 申請書, 計画書, 収支予算書, 実績報告書, 効果検証票, and the letter.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use entity::ProjectId;
use entity::subsidies::application_section::Section;
use entity::subsidies::project_change::ChangeState;
use entity::subsidies::project_deadline::DeadlineKind;
use entity::subsidies::project_decision::DecisionOutcome;
use entity::subsidies::project_report;
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
use crate::platform::web::page::{Page, render};
use crate::platform::{App, Ctx, Error, Result};
use crate::subsidies::api::shows_report;
use crate::subsidies::queries::{self, ProjectRow};
use crate::subsidies::rules::figure::{show_milli, show_yen};
use crate::subsidies::rules::report::{Counted, difference, each};
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

async fn goal_block(page: &Page, app: &App, row: &ProjectRow) -> Result<Option<Block>> {
    let db = app.store().reader();
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

async fn report_blocks(page: &Page, app: &App, row: &ProjectRow) -> Result<Vec<Block>> {
    let db = app.store().reader();
    let found = queries::report(db, &row.project).await?;
    let report = found.report.as_ref().ok_or(Error::NotFound)?;
    let people = queries::people(db, &row.project, Some(report), page.ctx.now).await?;
    let cost = queries::costs(&found);
    let none = || page.t("results.none").to_owned();
    let t = |key: &str| page.t(key).to_owned();
    let (counted, hand, total) = (people.counted, people.by_hand, people.total());
    let figure = |key: &str, pick: fn(Counted) -> i64| {
        vec![text(t(key)), number(pick(counted)), number(pick(hand)), number(pick(total))]
    };
    let (per_attendance, per_person) = each(cost, total);
    let yen = |yen: Option<i64>| yen.map(|yen| yen_word(page, yen)).unwrap_or_else(none);
    let figures = vec![
        figure("results.session_count", |counted| counted.sessions),
        figure("results.attendances", |counted| counted.attendances),
        figure("results.persons", |counted| counted.persons),
        vec![text(t("results.yen_attendance")), text(""), text(""), number(yen(per_attendance))],
        vec![text(t("results.yen_person")), text(""), text(""), number(yen(per_person))],
    ];
    let mut costs = Vec::new();
    let mut planned = 0;
    if let Some(version) = queries::last_version(db, &row.project).await? {
        for line in queries::lines(db, &version).await? {
            let result = found.costs.get(&line.position);
            let spent = result.and_then(|row| row.actual_yen);
            planned += line.yen;
            costs.push(vec![
                text(format!("{}・{}", line.category, line.item)),
                number(show_yen(line.yen)),
                number(spent.map(show_yen).unwrap_or_else(none)),
                text(result.map(|row| row.note.as_str()).unwrap_or_default()),
            ]);
        }
    }
    let sum =
        vec![text(t("sheet.sum")), number(show_yen(planned)), number(show_yen(cost)), text("")];
    costs.push(sum);
    let mut blocks = vec![
        Block::facts(vec![
            (t("results.done"), report.done.clone()),
            (t("results.before_after"), report.before_after.clone()),
        ]),
        Block::table(
            &t("results.people"),
            ["results.figure", "results.counted", "results.hand", "results.total"].map(t).to_vec(),
            figures,
        ),
    ];
    blocks.extend(retention_block(page, app, row, report, (cost, total.persons)).await?);
    blocks.extend(goal_block(page, app, row).await?);
    blocks.push(Block::table(
        &t("results.costs"),
        vec![t("results.line"), t("results.planned"), t("results.spent"), t("results.note")],
        costs,
    ));
    blocks.push(Block::facts(vec![(t("results.lessons"), report.lessons.clone())]));
    Ok(blocks)
}

/// 定着 of the project's people as it was counted and kept; none before anybody's day of asking.
async fn retention_block(
    page: &Page,
    app: &App,
    row: &ProjectRow,
    report: &project_report::Model,
    (cost, persons): (i64, i64),
) -> Result<Option<Block>> {
    let found = queries::retention(app.store().reader(), &row.project).await?;
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
async fn grant_facts(page: &Page, app: &App, row: &ProjectRow) -> Result<Vec<(String, String)>> {
    let (project, db) = (&row.project, app.store().reader());
    let mut changes = queries::changes(db, project).await?.into_iter();
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
async fn fixed_facts(page: &Page, app: &App, row: &ProjectRow) -> Result<Vec<(String, String)>> {
    let (project, db) = (&row.project, app.store().reader());
    let t = |key: &str| page.t(key).to_owned();
    let mut facts = vec![
        (t("projects.name"), project.title.clone()),
        (t("money.granted"), yen_or_word(page, project.granted_yen, None)),
        (t("money.advanced"), yen_word(page, project.advanced_yen)),
        (t("money.fixed"), yen_or_word(page, project.fixed_yen, None)),
    ];
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

/// Head and foot that all forms share; `date` is the day on which the paper went out.
async fn sheet_page(
    page: Page,
    app: &App,
    row: &ProjectRow,
    name: &str,
    date: Option<NaiveDate>,
    blocks: Vec<Block>,
) -> Result<SheetPage> {
    let city = get_municipality(app.store().reader(), row.project.municipality_id).await?;
    let office = page.pick(&city.department_ja, &city.department_en);
    let city_name = page.pick(&city.name_ja, &city.name_en);
    let ward = page.pick(&row.ward.name_ja, &row.ward.name_en);
    let (office, ward) = (format!("{city_name} {office}"), format!("{city_name} {ward}"));
    let (from, to) = match LETTERS.contains(&name) {
        true => (office, page.f1("sheet.to_ward", "ward", ward)),
        false => (ward, page.f1("sheet.to_office", "office", office)),
    };
    Ok(SheetPage {
        id: row.project.id.0,
        subject: row.project.title.clone(),
        title: page.t(&format!("sheet.{name}")).to_owned(),
        date: date.map(|day| day_word(&page, day)).unwrap_or_default(),
        to,
        from,
        lead: page.t(&format!("sheet.{name}.lead")).to_owned(),
        blocks,
        foot: page.f(
            "sheet.foot",
            &[("id", &row.project.id.to_string()), ("round", &round_name(&page, &row.round))],
        ),
        page,
    })
}

#[handler]
pub(super) async fn show_sheet(
    page: Page,
    ctx: Ctx,
    app: App,
    Path((id, name)): Path<(i64, String)>,
) -> Result<Response> {
    let (asker, db) = (Asker::of(&ctx)?, app.store().reader());
    let row = queries::get(db, &asker.scope, ProjectId(id)).await?;
    let project = &row.project;
    let version = queries::reviewed_version(db, project).await?;
    let whole = match &version {
        Some(version) => queries::read_application(version)?,
        None if asker.is_inside(&row) => queries::application(db, project).await?,
        None => Application::new(),
    };
    let empty = Content::default();
    let t = |key: &str| page.t(key).to_owned();
    let subject = || (t("projects.name"), project.title.clone());
    let mut blocks = Vec::new();
    let sent = |at: Option<DateTime<Utc>>| at.map(local_date);
    let mut date = sent(version.as_ref().map(|version| version.submitted_at));
    let name = match name.as_str() {
        "application" => {
            let sums = budget(whole.get(Section::Budget.as_str()).unwrap_or(&empty));
            blocks.push(Block::facts(vec![
                subject(),
                (t("projects.kind"), kind_word(&page, project.kind)),
                (t("money.requested"), yen_word(&page, sums.requested())),
                (t("money.total"), yen_word(&page, sums.total)),
                (
                    t("apply.submitted_at"),
                    match &version {
                        Some(version) => when_word(&page, version.submitted_at),
                        None => t("sheet.not_submitted"),
                    },
                ),
            ]));
            blocks.extend(section_blocks(&page, &whole, &[Section::Basics]));
            if !project.kept.is_empty() {
                let facts = vec![
                    (t("spread.kept"), project.kept.clone()),
                    (t("spread.changed"), project.changed.clone()),
                ];
                blocks.push(Block::facts(facts));
            }
            "application"
        }
        "plan" => {
            blocks.push(Block::facts(vec![subject()]));
            let sections = [
                Section::Problem,
                Section::People,
                Section::Partners,
                Section::Plan,
                Section::Goals,
                Section::Verification,
                Section::Spread,
            ];
            blocks.extend(section_blocks(&page, &whole, &sections));
            "plan"
        }
        "budget" => {
            blocks.push(Block::facts(vec![subject()]));
            let content = whole.get(Section::Budget.as_str()).unwrap_or(&empty);
            blocks.extend(budget_blocks(&page, content));
            "budget"
        }
        "report" if shows_report(&asker.scope, project) => {
            blocks.push(Block::facts(vec![
                subject(),
                (t("money.granted"), yen_or_word(&page, project.granted_yen, None)),
            ]));
            blocks.extend(report_blocks(&page, &app, &row).await?);
            let report = queries::report(db, project).await?.report;
            date = sent(report.and_then(|report| report.submitted_at));
            "report"
        }
        "verification" if shows_report(&asker.scope, project) => {
            let found = queries::report(db, project).await?;
            let report = found.report.filter(|report| report.verified_at.is_some());
            let report = report.ok_or(Error::NotFound)?;
            date = sent(report.verified_at);
            blocks.push(Block::facts(vec![subject()]));
            blocks.extend(goal_block(&page, &app, &row).await?);
            let cost = queries::costs(&queries::report(db, project).await?);
            let people = queries::people(db, project, Some(&report), page.ctx.now).await?.total();
            let shared = (cost, people.persons);
            blocks.extend(retention_block(&page, &app, &row, &report, shared).await?);
            blocks.push(Block::facts(vec![
                (t("results.what_changed"), report.what_changed),
                (t("results.compared_with"), report.compared_with),
                (t("results.other_reasons"), report.other_reasons),
            ]));
            "verification"
        }
        "granted" if asker.is_inside(&row) && project.granted_on.is_some() => {
            date = project.granted_on;
            blocks.push(Block::facts(grant_facts(&page, &app, &row).await?));
            "granted"
        }
        "fixed" if asker.is_inside(&row) && project.fixed_on.is_some() => {
            date = project.fixed_on;
            blocks.push(Block::facts(fixed_facts(&page, &app, &row).await?));
            "fixed"
        }
        _ => return Err(Error::NotFound),
    };
    render(&sheet_page(page, &app, &row, name, date, blocks).await?)
}

/// The letter about the decision (採択・不採択の通知).
#[handler]
pub(super) async fn show_letter(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
) -> Result<Response> {
    let (asker, db) = (Asker::of(&ctx)?, app.store().reader());
    let row = queries::get_own(db, &asker.scope, ProjectId(id)).await?;
    let decision = queries::decision(db, &row.project).await?.ok_or(Error::NotFound)?;
    let mut facts = vec![(page.t("projects.name").to_owned(), row.project.title.clone())];
    facts.extend(decision_facts(&page, &decision));
    let version = queries::versions(db, &row.project).await?;
    if let Some(version) = version.into_iter().find(|version| version.id == decision.version_id) {
        let at = day_word(&page, local_date(version.submitted_at));
        facts.push((page.t("apply.submitted_at").to_owned(), at));
    }
    let lead = match decision.outcome {
        DecisionOutcome::Adopted => "sheet.letter.adopted",
        DecisionOutcome::Conditional => "sheet.letter.conditional",
        DecisionOutcome::Rejected => "sheet.letter.rejected",
    };
    let lead = page.t(lead).to_owned();
    let date = Some(decision.decided_on);
    let blocks = vec![Block::facts(facts)];
    let mut sheet = sheet_page(page, &app, &row, "letter", date, blocks).await?;
    sheet.lead = lead;
    render(&sheet)
}
