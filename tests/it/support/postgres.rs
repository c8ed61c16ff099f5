//! A PostgreSQL cluster that lives as long as this process of tests.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::machine::{scratch, when_this_process_ends};

/// The cluster's address without a database name, and what stops it in the end.
/// `SHIRUBE_TEST_PG_URL` names a cluster that is there already. `log` is where the cluster writes
/// what it has to say, if somebody wants to read it afterwards.
pub fn cluster(log: Option<&Path>) -> (String, Option<Child>) {
    if let Ok(url) = std::env::var("SHIRUBE_TEST_PG_URL") {
        return (url.trim_end_matches('/').to_owned(), None);
    }

    let folder = scratch("postgres");
    let programs = programs();
    let as_user = as_user(&folder);
    let data = folder.join("data");

    let run = |program: &str, args: &[&str]| {
        let path = programs.join(program).display().to_string();
        let mut words = as_user.clone();
        words.push(path);
        words.extend(args.iter().map(|arg| (*arg).to_owned()));
        let done = Command::new(&words[0])
            .args(&words[1..])
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(done.success(), "{program} failed");
    };

    let data_text = data.display().to_string();
    // Japanese collation on purpose: nothing of ours may lean on the database's order of text.
    run(
        "initdb",
        &[
            "-D",
            &data_text,
            "-U",
            "shirube",
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--locale-provider=icu",
            "--icu-locale=ja-JP",
            "--no-sync",
        ],
    );

    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // What dies with this process is not kept safe. The least of a log makes a copied database
    // cheap: each test has one.
    let options = format!(
        "-p {port} -k {} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off \
         -c synchronous_commit=off -c wal_level=minimal -c max_wal_senders=0 \
         -c max_connections=300 -c shared_buffers=128MB -c timezone=UTC",
        folder.display()
    );
    let log = log.map_or_else(|| folder.join("log"), Path::to_path_buf).display().to_string();
    run("pg_ctl", &["-D", &data_text, "-o", &options, "-l", &log, "-w", "start"]);

    let stop = format!(
        "cd /; {} '{}' -D '{data_text}' -m immediate stop; rm -rf '{}'",
        as_user.join(" "),
        programs.join("pg_ctl").display(),
        folder.display()
    );
    (format!("postgres://shirube@127.0.0.1:{port}"), Some(when_this_process_ends(&stop)))
}

/// PostgreSQL does not run as root: there it runs as the system's user for it.
fn as_user(folder: &Path) -> Vec<String> {
    let id = Command::new("id").arg("-u").output().unwrap();
    if String::from_utf8_lossy(&id.stdout).trim() != "0" {
        return Vec::new();
    }
    let done = Command::new("chown").arg("postgres").arg(folder).status().unwrap();
    assert!(done.success(), "no user postgres");
    ["runuser", "-u", "postgres", "--"].map(str::to_owned).to_vec()
}

fn programs() -> PathBuf {
    let found = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = found.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    let with_initdb = folders.into_iter().rfind(|folder| folder.join("initdb").exists());
    with_initdb.unwrap_or_else(|| {
        let asked =
            Command::new("pg_config").arg("--bindir").output().expect("PostgreSQL is installed");
        PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim())
    })
}
