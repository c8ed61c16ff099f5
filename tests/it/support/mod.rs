//! What all tests share: the real app on a database of its own, its clock, and people who use it.

mod builders;
mod client;
mod database;
mod invariants;
mod machine;
mod place;
mod postgres;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use entity::platform::outbox;
use entity::staff::login::LoginKind;
use entity::staff::role_grant::{self, Role};
use entity::{MunicipalityId, ProgrammeId, StaffId, WardId};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};
use shirube::platform::clock::TestClock;
use shirube::platform::config::Config;
use shirube::platform::random::Random;
use shirube::platform::{Actor, App, Ctx, Scope, Tx, outbox as jobs};
use shirube::{places, site, staff};

pub use builders::{
    SessionBuilder, a_person, a_session, a_wish, book, class, consultation, person, slots,
    two_hours,
};
pub use client::{Answer, Client};
pub use database::{Database, on_postgres};
pub use place::{LOGINS, PASSWORD, Place};

/// Each app draws other tokens, as each process does.
static SEED: AtomicU64 = AtomicU64::new(1);

/// The clock of a test when it starts.
fn monday() -> Arc<TestClock> {
    Arc::new(TestClock::new(at(2024, 7, 1, 10, 0)))
}

/// The real app with everything behind the gate, as one process of the service runs it.
pub struct TestApp {
    pub app: App,
    pub clock: Arc<TestClock>,
    /// Ids of the small world in which every test starts.
    pub place: Place,
    endpoint: client::Everything,
    database: Arc<Database>,
}

impl TestApp {
    /// A new app on a new database; it is Monday, 2024-07-01, 10:00 in Japan.
    pub async fn start() -> Self {
        Self::start_with(Config::default()).await
    }

    /// As [`TestApp::start`], with other settings.
    pub async fn start_with(config: Config) -> Self {
        let database = Arc::new(Database::new().await);
        Self::on(database, monday(), config).await
    }

    /// One more process on the same database with the same clock.
    pub async fn again(&self) -> Self {
        Self::on(self.database.clone(), self.clock.clone(), self.app.config().clone()).await
    }

    /// The service over a database that a test filled itself.
    pub async fn over(database: Database) -> Self {
        Self::on(Arc::new(database), monday(), Config::default()).await
    }

    async fn on(database: Arc<Database>, clock: Arc<TestClock>, config: Config) -> Self {
        site::open();
        let store = database.connect().await;
        let home = places::queries::find_municipality_by_code(store.reader(), &config.home_code)
            .await
            .unwrap()
            .unwrap();
        let random = Random::from_seed(SEED.fetch_add(1, Ordering::Relaxed));
        let app = App::new(store, clock.clone(), random, config, home);
        let endpoint = client::everything(&app);
        let place = database.place.clone();
        Self { app, clock, place, endpoint, database }
    }

    /// The address of the database, for another process.
    pub fn database_url(&self) -> &str {
        &self.database.url
    }

    /// Somebody without a login.
    pub fn anonymous(&self) -> Client {
        Client::new(self.endpoint.clone())
    }

    /// Serves calls in Chiyoda, all programmes.
    pub async fn operator(&self) -> Client {
        self.logged_in("operator").await
    }

    /// Plans classes and consultations in Chiyoda, not events.
    pub async fn coordinator(&self) -> Client {
        self.logged_in("coordinator").await
    }

    /// Teaches classes in Chiyoda.
    pub async fn teacher(&self) -> Client {
        self.logged_in("teacher").await
    }

    /// Administers Chiyoda.
    pub async fn administrator(&self) -> Client {
        self.logged_in("administrator").await
    }

    /// Reads the audit log of Chiyoda.
    pub async fn auditor(&self) -> Client {
        self.logged_in("auditor").await
    }

    /// An officer of Yokohama's ward Konan.
    pub async fn ward_officer(&self) -> Client {
        self.logged_in("ward_officer").await
    }

    /// An officer of Yokohama's ward Kohoku.
    pub async fn other_officer(&self) -> Client {
        self.logged_in("other_officer").await
    }

    /// Runs all programmes of Yokohama, from headquarters.
    pub async fn headquarters(&self) -> Client {
        self.logged_in("headquarters").await
    }

    /// As [`TestApp::headquarters`], and an officer of Kohoku too.
    pub async fn second_reviewer(&self) -> Client {
        self.logged_in("second_reviewer").await
    }

    /// Serves calls in Yokohama: sees nothing of Chiyoda.
    pub async fn stranger(&self) -> Client {
        self.logged_in("stranger").await
    }

    /// Gives somebody one more role, from 2024-04-01: of a whole municipality, or of a programme or
    /// a ward of it.
    pub async fn give(
        &self,
        staff_id: StaffId,
        town: MunicipalityId,
        role: Role,
        programme_id: Option<ProgrammeId>,
        ward_id: Option<WardId>,
    ) {
        let row = &role_grant::ActiveModel {
            staff_id: Set(staff_id),
            municipality_id: Set(town),
            role: Set(role),
            programme_id: Set(programme_id),
            ward_id: Set(ward_id),
            from_on: Set(day(2024, 4, 1)),
            until_on: Set(None),
            ..Default::default()
        };
        let work = async |tx: Tx| {
            role_grant::Entity::insert(row.clone()).exec(tx.db()).await?;
            Ok(())
        };
        self.app.store().write(&self.ctx_system(), "give", work).await.unwrap();
    }

    /// Logs in by the real login, once as a browser and once for the API.
    pub async fn logged_in(&self, login: &str) -> Client {
        let ctx = self.ctx_anonymous();
        let secret = async |kind| {
            staff::actions::log_in(&self.app, &ctx, login, PASSWORD, kind).await.unwrap().secret
        };
        let (cookie, token) = (secret(LoginKind::Browser).await, secret(LoginKind::Token).await);
        Client::with_login(self.endpoint.clone(), cookie, token)
    }

    /// Everybody the table of roles is about: name and client.
    pub async fn everybody(&self) -> Vec<(&'static str, Client)> {
        let mut all = vec![("anonymous", self.anonymous())];
        for login in place::LOGINS {
            all.push((login, self.logged_in(login).await));
        }
        all
    }

    /// The current instant of the test.
    pub fn now(&self) -> DateTime<Utc> {
        self.app.now()
    }

    /// A context of the house itself, for Chiyoda.
    pub fn ctx_system(&self) -> Ctx {
        self.app.system_ctx(self.place.chiyoda, "test")
    }

    /// A context of nobody.
    pub fn ctx_anonymous(&self) -> Ctx {
        let mut ctx = self.ctx_system();
        ctx.actor = Actor::Anonymous;
        ctx
    }

    /// All of Chiyoda.
    pub fn scope(&self) -> Scope {
        Scope::whole(self.place.chiyoda)
    }

    /// Does all jobs that are due, and what they bring about.
    pub async fn run_jobs(&self) -> usize {
        jobs::run_due(&self.app, "test", site::handlers()).await.unwrap()
    }

    /// Does what is left to do; then no invariant may be broken, no job due and none failing.
    pub async fn finish(self) {
        self.run_jobs().await;
        assert_eq!(jobs::waiting_count(self.app.store(), self.now()).await.unwrap(), 0);
        let failing: Vec<_> = outbox::Entity::find()
            .filter(outbox::Column::DoneAt.is_null())
            .filter(outbox::Column::LastError.is_not_null())
            .all(self.app.store().reader())
            .await
            .unwrap()
            .into_iter()
            .map(|job| (job.kind, job.last_error))
            .collect();
        assert!(failing.is_empty(), "jobs that fail: {failing:?}");
        self.check_invariants().await;
    }

    /// No invariant may be broken (`invariants.sql`).
    pub async fn check_invariants(&self) {
        let broken = invariants::violations(self.app.store()).await;
        assert!(broken.is_empty(), "broken invariants: {broken:#?}");
    }

    /// Takes the checks of stored forms from a table, so that it can hold what earlier versions stored.
    pub async fn forget_forms(&self, table: &str) {
        let db = self.app.store().reader();
        let (names, on_table) = if on_postgres() {
            let names = format!(
                "SELECT tgname::text AS name FROM pg_trigger \
                 WHERE tgrelid = '{table}'::regclass AND tgname LIKE 'form_%'"
            );
            (names, format!(" ON {table}"))
        } else {
            let names = format!(
                "SELECT name FROM sqlite_master \
                 WHERE type = 'trigger' AND tbl_name = '{table}' AND name LIKE 'form_%'"
            );
            (names, String::new())
        };
        let names = Statement::from_string(db.get_database_backend(), names);
        for row in db.query_all_raw(names).await.unwrap() {
            let name: String = row.try_get("", "name").unwrap();
            db.execute_unprepared(&format!("DROP TRIGGER {name}{on_table}")).await.unwrap();
        }
    }

    /// Moves the clock.
    pub fn advance(&self, step: TimeDelta) {
        self.clock.advance(step);
    }

    /// Serves the app on a free port of this machine until the test ends, for tests of the wire.
    pub async fn listen(&self) -> std::net::SocketAddr {
        let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = shirube::platform::web::server::listen(any).unwrap();
        let address = listener.local_addr().unwrap();
        let endpoint = site::endpoint(self.app.clone());
        tokio::spawn(shirube::platform::web::server::serve(
            listener,
            endpoint,
            std::future::pending(),
        ));
        address
    }
}

/// An instant given in Japanese time.
pub fn at(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, month, day, hour, minute, 0).unwrap() - TimeDelta::hours(9)
}

/// A day.
pub fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}
