//! A restore that is killed at any of its steps, over a database whose last writes stand only in its log.
//!
//! Whenever it ends, the name holds one whole database, the old one or the copy; the old one is never
//! without a name; and the command can be given again.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{CHILD_ROWS, Way, Writer, is_refused, missing, scratch};

/// What a restore does to files, each the moment before which it is killed. A name may be spelled
/// in several ways.
const STEPS: [&str; 4] = ["rename,renameat,renameat2", "link,linkat", "fsync,fdatasync", "unlink"];
/// More steps of a kind than a restore has.
const MOST: usize = 60;

/// Runs the scenario and its control; answers how many of the two came out wrong.
pub async fn run() -> i32 {
    let folder = scratch();
    let (here, copy) = (folder.join("here.db"), folder.join("copy.db"));
    write_and_die(&here);
    let writer = Writer::open(Way::Ours, &copy).await;
    for name in names("copy") {
        writer.put(&name, false).await.unwrap();
    }
    let Writer::Ours(store) = writer else { unreachable!() };
    store.close().await.unwrap();
    assert!(beside(&here, "-wal").metadata().unwrap().len() > 0, "the log is folded already");

    let (mut killed, mut damaged) = (0, 0);
    for step in STEPS {
        for number in 1..MOST {
            let place = Place::copied(&folder);
            let ended = place.restore(Some((step, number)));
            let whole = place.is_whole().await && place.restore(None) && place.is_whole().await;
            damaged += i32::from(!whole || !place.holds("here.db", "copy").await);
            if ended {
                break;
            }
            killed += 1;
        }
    }
    println!("a restore, killed {killed} times: {damaged} databases damaged");

    // The control: a copy laid over the file, as `cp` does it, meets the log of the old one.
    let place = Place::copied(&folder);
    std::fs::copy(place.0.join("copy.db"), place.0.join("here.db")).unwrap();
    let mixed = !place.holds("here.db", "copy").await;
    println!("control: a copy laid over the file: {}", if mixed { "damaged" } else { "whole" });
    let _ = std::fs::remove_dir_all(&folder);
    i32::from(damaged > 0 || killed < STEPS.len()) + i32::from(!mixed)
}

/// The names of the rows of one kind.
fn names(kind: &str) -> Vec<String> {
    let kept = (0..CHILD_ROWS).filter(|number| !is_refused(*number));
    kept.map(|number| format!("{kind}-{number}")).collect()
}

/// Leaves a database with the rows of `child-…` in its log, as a process does that is killed.
fn write_and_die(path: &Path) {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["child", "ours", &path.display().to_string()])
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(child.success(), "the child failed");
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// A folder of its own with the database, its log and the copy.
struct Place(PathBuf);

impl Place {
    fn copied(from: &Path) -> Self {
        let folder = scratch();
        for name in ["here.db", "here.db-wal", "copy.db"] {
            std::fs::copy(from.join(name), folder.join(name)).unwrap();
        }
        Self(folder)
    }

    /// Restores the copy; with `kill` only until the step of that number. Tells whether it came to
    /// its end.
    fn restore(&self, kill: Option<(&str, usize)>) -> bool {
        let program = env!("CARGO_BIN_EXE_shirube");
        let mut command = match kill {
            None => Command::new(program),
            Some((step, number)) => {
                let mut command = Command::new("strace");
                command.args(["-f", "-qq", "-o", "/dev/null"]);
                command.args(["-e", &format!("trace={step}")]);
                command.args(["-e", &format!("inject={step}:signal=SIGKILL:when={number}")]);
                command.arg(program);
                command
            }
        };
        let database = format!("sqlite://{}", self.0.join("here.db").display());
        command.args(["restore", "--force", "--database", &database]).arg(self.0.join("copy.db"));
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.expect("strace is installed").success()
    }

    /// Whether the database is the old one or the copy, and the old one still there in either case.
    async fn is_whole(&self) -> bool {
        if self.holds("here.db", "child").await {
            return true;
        }
        self.holds("here.db", "copy").await && self.holds("here.db.bak", "child").await
    }

    /// Whether a file holds all rows of one kind and none of the other.
    async fn holds(&self, file: &str, kind: &str) -> bool {
        let path = self.0.join(file);
        if !path.is_file() {
            return false;
        }
        let other = if kind == "copy" { "child" } else { "copy" };
        // A damaged file answers nothing at all.
        let (own, others) = (rows(&path, kind).await, rows(&path, other).await);
        own == Some(names(kind).len()) && others == Some(0)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// How many of the rows of one kind a file holds; nothing where it cannot be read.
async fn rows(path: &Path, kind: &str) -> Option<usize> {
    let (path, names) = (path.to_owned(), names(kind));
    let looked = tokio::spawn(async move { names.len() - missing(&path, &names).await });
    looked.await.ok()
}
