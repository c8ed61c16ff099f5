//! Folders of the tests, and what tidies up after them.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A new folder, in memory where the machine offers that.
pub fn scratch(name: &str) -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let folder = base.join(format!("shirube-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs `commands` when this process ends: the pipe to the child closes with it.
pub fn when_this_process_ends(commands: &str) -> Child {
    Command::new("sh")
        .args(["-c", &format!("trap '' INT TERM; cat >/dev/null; {commands}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
