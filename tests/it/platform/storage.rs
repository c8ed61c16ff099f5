//! What is stored, where, and by which program.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use chrono::TimeDelta;
use entity::MunicipalityId;
use entity::notices::delivery;
use entity::platform::outbox;
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait};
use serde_json::json;
use shirube::notices::actions::hold_all;
use shirube::platform::{Ctx, Error, Store, heartbeat, outbox as jobs};
use sqlx::{ConnectOptions, Connection, Executor};

use crate::support::{Database, TestApp, at, book, class, on_postgres, person};

/// Runs the command line on a database.
async fn shirube(url: &str, args: &[&str]) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_shirube"));
    command.args(args).env("SHIRUBE_DATABASE", url);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_that_only_adds_keeps_this_program_ready_and_one_that_takes_away_does_not() {
    let t = TestApp::start().await;
    let db = t.app.store().reader();
    t.anonymous().get("/readyz").await.expect(200);
    db.execute_unprepared(
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_next', 1)",
    )
    .await
    .unwrap();
    t.anonymous().get("/readyz").await.expect(200);
    t.app.store().migrate().await.unwrap();
    db.execute_unprepared("INSERT INTO schema_floor (step) VALUES ('m9999_next')").await.unwrap();
    t.anonymous().get("/readyz").await.expect(503);
    let refused = t.app.store().migrate().await.unwrap_err().to_string();
    assert!(refused.contains("newer release"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_means_that_something_was_stored_lately() {
    let t = TestApp::start().await;
    heartbeat::beat(&t.app, "this process").await.unwrap();
    t.anonymous().get("/readyz").await.expect(200);
    t.advance(TimeDelta::seconds(36));
    t.anonymous().get("/readyz").await.expect(503);
    heartbeat::beat(&t.app, "this process").await.unwrap();
    t.anonymous().get("/readyz").await.expect(200);
    // What cannot be stored shows at once.
    t.app.store().reader().execute_unprepared("DROP TABLE heartbeat").await.unwrap();
    assert!(heartbeat::beat(&t.app, "this process").await.is_err());
    t.anonymous().get("/readyz").await.expect(503);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_goes_on_after_a_failed_statement_is_not_kept() {
    let t = TestApp::start().await;
    let store = t.app.store();
    let before = outbox::Entity::find().count(store.reader()).await.unwrap();
    let hidden = store
        .write(&t.ctx_system(), "hide", |tx| async move {
            let _ = tx.db().execute_unprepared("INSERT INTO nowhere VALUES (1)").await;
            let next = "INSERT INTO schema_floor (step) VALUES ('never')";
            let _ = tx.db().execute_unprepared(next).await;
            Ok(())
        })
        .await;
    assert!(matches!(hidden, Err(Error::Internal(_))), "{hidden:?}");
    assert!(store.schema().await.unwrap().lost.is_empty());
    assert_eq!(outbox::Entity::find().count(store.reader()).await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_of_another_program_is_refused_untouched() {
    if on_postgres() {
        let database = Database::empty().await;
        let store = database.connect().await;
        store.reader().execute_unprepared("CREATE TABLE theirs (id bigint)").await.unwrap();
        let refused = store.migrate().await.unwrap_err().to_string();
        assert!(refused.contains("another program"), "{refused}");
        assert_eq!(store.schema().await.unwrap().newer, Vec::<String>::new());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut theirs = options.connect().await.unwrap();
    theirs.execute("CREATE TABLE theirs (id integer)").await.unwrap();
    theirs.close().await.unwrap();
    let before = std::fs::read(&path).unwrap();
    let refused = Store::connect(&format!("sqlite://{}", path.display())).await;
    let refused = refused.err().unwrap().to_string();
    assert!(refused.contains("another program"), "{refused}");
    assert_eq!(std::fs::read(&path).unwrap(), before, "somebody else's file was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_and_its_copies_are_their_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (here, copy) = (folder.path().join("here.db"), folder.path().join("copy.db"));
    let url = format!("sqlite://{}", here.display());
    assert!(shirube(&url, &["migrate"]).await.status.success());
    assert_eq!(mode(&here), 0o600);
    // One that an earlier release made is closed to others.
    std::fs::set_permissions(&here, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(shirube(&url, &["backup", &copy.display().to_string()]).await.status.success());
    assert_eq!((mode(&here), mode(&copy)), (0o600, 0o600));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_is_refused_while_the_database_is_in_use_and_keeps_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let (here, copy) = (folder.path().join("here.db"), folder.path().join("copy.db"));
    let copy = copy.display().to_string();
    let url = format!("sqlite://{}", here.display());
    assert!(shirube(&url, &["migrate"]).await.status.success());
    let before = Store::connect(&url).await.unwrap();
    let ctx = Ctx::system(MunicipalityId(0), at(2024, 7, 1, 10, 0), "test");
    let queue = |tx| async move {
        jobs::enqueue(&tx, "send_mail", &json!({}), "open".to_owned(), tx.now()).await?;
        tx.audit("outbox", 0, json!({}));
        Ok(())
    };
    before.write(&ctx, "test", queue).await.unwrap();
    before.close().await.unwrap();
    assert!(shirube(&url, &["backup", &copy]).await.status.success());

    let running = Store::connect(&url).await.unwrap();
    let note = "INSERT INTO schema_floor (step) VALUES ('m0001_platform')";
    running.reader().execute_unprepared(note).await.unwrap();
    let refused = shirube(&url, &["restore", &copy, "--force"]).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("in use"), "{}", said(&refused));
    running.close().await.unwrap();

    // Another program has it open: no lock of ours, but SQLite's own.
    let other = sqlx::sqlite::SqliteConnectOptions::new().filename(&here);
    let mut other = other.connect().await.unwrap();
    other.execute("SELECT count(*) FROM schema_floor").await.unwrap();
    let refused = shirube(&url, &["restore", &copy, "--force"]).await;
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    other.close().await.unwrap();

    assert!(shirube(&url, &["restore", &copy, "--force"]).await.status.success());
    let rows = async |path: &Path, sql: &'static str| {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
        let mut open = options.connect().await.unwrap();
        let found = sqlx::query(sql).fetch_all(&mut open).await.unwrap().len();
        open.close().await.unwrap();
        found
    };
    let old = folder.path().join("here.db.bak");
    let floor = "SELECT 1 FROM schema_floor";
    assert_eq!((rows(&here, floor).await, rows(&old, floor).await), (0, 1));
    // What the copy would send waits for a person's word.
    let held = "SELECT 1 FROM outbox WHERE held_at IS NOT NULL";
    assert_eq!((rows(&here, held).await, rows(&old, held).await), (1, 0));
    assert_eq!((mode(&here), mode(&old)), (0o600, 0o600));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_none_is_refused_at_the_start() {
    let database = Database::new().await;
    for smtp in ["nonsense", "http://mail.example.jp"] {
        let refused = shirube(&database.url, &["check", "--smtp", smtp]).await;
        let listed = String::from_utf8_lossy(&refused.stdout).into_owned();
        assert!(listed.contains("--smtp") && !refused.status.success(), "{listed}");
        let serve = ["serve", "--listen", "127.0.0.1:0", "--smtp", smtp];
        let refused = shirube(&database.url, &serve).await;
        assert!(
            !refused.status.success() && said(&refused).contains("--smtp"),
            "{}",
            said(&refused)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_copy_would_send_waits_for_a_persons_word() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 22, 10, 0), 3).await;
    let ctx = &t.ctx_system();
    for kana in ["いちばん", "にばん"] {
        book(&t, session, person(&t, kana).await).await.unwrap();
    }
    t.run_jobs().await;
    let waiting = delivery::Entity::find().count(t.app.store().reader()).await.unwrap();
    assert!(waiting > 0, "nothing would go out");
    let held = shirube(t.database_url(), &["hold"]).await;
    assert!(held.status.success(), "{}", said(&held));
    assert!(String::from_utf8_lossy(&held.stdout).contains("are held: decide about them"));
    let empty = Database::empty().await;
    let refused = shirube(&empty.url, &["hold"]).await;
    assert!(said(&refused).contains("shirube migrate"), "{}", said(&refused));

    let operator = t.operator().await;
    let queue = operator.get("/post").await.expect(200);
    assert!(queue.text.contains("/post/held"), "nobody is told that work is held");
    assert!(!queue.text.contains("/post/posted") && !queue.text.contains("/post/calls/"));
    let page = operator.get("/post/held").await.expect(200);
    let kinds: Vec<&str> = ["way:letter", "way:phone"]
        .into_iter()
        .filter(|kind| page.text.contains(&format!("value=\"{kind}\"")))
        .collect();
    assert!(!kinds.is_empty(), "{}", page.text);
    for kind in &kinds {
        let answer = [("kind", *kind), ("verdict", "release")];
        operator.post_form("/post/held", &answer).await.expect(303);
        operator.post_form("/post/held", &answer).await.expect(404);
    }
    let queue = operator.get("/post").await.expect(200);
    assert!(queue.text.contains("/post/print") || queue.text.contains("/post/calls/"));

    // Held once more, and never sent.
    t.app.store().write(ctx, "hold", |tx| async move { hold_all(&tx).await }).await.unwrap();
    for kind in &kinds {
        let answer = [("kind", *kind), ("verdict", "discard")];
        let question = operator.post_form("/post/held", &answer).await.expect(200);
        assert!(question.text.contains("元には戻せません"), "nothing is dropped unasked");
        let answer = [("kind", *kind), ("verdict", "discard"), ("sure", "99")];
        operator.post_form("/post/held", &answer).await.expect(200);
        let sure = question.field("sure");
        let answer = [("kind", *kind), ("verdict", "discard"), ("sure", &*sure)];
        operator.post_form("/post/held", &answer).await.expect(303);
    }
    let queue = operator.get("/post").await.expect(200);
    assert!(!queue.text.contains("/post/print") && !queue.text.contains("/post/calls/"));
    t.finish().await;
}
