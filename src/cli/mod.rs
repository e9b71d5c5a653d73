//! The command line: one file per command that is more than a few lines.

pub mod backup;
pub mod busy;
pub mod check;
pub mod database;
pub mod demo;
pub mod person;
pub mod personal_data;
pub mod run;
pub mod seed;
pub mod serve;
pub mod slots;
pub mod texts;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::people::Role;

/// A booking marketplace for alumni sessions. Settings are environment variables; see the README.
#[derive(Parser, Debug)]
#[command(name = "almanac", version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Migrates the database, serves the site and sends its mail, until SIGTERM or SIGINT
    Serve,
    /// Serves a demonstration on a private database of its own, filled with people and bookings
    Demo,
    /// Brings the database to this version and exits
    Migrate,
    /// Writes the database and all files to one archive, as they are at one moment; the site may run meanwhile
    Backup { file: PathBuf },
    /// Puts a backup in the place of the database and the files; the site must not run
    Restore {
        file: PathBuf,
        /// Deletes the database that is there
        #[arg(long)]
        force: bool,
    },
    /// Makes, updates or imports people
    #[command(subcommand)]
    Person(PersonCommand),
    /// Prints a one-time sign-in link, good for ten minutes
    SignInLink(Email),
    /// Prints a new API token
    Token(MakeToken),
    /// Fills the database with synthetic people and bookings, for measuring
    Seed(Seed),
    /// Reads cases (JSON Lines) and prints the slots of each, one answer a line
    Slots {
        /// Standard input without one
        file: Option<PathBuf>,
    },
    /// Prints when a foreign calendar says that its owner is busy; exit 2: no calendar, 3: too costly
    Busy(Busy),
    /// Takes a bounce or a complaint on standard input, as a mail server hands it to a command: marks the
    /// address and tells coordinators
    Bounce,
    /// Checks configuration, database, zone data, mail server and disk
    Check {
        /// Lists the bookings whose claims on time are not as they must be
        #[arg(long)]
        bookings: bool,
    },
}

#[derive(Subcommand, Debug)]
pub enum PersonCommand {
    /// Makes or updates a person; roles are added to those the person has
    Add(AddPerson),
    /// Gives an account another address; the old one is told
    ChangeEmail {
        #[arg(long)]
        email: String,
        #[arg(long)]
        to: String,
    },
    /// Lets somebody who has lost their phone and their recovery codes sign in by the link alone
    ForgetSecondFactor(Email),
    /// Writes everything about a person to a ZIP file: JSON, and the files they have sent
    Export {
        #[arg(long)]
        email: String,
        file: PathBuf,
    },
    /// Deletes an account for good: cancels what is ahead, leaves what others need without a name
    Erase(Email),
    /// Makes or updates many from a spreadsheet saved as CSV (email,name,roles,zone,graduates_on,standing); all or nothing.
    /// People who are there already have the roles of the file afterwards, and no others
    Import {
        file: PathBuf,
        /// Only says what would change
        #[arg(long)]
        preview: bool,
    },
}

#[derive(Args, Debug)]
pub struct AddPerson {
    #[arg(long)]
    pub email: String,
    #[arg(long)]
    pub name: String,
    #[arg(long, required = true)]
    pub role: Vec<RoleName>,
    /// IANA time zone; UTC for a new person without one
    #[arg(long)]
    pub zone: Option<String>,
}

#[derive(Args, Debug)]
pub struct Email {
    #[arg(long)]
    pub email: String,
}

#[derive(Args, Debug)]
pub struct MakeToken {
    #[arg(long)]
    pub email: String,
    /// What it is for, as its owner finds it in the settings
    #[arg(long, default_value = "Command line")]
    pub name: String,
    /// For how many days it works; without, until it is revoked
    #[arg(long)]
    pub days: Option<u16>,
}

#[derive(Args, Debug)]
pub struct Seed {
    #[arg(long, default_value_t = 100)]
    pub alumni: usize,
    #[arg(long, default_value_t = 100)]
    pub students: usize,
    /// Bookings of each alumnus
    #[arg(long, default_value_t = 10)]
    pub bookings: usize,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum RoleName {
    Student,
    Alumnus,
    Coordinator,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Student => Self::Student,
            RoleName::Alumnus => Self::Alumnus,
            RoleName::Coordinator => Self::Coordinator,
            RoleName::Admin => Self::Admin,
        }
    }
}

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(clap::Args, Debug)]
pub struct Busy {
    pub file: PathBuf,
    /// An RFC 3339 instant
    #[arg(long)]
    pub from: DateTime<Utc>,
    /// An RFC 3339 instant
    #[arg(long)]
    pub until: DateTime<Utc>,
    /// The owner's IANA zone
    #[arg(long)]
    pub zone: String,
    /// An email address of the owner: what they have declined takes no time
    #[arg(long, value_name = "EMAIL")]
    pub owner: Vec<String>,
}
