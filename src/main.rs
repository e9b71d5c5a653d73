use std::{
    env,
    os::unix::process::CommandExt,
    process::{Command as Process, ExitCode},
};

use almanac::cli::{Cli, Command, busy, run};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the allocator reads when a program starts: after how many milliseconds it gives back what was freed.
const PURGE_DELAY: &str = "MIMALLOC_PURGE_DELAY";

fn main() -> ExitCode {
    let cli = Cli::parse();
    if matches!(cli.command, Command::Serve | Command::Demo) && env::var_os(PURGE_DELAY).is_none() {
        start_thrifty();
    }
    match run::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("almanac: {error}");
            let busy = error.downcast_ref::<busy::Unreadable>();
            busy.map_or(ExitCode::FAILURE, |error| error.exit_code().into())
        }
    }
}

/// Begins again, in the same process, with an allocator that gives back at once what is freed: else a few large
/// pictures one after the other take as much as all of them together. Comes back only if that fails, and then
/// the site runs with more memory.
fn start_thrifty() {
    if let Ok(program) = env::current_exe() {
        let mut again = Process::new(program);
        let error = again
            .args(env::args_os().skip(1))
            .env(PURGE_DELAY, "0")
            .exec();
        eprintln!("almanac: running with more memory: {error}");
    }
}
