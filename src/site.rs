//! The only file that knows every room: mounts API and pages, names the jobs.
