//! Files that people send: their way in, the room they take, the folder in which they stay.
//!
//! Room is set aside before a byte is taken, so that many at once take no more than one after the other.
//! Contents go to disk as they come and are never in memory as a whole.

pub mod kind;
mod store;

use std::{
    fs,
    io::{self, BufReader, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use actix_web::{
    HttpResponse,
    http::header::{
        self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
    },
    web::{self, Bytes},
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{Stream, StreamExt};

use self::kind::{BadFile, FileKind};
use crate::{
    app::App,
    db::{AsQueryError, Conn, Db, DbError, FileId, PersonId, Tx},
    error::Error,
};

/// Largest file.
pub const LARGEST: usize = 10 * 1024 * 1024;
/// What one person's files may take together.
pub const MOST_OF_A_PERSON: i64 = 100 * 1024 * 1024;
/// No request lasts this long: what is on its way in for longer has been given up.
const LONGEST_WAY: TimeDelta = TimeDelta::minutes(15);
/// What the name of a file ends in until it is kept.
const UNFINISHED: &str = ".unfinished";
/// How much is gathered before it is written.
const CHUNK: usize = 128 * 1024;

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("uploads")
}

/// Makes the folder of files, where it is not there yet.
pub fn make_folder(data_dir: &Path) -> io::Result<PathBuf> {
    let folder = folder(data_dir);
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)?;
    Ok(folder)
}

fn unfinished(data_dir: &Path, id: FileId) -> PathBuf {
    folder(data_dir).join(format!("{id}{UNFINISHED}"))
}

/// A file that has come in and is not kept yet. It goes with this value, and its room is given back, unless
/// it is kept.
pub struct Received {
    pub id: FileId,
    pub bytes: usize,
    path: PathBuf,
    db: Db,
    is_kept: bool,
}

impl Drop for Received {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        // What is left of it should this fail is found later.
        let _ = fs::remove_file(&self.path);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (db, id) = (self.db.clone(), self.id);
            runtime.spawn(async move { forget(&db, id).await });
        }
    }
}

impl Received {
    /// Opens it for reading. Blocks.
    pub fn open(&self) -> io::Result<fs::File> {
        fs::File::open(&self.path)
    }

    /// All of it. Blocks.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        fs::read(&self.path)
    }

    /// Gives it the name under which it stays: it is there whole or not at all. Blocks.
    pub fn keep(mut self, data_dir: &Path) -> io::Result<()> {
        self.open()?.sync_all()?;
        let folder = folder(data_dir);
        fs::rename(&self.path, folder.join(self.id.to_string()))?;
        self.is_kept = true;
        fs::File::open(&folder)?.sync_all()
    }
}

/// Takes a file of at most `LARGEST` bytes from somebody, for whom room is set aside first: as much as the
/// request is long, if it says so.
///
/// # Errors
/// `Refused` if their files or all files together take too much room, `TooLarge`, `Unavailable` if the disk
/// fails.
pub async fn receive<E>(
    app: &App,
    by: PersonId,
    announced: Option<usize>,
    mut content: impl Stream<Item = Result<Bytes, E>> + Unpin,
    failed: impl Fn(E) -> Error,
) -> Result<Received, Error> {
    let id = FileId::random();
    let most = app.config.most_uploads;
    let room = announced.unwrap_or(LARGEST).min(LARGEST) as i64;
    app.transaction::<_, Error>(move |tx| reserve(tx, id, by, room, most))
        .await?;
    take(app, id, &mut content, failed).await
}

async fn take<E>(
    app: &App,
    id: FileId,
    content: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
    failed: impl Fn(E) -> Error,
) -> Result<Received, Error> {
    let data_dir = app.config.data_dir.clone();
    let mut received = Received {
        id,
        bytes: 0,
        path: unfinished(&data_dir, id),
        db: app.db.clone(),
        is_kept: false,
    };
    let path = received.path.clone();
    let mut file = blocking(move || {
        fs::create_dir_all(folder(&data_dir))?;
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
    })
    .await?;
    let mut gathered = Vec::with_capacity(CHUNK);
    loop {
        let chunk = content.next().await.transpose().map_err(&failed)?;
        let is_last = chunk.is_none();
        let chunk = chunk.unwrap_or_default();
        received.bytes += chunk.len();
        if received.bytes > LARGEST {
            return Err(Error::TooLarge);
        }
        gathered.extend_from_slice(&chunk);
        if gathered.len() >= CHUNK || is_last {
            (file, gathered) = blocking(move || {
                file.write_all(&gathered)?;
                gathered.clear();
                Ok((file, gathered))
            })
            .await?;
        }
        if is_last {
            return Ok(received);
        }
    }
}

/// Runs what waits for the disk aside. A disk that fails is no mistake of whoever asked.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let done = web::block(work).await;
    done.map_err(|error| Error::Internal(error.to_string()))?
        .map_err(failed)
}

/// What whoever asked hears when the disk fails.
pub fn failed(error: io::Error) -> Error {
    tracing::error!(%error, "the folder of files cannot be used");
    Error::Unavailable
}

/// Gives back the room of a file that is not kept.
pub async fn forget(db: &Db, id: FileId) {
    let done = db
        .transaction::<_, Error>(move |tx| Ok(store::delete(tx, &[id])?))
        .await;
    if let Err(error) = done {
        tracing::warn!(%error, "the room of a file is given back later");
    }
}

/// Sets aside room for one more file of a person.
fn reserve(tx: &mut Tx, id: FileId, by: PersonId, more: i64, most: i64) -> Result<(), Error> {
    store::lock(tx)?;
    let now = tx.now()?;
    let (own, all) = store::taken(tx, by, now - LONGEST_WAY)?;
    let refused = |code, detail: &str| {
        Err(Error::Refused {
            code,
            detail: detail.into(),
        })
    };
    if own + more > MOST_OF_A_PERSON {
        return refused(
            "quota",
            "You have used all of your 100 MB. Remove some of them, or wait: they are deleted 30 days after their session.",
        );
    }
    if all + more > most {
        tracing::error!("ALMANAC_UPLOADS_MB is used up: no more files are taken");
        return refused(
            "full",
            "This site has no space for more files at the moment. Link to your file instead, or tell a coordinator.",
        );
    }
    Ok(store::insert(tx, id, by, more, now)?)
}

/// A file that has been looked at.
#[derive(Clone, Debug)]
pub struct NewFile {
    pub id: FileId,
    pub name: String,
    pub kind: FileKind,
    pub bytes: i32,
}

impl NewFile {
    /// Judges a file that has come in; its name is made safe. Blocks.
    pub fn judged(name: &str, content: &Received) -> io::Result<Result<Self, BadFile>> {
        let file = BufReader::new(content.open()?);
        Ok(kind::kind(file).map(|kind| Self {
            id: content.id,
            name: kind::safe_name(name, kind),
            kind,
            bytes: i32::try_from(content.bytes).unwrap_or(i32::MAX),
        }))
    }
}

/// Why a file is not kept.
#[derive(Debug)]
pub enum KeepError<E> {
    /// What is wrong with it.
    Bad(BadFile),
    /// Why it does not belong where it should.
    Refused(E),
    Other(Error),
}

/// Judges a file that has come in, keeps its content, and lets `note` say what it belongs to.
///
/// # Errors
/// Where it is not kept, nothing of it is left.
pub async fn keep<T, E>(
    app: &App,
    name: String,
    content: Received,
    note: impl Fn(&mut Tx, &NewFile) -> Result<T, E> + Send + 'static,
) -> Result<T, KeepError<E>>
where
    T: Send + 'static,
    E: From<DbError> + From<diesel::result::Error> + AsQueryError + Send + 'static,
{
    let folder = app.config.data_dir.clone();
    let id = content.id;
    let judged = blocking(move || {
        let judged = NewFile::judged(&name, &content)?;
        if judged.is_ok() {
            content.keep(&folder)?;
        }
        Ok(judged)
    })
    .await;
    let noted = match judged {
        Err(error) => Err(KeepError::Other(error)),
        Ok(Err(bad)) => Err(KeepError::Bad(bad)),
        Ok(Ok(new)) => app
            .transaction(move |tx| {
                let noted = note(tx, &new)?;
                note_kept(tx, new.id, new.bytes)?;
                Ok(noted)
            })
            .await
            .map_err(KeepError::Refused),
    };
    if noted.is_err() {
        let folder = app.config.data_dir.clone();
        // Without a row it would be found and deleted within a day.
        let _ = web::block(move || remove(&folder, id)).await;
        forget(&app.db, id).await;
    }
    noted
}

/// The content of a file, as an attachment whatever it is.
pub fn attachment(name: String, kind: FileKind, content: Vec<u8>) -> HttpResponse {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii() { c } else { '_' })
        .collect();
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(plain),
            DispositionParam::FilenameExt(ExtendedValue {
                charset: Charset::Ext("UTF-8".into()),
                language_tag: None,
                value: name.into_bytes(),
            }),
        ],
    };
    HttpResponse::Ok()
        .content_type(kind.media_type())
        .insert_header(disposition)
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        ))
        .body(content)
}

/// Notes that a file is kept, in the transaction that keeps what it belongs to.
fn note_kept(tx: &mut Tx, id: FileId, bytes: i32) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    store::note_kept(tx, id, bytes.into(), now)
}

/// Which of these are no file of anybody, and which have been on their way in for too long.
pub fn strays(
    conn: &mut Conn,
    in_folder: &[FileId],
    now: DateTime<Utc>,
) -> diesel::QueryResult<Vec<FileId>> {
    let known = store::known(conn, in_folder)?;
    let mut strays = store::given_up(conn, now - LONGEST_WAY)?;
    strays.extend(in_folder.iter().filter(|id| !known.contains(id)));
    Ok(strays)
}

/// Forgets files whose contents are deleted.
pub fn forget_all(conn: &mut Conn, ids: &[FileId]) -> diesel::QueryResult<()> {
    store::delete(conn, ids)
}

/// The content of a file that is kept. Blocks.
pub fn read(data_dir: &Path, id: FileId) -> io::Result<Vec<u8>> {
    fs::read(folder(data_dir).join(id.to_string()))
}

/// As `read`, without reading yet. Blocks.
pub fn open(data_dir: &Path, id: FileId) -> io::Result<fs::File> {
    fs::File::open(folder(data_dir).join(id.to_string()))
}

/// Deletes the content of a file, finished or not; one that is gone already is no error. Blocks.
pub fn remove(data_dir: &Path, id: FileId) -> io::Result<()> {
    for name in [id.to_string(), format!("{id}{UNFINISHED}")] {
        match fs::remove_file(folder(data_dir).join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The files in the folder, finished or not, that were written before that moment. Blocks.
pub fn older_than(data_dir: &Path, moment: DateTime<Utc>) -> io::Result<Vec<FileId>> {
    let entries = match fs::read_dir(folder(data_dir)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut old = Vec::new();
    for entry in entries {
        let entry = entry?;
        if DateTime::<Utc>::from(entry.metadata()?.modified()?) < moment {
            let name = entry.file_name();
            let id = name.to_str().map(|name| name.trim_end_matches(UNFINISHED));
            old.extend(id.and_then(|id| id.parse::<FileId>().ok()));
        }
    }
    Ok(old)
}
