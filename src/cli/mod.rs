//! The command line: one file per command that is more than a few lines.

pub mod backup;
pub mod busy;
pub mod check;
pub mod database;
pub mod demo;
pub mod matching;
pub mod person;
pub mod personal_data;
pub mod program;
pub mod run;
pub mod seed;
pub mod serve;
pub mod slots;

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
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
    /// Migrates the database, serves the site and sends its emails, until SIGTERM or SIGINT
    Serve,
    /// Serves a demonstration on a private database of its own, filled with people and bookings
    Demo,
    /// Updates the database to this version and exits
    Migrate,
    /// Writes the database and all files to one archive, as they are at one moment; the site can keep running
    Backup { file: PathBuf },
    /// Replaces the database and the files with a backup; the site must be stopped
    Restore {
        file: PathBuf,
        /// Deletes the existing database first
        #[arg(long)]
        force: bool,
    },
    /// Creates, updates or imports people
    #[command(subcommand)]
    Person(PersonCommand),
    /// Prints a one-time sign-in link, valid for ten minutes
    SignInLink(Email),
    /// Prints a new API token
    Token(MakeToken),
    /// Fills the database with synthetic people and bookings, for measuring
    Seed(Seed),
    /// Reads cases (JSON Lines) and prints the slots of each, one answer per line
    Slots {
        /// Standard input if not given
        file: Option<PathBuf>,
    },
    /// Prints when an external calendar shows its owner as busy; exits with 2 if it is not a calendar, 3 if it is too costly
    Busy(Busy),
    /// Reads who can be matched (JSON), and prints the best pairs with a proof that they are the best
    Match {
        /// Standard input if not given
        file: Option<PathBuf>,
        /// Only verifies this result of the instance, without making pairs
        #[arg(long)]
        check: Option<PathBuf>,
    },
    /// Checks, imports, exports and compares program files
    #[command(subcommand)]
    Program(ProgramCommand),
    /// Reads a bounce or a complaint from standard input, as a mail server passes it to a command: marks the
    /// address and tells coordinators
    Bounce,
    /// Checks configuration, database, zone data, mail server and disk
    Check {
        /// Lists the bookings whose claims on time are wrong
        #[arg(long)]
        bookings: bool,
    },
}

#[derive(Subcommand, Debug)]
pub enum PersonCommand {
    /// Creates or updates a person; roles are added to those the person has
    Add(AddPerson),
    /// Changes the email address of an account; the old address gets an email
    ChangeEmail {
        #[arg(long)]
        email: String,
        #[arg(long)]
        to: String,
    },
    /// Lets somebody who has lost their phone and their recovery codes sign in with the link alone
    ForgetSecondFactor(Email),
    /// Writes everything about a person to a ZIP file: JSON, and the files they have sent
    Export {
        #[arg(long)]
        email: String,
        file: PathBuf,
    },
    /// Deletes an account for good: cancels upcoming sessions, and keeps what others need without a name
    Erase(Email),
    /// Creates or updates many people from a spreadsheet saved as CSV (email,name,roles,zone,graduates_on,standing); all or nothing.
    /// Existing people get the roles in the file, and no others
    Import {
        file: PathBuf,
        /// Only shows what would change
        #[arg(long)]
        preview: bool,
    },
}

#[derive(Subcommand, Debug)]
pub enum ProgramCommand {
    /// Lists the built-in programs, or prints one as a program file
    Template { name: Option<String> },
    /// Prints the JSON Schema of a program file
    Schema,
    /// Prints what is wrong with a program file, a line each; exits with 1 if anything keeps it from being published
    Check {
        file: PathBuf,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
        /// Also notes which dates have passed on that day
        #[arg(long)]
        today: Option<NaiveDate>,
    },
    /// Takes a program file in as a draft
    Import {
        file: PathBuf,
        /// Instead of the slug in the file
        #[arg(long)]
        slug: Option<String>,
    },
    /// Prints the latest version of a program
    Export { slug: String },
    /// Plays a whole cohort with invented people on a clock of its own, and prints what happens, one JSON object a line.
    /// It works in a database of its own, which it drops
    Rehearse {
        file: PathBuf,
        /// How many apply, four mentees to three mentors
        #[arg(long, default_value_t = 70)]
        people: usize,
        /// The same seed plays the same
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Prints what two program files, or programs of the site, differ in
    Diff { before: String, after: String },
}

#[derive(Args, Debug)]
pub struct AddPerson {
    #[arg(long)]
    pub email: String,
    #[arg(long)]
    pub name: String,
    #[arg(long, required = true)]
    pub role: Vec<RoleName>,
    /// IANA time zone; for a new person, UTC if not given
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
    /// What it is for, as its owner sees it in the settings
    #[arg(long, default_value = "Command line")]
    pub name: String,
    /// How many days it works; if not given, until it is revoked
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
    /// An email address of the owner: events they have declined do not count
    #[arg(long, value_name = "EMAIL")]
    pub owner: Vec<String>,
}
