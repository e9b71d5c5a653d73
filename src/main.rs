use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match almanac::cli::run(almanac::cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("almanac: {error}");
            let busy = error.downcast_ref::<almanac::cli::busy::Unreadable>();
            busy.map_or(ExitCode::FAILURE, |error| error.exit_code().into())
        }
    }
}
