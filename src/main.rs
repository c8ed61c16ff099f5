//! The program: reads arguments and calls the library.

mod cli;
mod seeds;

fn main() -> std::process::ExitCode {
    cli::run()
}
