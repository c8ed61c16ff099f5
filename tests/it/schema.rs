//! The migrated schema and the entities say the same, on either database.

use std::collections::BTreeMap;

use entity::bookings::booking::{Attendance, BookingState, TakenBy, Via};
use entity::goals::goal_actual::Metric;
use entity::goals::goal_cell::CellKind;
use entity::goals::goal_change::ChangedField;
use entity::goals::goal_edition::EditionState;
use entity::goals::goal_measure::{Direction, MeasureKind};
use entity::goals::goal_plan::PeriodStyle;
use entity::goals::goal_review::Achievement;
use entity::inquiries::inquiry::{InquiryChannel, InquiryState, Outcome, Topic};
use entity::notices::delivery::DeliveryState;
use entity::notices::notice::NoticeKind;
use entity::paths::path_evidence::SurveyFinding;
use entity::paths::path_step::{OverrideReason, StepKind, StepState};
use entity::programmes::programme_result::PeopleUnit;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{AgeBand, Device, Mobility, Need, Standing};
use entity::residents::resident_barrier::Barrier;
use entity::residents::resident_question::QuestionState;
use entity::residents::timeline_entry::TimelineKind;
use entity::routers::router::{PlaceKind, Purpose, RouterKind, RouterState};
use entity::routers::router_test::TestResult;
use entity::routers::tv_push_trial::TrialOutcome;
use entity::sessions::session::{Allocation, SessionKind, SessionState};
use entity::staff::assignment::Duty;
use entity::staff::login::LoginKind;
use entity::staff::role_grant::Role;
use entity::subsidies::application_section::Section;
use entity::subsidies::payment::PaymentKind;
use entity::subsidies::practice_step::SpreadState;
use entity::subsidies::project::{ProjectKind, ProjectState};
use entity::subsidies::project_change::{ChangeKind, ChangeState};
use entity::subsidies::project_deadline::DeadlineKind;
use entity::subsidies::project_decision::DecisionOutcome;
use entity::subsidies::review_score::Criterion;
use entity::subsidies::section_message::MessageKind;
use entity::surveys::class_answers::ClassMoment;
use entity::surveys::follow_up::{
    AnswerVia, AnsweredBy, CloseReason, FollowUpState, Replan, Retention,
};
use entity::surveys::survey_call::CallOutcome;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, IdenStatic, Iterable, Statement,
};
use shirube::platform::Store;

use crate::support::{Database, TestApp, on_postgres};

/// Column name and whether it takes NULL, by table.
type Shape = BTreeMap<String, BTreeMap<String, bool>>;

fn entity_shape() -> Shape {
    let mut shape = Shape::new();

    fn add<E: EntityTrait>(shape: &mut Shape, entity: E) {
        let columns = E::Column::iter()
            .map(|column| (column.as_str().to_owned(), column.def().is_null()))
            .collect();
        shape.insert(entity.table_name().to_owned(), columns);
    }

    macro_rules! add_all {
        ($($room:ident { $($table:ident)+ })+) => {
            $($(add(&mut shape, entity::$room::$table::Entity);)+)+
        };
    }

    add_all! {
        platform { audit form_draft heartbeat house_fact idempotency outbox rate_counter schema_floor }
        places { area closure municipality room venue ward }
        routers { bwa_milestone router router_change router_test tv_push_trial }
        staff { assignment login role_grant staff_busy staff_device staff_member }
        residents {
            consent contact_channel resident resident_barrier resident_gram resident_phone
            resident_question timeline_entry
        }
        programmes { programme programme_plan programme_result }
        goals {
            goal_actual goal_cell goal_change goal_edition goal_frozen goal_item goal_measure
            goal_plan goal_procedure goal_review goal_saving goal_theme
        }
        sessions { room_busy session slot }
        bookings { booking booking_origin resident_busy web_application }
        paths { path path_evidence path_step }
        inquiries { inquiry }
        surveys { class_answers follow_up follow_up_booking survey_call }
        notices { delivery notice }
        subsidies {
            application_section application_version budget_line cost_result goal_result payment
            practice practice_step project project_change project_deadline project_decision
            project_goal project_report project_retention project_session review_score reviewer section_message
            subsidy_round
        }
    }

    shape
}

async fn rows(db: &DatabaseConnection, sql: String) -> Vec<sea_orm::QueryResult> {
    db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap()
}

async fn database_shape(store: &Store) -> Shape {
    let db = store.reader();
    let mut shape = Shape::new();

    if on_postgres() {
        let sql = "SELECT table_name::text AS t, column_name::text AS c, is_nullable = 'YES' AS n \
                   FROM information_schema.columns WHERE table_schema = 'public'";
        for row in rows(db, sql.to_owned()).await {
            let (table, column): (String, String) =
                (row.try_get("", "t").unwrap(), row.try_get("", "c").unwrap());
            let nullable: bool = row.try_get("", "n").unwrap();
            shape.entry(table).or_default().insert(column, nullable);
        }
    } else {
        let sql = "SELECT m.name AS t, p.name AS c, p.\"notnull\" AS n, p.pk AS k \
                   FROM sqlite_master m, pragma_table_info(m.name) p \
                   WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
        for row in rows(db, sql.to_owned()).await {
            let (table, column): (String, String) =
                (row.try_get("", "t").unwrap(), row.try_get("", "c").unwrap());
            let (not_null, key): (i32, i32) =
                (row.try_get("", "n").unwrap(), row.try_get("", "k").unwrap());
            // SQLite does not say NOT NULL for the parts of a primary key.
            shape.entry(table).or_default().insert(column, not_null == 0 && key == 0);
        }
    }

    shape.remove("seaql_migrations");
    shape
}

#[tokio::test]
async fn every_column_of_an_entity_is_in_the_schema_and_no_other() {
    let app = TestApp::start().await;
    let (entities, database) = (entity_shape(), database_shape(app.app.store()).await);
    assert_eq!(
        entities.keys().collect::<Vec<_>>(),
        database.keys().collect::<Vec<_>>(),
        "tables differ"
    );
    for (table, columns) in entities {
        assert_eq!(columns, database[&table], "columns of {table} (name: may be empty)");
    }
}

/// Table, column and all values of each enum.
fn enums() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    macro_rules! values {
        ($($table:literal $column:literal $kind:ident),+ $(,)?) => {
            vec![$(($table, $column, $kind::ALL.iter().map(|value| value.as_str()).collect())),+]
        };
    }

    values![
        "login" "kind" LoginKind,
        "role_grant" "role" Role,
        "assignment" "duty" Duty,
        "resident" "age_band" AgeBand,
        "resident" "device" Device,
        "resident" "hearing" Need,
        "resident" "vision" Need,
        "resident" "mobility" Mobility,
        "resident" "standing" Standing,
        "contact_channel" "channel" Channel,
        "resident_barrier" "barrier" Barrier,
        "resident_question" "state" QuestionState,
        "timeline_entry" "kind" TimelineKind,
        "programme_plan" "kind" SessionKind,
        "programme_result" "kind" SessionKind,
        "programme_result" "people_unit" PeopleUnit,
        "goal_plan" "style" PeriodStyle,
        "goal_edition" "state" EditionState,
        "goal_measure" "kind" MeasureKind,
        "goal_measure" "direction" Direction,
        "goal_cell" "kind" CellKind,
        "goal_actual" "metric" Metric,
        "goal_actual" "session_kind" SessionKind,
        "goal_review" "achievement" Achievement,
        "goal_change" "field" ChangedField,
        "session" "kind" SessionKind,
        "session" "allocation" Allocation,
        "session" "state" SessionState,
        "booking" "state" BookingState,
        "booking" "via" Via,
        "booking" "taken_by" TakenBy,
        "booking" "attendance" Attendance,
        "path_step" "kind" StepKind,
        "path_step" "state" StepState,
        "path_step" "override_reason" OverrideReason,
        "path_evidence" "survey" SurveyFinding,
        "follow_up" "state" FollowUpState,
        "follow_up" "close_reason" CloseReason,
        "follow_up" "answered_by" AnsweredBy,
        "follow_up" "answered_via" AnswerVia,
        "follow_up" "result" Retention,
        "follow_up" "replan" Replan,
        "survey_call" "outcome" CallOutcome,
        "class_answers" "moment" ClassMoment,
        "inquiry" "channel" InquiryChannel,
        "inquiry" "state" InquiryState,
        "inquiry" "topic" Topic,
        "inquiry" "outcome" Outcome,
        "notice" "kind" NoticeKind,
        "delivery" "channel" Channel,
        "delivery" "state" DeliveryState,
        "router" "kind" RouterKind,
        "router" "state" RouterState,
        "router" "purpose" Purpose,
        "router" "place_kind" PlaceKind,
        "router_change" "state" RouterState,
        "router_test" "result" TestResult,
        "tv_push_trial" "outcome" TrialOutcome,
        "project" "kind" ProjectKind,
        "project" "state" ProjectState,
        "application_section" "section" Section,
        "section_message" "section" Section,
        "section_message" "kind" MessageKind,
        "review_score" "criterion" Criterion,
        "project_decision" "outcome" DecisionOutcome,
        "project_change" "kind" ChangeKind,
        "project_change" "state" ChangeState,
        "payment" "kind" PaymentKind,
        "practice" "people_unit" PeopleUnit,
        "practice_step" "state" SpreadState,
        "project_deadline" "kind" DeadlineKind,
    ]
}

/// The `CHECK (column IN (...))` conditions of a table, as lists of their words.
async fn word_lists(store: &Store, table: &str) -> Vec<(String, Vec<String>)> {
    let db = store.reader();
    let sql = if on_postgres() {
        format!(
            "SELECT pg_get_constraintdef(oid) AS d FROM pg_constraint \
             WHERE contype = 'c' AND conrelid = '{table}'::regclass"
        )
    } else {
        format!("SELECT sql AS d FROM sqlite_master WHERE name = '{table}'")
    };

    let mut found = Vec::new();
    for row in rows(db, sql).await {
        let text: String = row.try_get("", "d").unwrap();
        for part in text.split("CHECK").skip(1) {
            let part = in_brackets(part);
            let words = quoted(part);
            let column = part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            if let Some(column) = column.into_iter().find(|word| !word.is_empty())
                && !words.is_empty()
            {
                found.push((column.to_owned(), words));
            }
        }
    }

    found
}

/// The text up to where the first bracket closes.
fn in_brackets(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return &text[..at],
            ')' => depth -= 1,
            _ => {}
        }
    }
    text
}

fn quoted(text: &str) -> Vec<String> {
    text.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_value_of_an_enum_passes_the_check_and_no_other_word_does() {
    let app = TestApp::start().await;
    for (table, column, values) in enums() {
        let lists = word_lists(app.app.store(), table).await;
        let mut want: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        want.sort();
        let fits = lists.iter().any(|(checked, words)| {
            let mut words = words.clone();
            words.sort();
            checked == column && words == want
        });
        assert!(fits, "{table}.{column}: {want:?} in {lists:?}");
    }
}

#[tokio::test]
async fn the_schema_can_be_taken_down_and_built_again() {
    use migration::{Migrator, MigratorTrait};
    let database = Database::empty().await;
    let store = database.connect().await;
    store.migrate().await.unwrap();
    let first = database_shape(&store).await;
    assert!(first.len() > 20);
    Migrator::down(store.reader(), None).await.unwrap();
    assert_eq!(database_shape(&store).await, Shape::new());
    store.migrate().await.unwrap();
    assert_eq!(database_shape(&store).await, first);
    assert!(store.schema().await.unwrap().is_usable());
}

#[tokio::test]
async fn a_new_world_breaks_no_invariant() {
    let app = TestApp::start().await;
    app.anonymous().get("/healthz").await.expect(200);
    app.anonymous().get("/readyz").await.expect(200);
    app.finish().await;
}

#[tokio::test]
#[should_panic(expected = "A session counts exactly the bookings that take a seat")]
async fn a_broken_invariant_is_found() {
    let app = TestApp::start().await;
    let place = app.place.clone();

    let session = entity::sessions::session::ActiveModel {
        municipality_id: sea_orm::Set(place.chiyoda),
        programme_id: sea_orm::Set(place.classes),
        venue_id: sea_orm::Set(place.branch),
        code: sea_orm::Set("broken".to_owned()),
        kind: sea_orm::Set(SessionKind::ClassBasic),
        title_ja: sea_orm::Set("試験".to_owned()),
        title_en: sea_orm::Set("Test".to_owned()),
        bring_ja: sea_orm::Set(String::new()),
        bring_en: sea_orm::Set(String::new()),
        starts_at: sea_orm::Set(crate::support::at(2024, 7, 10, 14, 0)),
        ends_at: sea_orm::Set(crate::support::at(2024, 7, 10, 16, 0)),
        capacity: sea_orm::Set(12),
        taken: sea_orm::Set(3),
        allocation: sea_orm::Set(Allocation::FirstCome),
        state: sea_orm::Set(SessionState::Planned),
        is_public: sea_orm::Set(true),
        created_at: sea_orm::Set(app.now()),
        updated_at: sea_orm::Set(app.now()),
        ..Default::default()
    };

    let (ctx, session) = (app.ctx_system(), &session);
    let done = app.app.store().write(&ctx, "break", |tx| async move {
        entity::sessions::session::Entity::insert(session.clone()).exec(tx.db()).await?;
        Ok(())
    });
    done.await.unwrap();

    app.check_invariants().await;
}

/// A database knows its steps by these names: another name would run a step again.
#[test]
fn a_step_of_the_schema_is_named_after_its_file() {
    use migration::{Migrator, MigratorTrait};
    let names: Vec<String> =
        Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migration/src");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|file| file.unwrap().file_name().into_string().ok())
        .filter_map(|file| Some(file.strip_suffix(".rs")?.to_owned()))
        .filter(|name| name.starts_with("m0"))
        .collect();
    files.sort();
    assert_eq!(names, files);
}
