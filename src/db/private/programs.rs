//! Where the programs of PostgreSQL are on this machine.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::PrivateError;

/// The folder with `postgres` and `initdb`, of the cluster's version if there is a cluster.
pub fn server_binaries(cluster: &Path) -> Result<PathBuf, PrivateError> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for folder in candidate_folders() {
        if folder.join("initdb").exists()
            && let Some(version) = major_version(&folder)
            && version >= 14
            && !found.iter().any(|(v, _)| *v == version)
        {
            found.push((version, folder));
        }
    }
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let have = found
        .iter()
        .map(|(v, _)| v.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    let wanted = fs::read_to_string(cluster.join("PG_VERSION"))
        .ok()
        .map(|v| v.trim().to_owned());
    match wanted {
        _ if found.is_empty() => Err(PrivateError::NoServer),
        None => Ok(found.swap_remove(0).1),
        Some(wanted) => match found.into_iter().find(|(v, _)| v.to_string() == wanted) {
            Some((_, folder)) => Ok(folder),
            None => Err(PrivateError::OtherVersion {
                directory: cluster.display().to_string(),
                found: wanted,
                have,
            }),
        },
    }
}

/// The program of that name among PostgreSQL's, and its major version: the oldest of that version or a newer one,
/// since a newer one may say what an older server does not understand.
pub fn client_program(name: &str, at_least: u32) -> Option<(u32, PathBuf)> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // What distributions put into PATH may be a wrapper that chooses a version by itself.
    let folders = candidate_folders().into_iter().chain(client_folders());
    let programs = folders
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .filter(|program| program.exists());
    let known = programs.filter_map(|program| Some((major_version_of(&program)?, program)));
    known
        .filter(|(version, _)| *version >= at_least)
        .min_by_key(|(version, _)| *version)
}

/// Where the programs of clients are on a machine without a server.
fn client_folders() -> Vec<PathBuf> {
    let entries = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    entries
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect()
}

fn major_version(folder: &Path) -> Option<u32> {
    major_version_of(&folder.join("postgres"))
}

fn major_version_of(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let number = text
        .split_whitespace()
        .find(|w| w.starts_with(|c: char| c.is_ascii_digit()))?;
    number
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

fn candidate_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let path = std::env::var_os("PATH").unwrap_or_default();
    for folder in std::env::split_paths(&path) {
        // Distributions link single programs into PATH; the folder behind the link has them all.
        if let Ok(program) = folder.join("postgres").canonicalize() {
            folders.extend(program.parent().map(Path::to_owned));
        }
    }
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(
            String::from_utf8_lossy(&output.stdout).trim(),
        ));
    }
    for (parent, below) in [
        ("/usr/lib/postgresql", "bin"),
        ("/usr", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("/usr/local/pgsql", ""),
    ] {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        folders.extend(
            entries
                .map(|entry| entry.path().join(below))
                .filter(|f| f.join("postgres").exists()),
        );
    }
    folders
}
