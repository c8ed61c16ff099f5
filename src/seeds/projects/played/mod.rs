//! The demo's projects: each walks its life by the real verbs until it stands where it should.

mod classes;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};
use entity::subsidies::application_section::Section;
use entity::subsidies::practice_step::SpreadState;
use entity::subsidies::project::{ProjectKind, ProjectState};
use entity::subsidies::project_change::ChangeKind;
use entity::subsidies::project_decision::DecisionOutcome;
use entity::subsidies::review_score::Criterion;
use entity::subsidies::section_message::MessageKind;
use entity::{ProjectId, SubsidyRoundId, WardId};
use serde::Deserialize;
use shirube::places::queries::list_wards;
use shirube::platform::clock::TestClock;
use shirube::platform::japan::FiscalYear;
use shirube::platform::japan::time::local_date;
use shirube::platform::{Actor, App, Ctx, Scope, Tx, outbox};
use shirube::site;
use shirube::subsidies::actions::{
    self, Decision, NewChange, NewMessage, NewProject, NewSpread, NewStep, ReportDraft, RoundDraft,
    Verification,
};
use shirube::subsidies::queries;
use shirube::subsidies::rules::report::{CostDraft, GoalDraft};
use shirube::subsidies::rules::review::Score;
use shirube::subsidies::rules::sections::Content;
use shirube::subsidies::rules::states::{Side, Transition};

use crate::seeds::staff::Roll;
use crate::seeds::tables;

/// The file of the demo's projects.
#[derive(Clone, Debug, Deserialize)]
pub struct Plan {
    round: String,
    cap_yen: i64,
    guidelines: String,
    /// Readings of invented people who come to classes.
    people: Vec<String>,
    project: Vec<Planned>,
}

#[derive(Clone, Debug, Deserialize)]
struct Planned {
    ward: String,
    kind: String,
    state: String,
    title: String,
    who: String,
    what: String,
    partner: String,
}

/// What happens, and on which day before today if the project goes all the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Submit,
    StartReview,
    Return,
    /// The ward mends its application and submits it again.
    Mend,
    Withdraw,
    Score,
    Decide(DecisionOutcome),
    Grant,
    Pay,
    Start,
    /// A ward asks for a change, and headquarters answers so; none: it waits.
    Change(Option<bool>),
    Classes,
    Stop,
    Report,
    ReturnReport,
    Fix,
    Settle,
    Verify,
    MarkModel,
}

use Deed as D;

/// The way to each state.
fn way(state: ProjectState) -> Vec<Deed> {
    use DecisionOutcome as O;
    use ProjectState as S;
    let review = [D::Submit, D::StartReview, D::Score];
    let decided = |outcome| [&review[..], &[D::Decide(outcome)]].concat();
    let granted = [&decided(O::Adopted)[..], &[D::Grant]].concat();
    let started = [&granted[..], &[D::Pay, D::Start]].concat();
    let mended = [D::Submit, D::StartReview, D::Return, D::Mend, D::StartReview, D::Score];
    let reported = [&started[..], &[D::Classes, D::Report]].concat();
    let end = [D::Fix, D::Settle, D::Verify, D::MarkModel];
    let after = |count: usize| [&reported[..], &end[..count]].concat();

    match state {
        S::Draft => Vec::new(),
        S::Submitted => vec![D::Submit],
        S::InReview => vec![D::Submit, D::StartReview],
        S::Returned => vec![D::Submit, D::StartReview, D::Return],
        S::Withdrawn => vec![D::Submit, D::Withdraw],
        S::Rejected => decided(O::Rejected),
        S::Conditional => decided(O::Conditional),
        S::Adopted => decided(O::Adopted),
        S::Granted => [&mended[..], &[D::Decide(O::Adopted), D::Grant, D::Change(None)]].concat(),
        S::Running => [&started[..], &[D::Change(Some(false)), D::Classes]].concat(),
        S::Stopped => [&started[..], &[D::Stop]].concat(),
        S::Reported => reported,
        S::ReportReturned => [&reported[..], &[D::ReturnReport]].concat(),
        S::Fixed => {
            let change = [D::Change(Some(true)), D::Classes, D::Report, D::Fix];
            [&started[..], &change].concat()
        }
        S::Settled => after(2),
        S::Verified => after(3),
        S::Model => after(4),
    }
}

/// Days between a deed and the one before it.
fn pause(deed: Deed) -> i64 {
    match deed {
        D::Submit | D::StartReview | D::Withdraw => 5,
        D::Return | D::Mend | D::Score | D::Grant | D::Change(_) => 4,
        D::Decide(_) | D::Pay | D::Start => 3,
        // The classes take place meanwhile.
        D::Classes => 20,
        D::Stop | D::Report => 15,
        D::ReturnReport | D::Fix | D::Settle => 6,
        // Three months after the classes people are asked.
        D::Verify => 75,
        D::MarkModel => 8,
    }
}

struct Player<'a> {
    app: &'a App,
    clock: &'a Arc<TestClock>,
    roll: &'a Roll,
    scope: Scope,
    wards: HashMap<String, WardId>,
    people: Vec<String>,
    now: DateTime<Utc>,
}

/// Loads the demo's projects around `now`, unless they are there.
pub async fn demo(
    app: &App,
    clock: &Arc<TestClock>,
    roll: &Roll,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let plan = tables::demo_projects()?;
    let code = tables::yokohama()?.code;
    let reader = app.store().reader();
    let city = shirube::places::queries::find_municipality_by_code(reader, &code).await?;
    let scope = Scope::whole(city.context("load yokohama before the demo")?.id);
    let there = list_wards(reader, &scope).await?;
    let wards = tables::wards()?.into_iter().filter_map(|row| {
        let ward = there.iter().find(|ward| ward.code == row.municipality_code)?;
        Some((row.code, ward.id))
    });
    let wards = wards.collect();
    let player = Player { app, clock, roll, scope, wards, people: plan.people.clone(), now };

    clock.set(now - TimeDelta::days(250));
    let today = local_date(now);
    let round = &RoundDraft {
        fiscal_year: FiscalYear::of(today).year(),
        name: plan.round.clone(),
        opens_on: today.checked_sub_days(Days::new(260)),
        closes_on: today.checked_add_days(Days::new(20)),
        report_due_on: None,
        cap_yen: Some(plan.cap_yen),
        guidelines: plan.guidelines.clone(),
    };
    let scope = &player.scope;
    let work = async |tx: Tx| actions::create_round(&tx, scope, round).await;
    let round = app.store().write(&player.ctx("honbu")?, "seed_round", work).await?;

    for planned in &plan.project {
        let played = player.play(round, planned).await;
        played.with_context(|| format!("seeds/demo/projects.toml: {}", planned.title))?;
    }
    player.spread(round).await?;

    clock.set(now);
    outbox::run_due(app, "seed", site::handlers()).await?;
    Ok(())
}

impl Player<'_> {
    /// A context of somebody of the demo; the verbs ask who it is, the pages what they may.
    fn ctx(&self, login: &str) -> anyhow::Result<Ctx> {
        let (id, name) = self.roll.get(login).context("an unknown staff member")?;
        let municipality_id = self.scope.municipality_id;
        let mut ctx = self.app.system_ctx(municipality_id, "seed");
        ctx.actor = Actor::Staff {
            id: *id,
            name: name.as_str().into(),
            municipality_id,
            grants: [].into(),
        };
        Ok(ctx)
    }

    /// Who writes for a ward: its officer where the demo has one.
    fn officer(&self, ward: &str) -> &'static str {
        if ward == "isogo" { "isogo" } else { "midori" }
    }

    async fn play(&self, round_id: SubsidyRoundId, planned: &Planned) -> anyhow::Result<()> {
        let state = ProjectState::from_text(&planned.state).context("an unknown state")?;
        let kind = ProjectKind::from_text(&planned.kind).context("an unknown kind")?;
        let ward_id = *self.wards.get(&planned.ward).context("an unknown ward")?;

        let way = way(state);
        let days: i64 = way.iter().map(|deed| pause(*deed)).sum();
        // What is to be done about the conditions is late.
        let late = if state == ProjectState::Conditional { 36 } else { 4 };
        let mut at = self.now - TimeDelta::days(days + late);
        self.clock.set(at);

        let (store, scope) = (self.app.store(), &self.scope);
        let officer = self.officer(&planned.ward);
        let new = &NewProject { round_id, ward_id, kind, title: planned.title.clone() };
        let work = async |tx: Tx| actions::create(&tx, scope, new).await;
        let id = store.write(&self.ctx(officer)?, "create_project", work).await?;

        let sections = &sections(planned, local_date(at));
        // A draft is half done: that is what a draft looks like.
        let count = if state == ProjectState::Draft { 5 } else { sections.len() };
        let work = async |tx: Tx| {
            for (section, content) in &sections[..count] {
                actions::save_section(&tx, scope, id, *section, None, content).await?;
            }
            Ok(())
        };
        store.write(&self.ctx(officer)?, "save_section", work).await?;

        for deed in way {
            at += TimeDelta::days(pause(deed));
            self.clock.set(at);
            outbox::run_due(self.app, "seed", site::handlers()).await?;
            self.run(id, planned, deed).await.with_context(|| format!("{deed:?}"))?;
        }

        if state == ProjectState::Submitted {
            self.declare_conflict(id).await?;
        }
        if state == ProjectState::InReview {
            self.review(id, &["shinsa"]).await?;
            let new = &NewMessage {
                section: Section::Budget,
                kind: MessageKind::Question,
                body: "謝金の単価は、どの基準によりますか。".to_owned(),
            };
            let work = async |tx: Tx| actions::ask_or_answer(&tx, scope, id, new).await;
            store.write(&self.ctx("honbu")?, "post_message", work).await?;
        }
        Ok(())
    }

    async fn run(&self, id: ProjectId, planned: &Planned, deed: Deed) -> anyhow::Result<()> {
        let (store, scope) = (self.app.store(), &self.scope);
        let (ward, office) = (&self.ctx(self.officer(&planned.ward))?, &self.ctx("honbu")?);
        let step = async |ctx: &Ctx, transition, who| {
            let work = async |tx: Tx| actions::step(&tx, scope, id, None, transition, who).await;
            store.write(ctx, "take_step", work).await
        };

        match deed {
            D::Submit => {
                let work = async |tx: Tx| actions::submit(&tx, scope, id, None).await;
                store.write(ward, "submit_application", work).await?;
            }
            D::StartReview => step(office, Transition::StartReview, Side::Headquarters).await?,
            D::Withdraw => step(ward, Transition::Withdraw, Side::Ward).await?,
            D::Start => step(ward, Transition::Start, Side::Ward).await?,

            D::Return => {
                let mend = "目標の現状値の出典を書いてください。";
                let work = async |tx: Tx| {
                    let section = Section::Goals;
                    actions::return_application(&tx, scope, id, None, section, mend).await
                };
                store.write(office, "return_application", work).await?;
            }
            D::Mend => {
                let mut goals = goals();
                goals.rows[1][2] = "32.5".to_owned();
                let goals = &goals;
                let work = async |tx: Tx| {
                    actions::save_section(&tx, scope, id, Section::Goals, None, goals).await?;
                    actions::submit(&tx, scope, id, None).await
                };
                store.write(ward, "submit_application", work).await?;
            }

            D::Change(answer) => self.change(id, answer, ward, office).await?,
            D::Score => self.review(id, &["honbu", "shinsa"]).await?,
            D::Decide(outcome) => {
                let rejected = outcome == DecisionOutcome::Rejected;
                let conditional = outcome == DecisionOutcome::Conditional;
                let conditions =
                    if conditional { "訓練の日の安全計画を出すこと。" } else { "" };
                let reason = if rejected {
                    "費用に対して参加できる人数が少ないためです。"
                } else {
                    "課題と測り方がはっきりしています。"
                };

                let decision = &Decision {
                    outcome,
                    adopted_yen: (!rejected).then_some(480_000),
                    conditions: conditions.to_owned(),
                    reason: reason.to_owned(),
                };
                let work = async |tx: Tx| actions::decide(&tx, scope, id, None, decision).await;
                store.write(office, "decide_project", work).await?;
            }

            D::Grant => {
                let work = async |tx: Tx| actions::grant(&tx, scope, id, None, 450_000).await;
                store.write(office, "grant_project", work).await?;
            }
            D::Pay => {
                let work = async |tx: Tx| {
                    let today = local_date(tx.now());
                    actions::pay_advance(&tx, scope, id, None, 300_000, today).await
                };
                store.write(office, "pay_advance", work).await?;
            }

            D::Classes if planned.kind == "event" => self.hold_classes(id, planned).await?,
            D::Classes => {}
            D::Stop => self.stop(id, ward, office).await?,
            D::Report => {
                let draft = &report(&planned.kind);
                let work = async |tx: Tx| {
                    actions::save_report(&tx, scope, id, None, draft).await?;
                    actions::submit_report(&tx, scope, id, None).await
                };
                store.write(ward, "submit_report", work).await?;
            }
            D::ReturnReport => {
                let mend = "聞き取りの件数を書いてください。";
                let work = async |tx: Tx| actions::return_report(&tx, scope, id, None, mend).await;
                store.write(office, "return_report", work).await?;
            }

            D::Fix => {
                let yen = if planned.state == "settled" { 280_000 } else { 330_000 };
                let work = async |tx: Tx| actions::fix(&tx, scope, id, None, yen, None).await;
                store.write(office, "fix_amount", work).await?;
            }
            D::Settle => {
                let work = async |tx: Tx| {
                    let today = local_date(tx.now());
                    actions::settle(&tx, scope, id, None, Some(today)).await
                };
                store.write(office, "settle_project", work).await?;
            }

            D::Verify => {
                self.hear_three_months_later(id).await?;
                let answers = &Verification {
                    what_changed: "自分で写真を送れる方が増えました。".to_owned(),
                    compared_with: "教室の前と、3か月後のおたずねをくらべました。".to_owned(),
                    other_reasons: "家族が手伝った方もいます。".to_owned(),
                };
                let work = async |tx: Tx| actions::verify(&tx, scope, id, None, answers).await;
                store.write(ward, "verify_effect", work).await?;
            }
            D::MarkModel => {
                let summary = "3人ずつに1人の先生がつく、小さな教室です。";
                let work = async |tx: Tx| actions::mark_model(&tx, scope, id, None, summary).await;
                store.write(office, "mark_model", work).await?;
            }
        }
        Ok(())
    }

    /// The ward asks for fewer classes; headquarters approves, refuses, or has not answered yet.
    async fn change(
        &self,
        id: ProjectId,
        answer: Option<bool>,
        ward: &Ctx,
        office: &Ctx,
    ) -> anyhow::Result<()> {
        let (store, scope) = (self.app.store(), &self.scope);
        let what = "手引きの部数を減らします。".to_owned();
        let new =
            &NewChange { kind: ChangeKind::Content, what, new_yen: Some(420_000), with_plan: true };
        let work = async |tx: Tx| actions::ask_change(&tx, scope, id, new).await;
        let change = store.write(ward, "request_change", work).await?;

        let Some(approve) = answer else { return Ok(()) };
        let words = if approve {
            "必要な部数に合わせるものと認めます。"
        } else {
            "全員に配る計画のままにしてください。"
        };
        let work =
            async |tx: Tx| actions::decide_change(&tx, scope, id, change, approve, words).await;
        Ok(store.write(office, "decide_change", work).await?)
    }

    /// Somebody of headquarters is asked to score, and has to do with the partner.
    async fn declare_conflict(&self, id: ProjectId) -> anyhow::Result<()> {
        let (store, scope) = (self.app.store(), &self.scope);
        let staff_id = self.roll.get("hatoba").context("a reviewer")?.0;
        let work = async |tx: Tx| actions::assign_reviewer(&tx, scope, id, staff_id).await;
        store.write(&self.ctx("honbu")?, "assign_reviewer", work).await?;
        let reason = "連携先の団体の役員をしています。";
        let work =
            async |tx: Tx| actions::declare_conflict(&tx, scope, id, None, true, reason).await;
        Ok(store.write(&self.ctx("hatoba")?, "declare_conflict", work).await?)
    }

    async fn stop(&self, id: ProjectId, ward: &Ctx, office: &Ctx) -> anyhow::Result<()> {
        let (store, scope) = (self.app.store(), &self.scope);
        let what = "会場が工事で使えなくなりました。".to_owned();
        let new = &NewChange { kind: ChangeKind::Stop, what, new_yen: None, with_plan: false };
        let work = async |tx: Tx| actions::ask_change(&tx, scope, id, new).await;
        let change = store.write(ward, "request_change", work).await?;
        let answer = "ここまでの実績を報告してください。";
        let work =
            async |tx: Tx| actions::decide_change(&tx, scope, id, change, true, answer).await;
        Ok(store.write(office, "decide_change", work).await?)
    }

    /// Both are asked; those named declare and score.
    async fn review(&self, id: ProjectId, who: &[&str]) -> anyhow::Result<()> {
        let (store, scope) = (self.app.store(), &self.scope);
        for login in ["honbu", "shinsa"] {
            let staff_id = self.roll.get(login).context("a reviewer")?.0;
            let work = async |tx: Tx| actions::assign_reviewer(&tx, scope, id, staff_id).await;
            store.write(&self.ctx("honbu")?, "assign_reviewer", work).await?;
        }

        for (login, score) in who.iter().zip([4, 3]) {
            let reason = "申請書の計画と数字から判断しました。".to_owned();
            let given = |criterion: &Criterion| {
                let (criterion, reason) = (*criterion, reason.clone());
                Score { criterion, score, reason }
            };
            let scores: Vec<Score> = Criterion::ALL.iter().map(given).collect();
            let scores = &scores;
            let work = async |tx: Tx| {
                actions::declare_conflict(&tx, scope, id, None, false, "").await?;
                actions::score(&tx, scope, id, None, scores).await
            };
            store.write(&self.ctx(login)?, "score_project", work).await?;
        }
        Ok(())
    }

    /// Other wards take the model over, or do not.
    async fn spread(&self, round_id: SubsidyRoundId) -> anyhow::Result<()> {
        let (store, scope) = (self.app.store(), &self.scope);
        self.clock.set(self.now - TimeDelta::days(3));
        let all = queries::list_practices(store.reader(), scope).await?;
        let model = all.into_iter().find(|row| row.home.is_some()).context("a model")?;
        let practice_id = model.practice.id;

        let to = *self.wards.get("isogo").context("a ward")?;
        let new = &NewSpread {
            round_id,
            ward_id: to,
            kept: "3人ずつで教えること。".to_owned(),
            changed: "会場を自治会館にします。".to_owned(),
        };
        let work = async |tx: Tx| actions::spread_to(&tx, scope, practice_id, new).await;
        store.write(&self.ctx("isogo")?, "spread_practice", work).await?;

        for (ward, state, reason) in [
            ("midori", SpreadState::Running, "となり町の教室で、3人ずつに分けました。"),
            ("tsuzuki", SpreadState::Trial, "地区センターで1回ためしました。"),
            ("naka", SpreadState::Declined, "会場が見つかりませんでした。"),
        ] {
            let ward_id = *self.wards.get(ward).context("a ward")?;
            let (on_date, reason) = (local_date(self.app.now()), reason.to_owned());
            let new = &NewStep { ward_id, state, on_date, reason };
            let work = async |tx: Tx| actions::record_step(&tx, scope, practice_id, new).await;
            store.write(&self.ctx("honbu")?, "record_practice_step", work).await?;
        }
        Ok(())
    }
}

/// The nine sections, with the figures of every demo project.
fn sections(planned: &Planned, today: NaiveDate) -> Vec<(Section, Content)> {
    let texts = |pairs: &[(&str, &str)]| {
        let texts = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Content { texts: texts.collect(), rows: Vec::new() }
    };
    let rows = |rows: &[&[&str]]| {
        let rows = rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect());
        Content { texts: BTreeMap::new(), rows: rows.collect() }
    };
    let month = |after: u32| {
        let day = today.checked_add_months(Months::new(after)).unwrap_or(today);
        day.format("%Y-%m").to_string()
    };

    let ends_on = today.checked_add_months(Months::new(9)).unwrap_or(today).to_string();
    let months = [month(1), month(3), month(8)];
    let [first, second, third] = months.each_ref().map(String::as_str);

    let mut problem = rows(&[&["スマホを持たない方（見本の数字）", "12.5%", "見本の調査"]]);
    problem.texts.insert("body".to_owned(), "使い方を聞ける人が近くにいません。".to_owned());
    let mut budget = rows(&[
        &["謝金", "教える人 3回", "240000"],
        &["使用料", "会場 3回", "90000"],
        &["印刷費", "ちらしと手引き", "120000"],
        &["通信費", "貸し出す端末", "80000"],
    ]);
    budget.texts.insert("own_yen".to_owned(), "50000".to_owned());
    budget.texts.insert("own_note".to_owned(), "連携先が端末を出します。".to_owned());

    let basics = texts(&[
        ("title", &planned.title),
        ("summary", &planned.what),
        ("starts_on", &today.to_string()),
        ("ends_on", &ends_on),
        ("contact", "区政推進課（見本）"),
    ]);

    vec![
        (Section::Basics, basics),
        (Section::Problem, problem),
        (Section::People, texts(&[("who", &planned.who), ("count", "24")])),
        (Section::Partners, rows(&[&[&planned.partner, "教える人と会場の手配"]])),
        (Section::Plan, rows(&[&[first, "準備とお知らせ"], &[second, "実施"], &[third, "まとめ"]])),
        (Section::Budget, budget),
        (Section::Goals, goals()),
        (Section::Verification, texts(&[("body", "前と後に、同じ10の動作をためします。")])),
        (Section::Spread, texts(&[("body", "会場と教える人がいれば、ほかの区でもできます。")])),
    ]
}

fn goals() -> Content {
    let rows = [
        ["参加した実人数", "人", "0", "20", "事業の終わり", "出席の記録"],
        ["自分で写真を送れる人", "%", "35", "70", "3か月後", "おたずね"],
    ];
    let rows = rows.map(|row| row.map(str::to_owned).to_vec()).to_vec();
    Content { texts: BTreeMap::new(), rows }
}

/// What a ward reports; of a class a few people stand in no record.
fn report(kind: &str) -> ReportDraft {
    let goal = |position: i32, actual: &str, reason: &str| GoalDraft {
        position,
        actual: Some(actual.to_owned()),
        reason: reason.to_owned(),
    };
    let cost = |position: i32, yen: i64, note: &str| CostDraft {
        position,
        yen: Some(yen),
        note: note.to_owned(),
    };
    let of_event = |count: i32| (kind == "event").then_some(count);

    ReportDraft {
        done: "予定どおり行いました。".to_owned(),
        before_after: "前は35%、後は62.5%の方ができました。".to_owned(),
        lessons: "3人までだと、待つ人が出ません。".to_owned(),
        session_count: None,
        attendance_count: of_event(4),
        person_count: of_event(3),
        goals: vec![
            goal(1, "10", "雨の日に休む方がいました。"),
            goal(2, "62.5", "練習の時間が足りませんでした。"),
        ],
        costs: vec![
            cost(1, 200_000, ""),
            cost(2, 75_000, ""),
            cost(3, 60_000, "手引きを減らしました。"),
            cost(4, 65_000, ""),
        ],
    }
}
