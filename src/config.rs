//! Every environment variable, read once, typed. What it cannot make sense of stops the start.

use std::{
    env, fmt, fs,
    io::Write,
    net::SocketAddr,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use ipnet::IpNet;
use lettre::{Address, message::Mailbox};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// A setting that cannot be used: its name, and what was expected.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct ConfigError {
    pub name: String,
    pub problem: String,
}

impl ConfigError {
    fn new(name: &str, problem: impl fmt::Display) -> Self {
        Self {
            name: name.to_owned(),
            problem: problem.to_string(),
        }
    }
}

/// The settings; each is described in the README.
#[derive(Clone, Debug)]
pub struct Config {
    /// `DATABASE_URL`; none: a private Postgres in the data directory.
    pub database_url: Option<SecretString>,
    pub data_dir: PathBuf,
    pub listen: SocketAddr,
    pub base_url: Url,
    /// None: mails are files.
    pub smtp_url: Option<SecretString>,
    pub mail_from: Mailbox,
    pub secret: Option<SecretString>,
    pub rate_limit: bool,
    pub trusted_proxies: Vec<IpNet>,
    pub import_allow: Vec<IpNet>,
    /// Networks that webhooks may reach besides the internet.
    pub webhook_allow: Vec<IpNet>,
    /// Database connections, each with its thread.
    pub pool: usize,
    /// What all files that people have sent may take, in bytes.
    pub most_uploads: i64,
    /// Networks that may read `/metrics`.
    pub metrics_allow: Vec<IpNet>,
    /// Whether only members see who offers what.
    pub is_board_for_members: bool,
    /// How many days it takes until what people wrote is forgotten.
    pub retention_days: u16,
    /// The site's own privacy notice, as Markdown; None: the one that Almanac comes with.
    pub privacy: Option<String>,
    /// Whether coordinators and administrators must have a second factor.
    pub requires_second: bool,
    /// Whom to write to about privacy and security.
    pub contact: Address,
}

const KNOWN: [&str; 18] = [
    "ALMANAC_DATA_DIR",
    "ALMANAC_LISTEN",
    "ALMANAC_BASE_URL",
    "ALMANAC_SMTP_URL",
    "ALMANAC_MAIL_FROM",
    "ALMANAC_SECRET",
    "ALMANAC_RATE_LIMIT",
    "ALMANAC_TRUSTED_PROXIES",
    "ALMANAC_IMPORT_ALLOW",
    "ALMANAC_WEBHOOK_ALLOW",
    "ALMANAC_POOL",
    "ALMANAC_UPLOADS_MB",
    "ALMANAC_METRICS_ALLOW",
    "ALMANAC_BOARD",
    "ALMANAC_CONTACT",
    "ALMANAC_RETENTION_DAYS",
    "ALMANAC_PRIVACY_FILE",
    "ALMANAC_TWO_STEP",
];

/// What of ours in the data directory has files of people in it.
const FOLDERS: [&str; 2] = ["mail", "uploads"];

impl Config {
    /// Reads the environment, and a `.env` file if there is one.
    pub fn from_env() -> Result<Self, ConfigError> {
        match dotenvy::dotenv() {
            Ok(_) => {}
            Err(error) if error.not_found() => {}
            Err(error) => return Err(ConfigError::new(".env", error)),
        }
        let mut given = Vec::new();
        for (name, value) in env::vars_os() {
            let Some(name) = name
                .to_str()
                .filter(|n| n.starts_with("ALMANAC_") || *n == "DATABASE_URL")
            else {
                continue;
            };
            let value = value
                .into_string()
                .map_err(|_| ConfigError::new(name, "expected UTF-8"))?;
            given.push((name.to_owned(), value));
        }
        Self::from_vars(&given)
    }

    /// As `from_env`, from pairs of name and value. An empty value counts as unset.
    pub fn from_vars(given: &[(String, String)]) -> Result<Self, ConfigError> {
        if let Some((unknown, _)) = given
            .iter()
            .find(|(name, _)| name.starts_with("ALMANAC_") && !KNOWN.contains(&name.as_str()))
        {
            let expected = format!(
                "not a setting of Almanac; expected one of {}",
                KNOWN.join(", ")
            );
            return Err(ConfigError::new(unknown, expected));
        }
        let given = Given(given);
        let default_dir = if nix::unistd::Uid::effective().is_root() {
            "/var/lib/almanac"
        } else {
            "data"
        };
        let listen: SocketAddr = given.parsed(
            "ALMANAC_LISTEN",
            "127.0.0.1:8080",
            "expected an address and port such as 127.0.0.1:8080",
        )?;
        let base_url = base_url(given.or("ALMANAC_BASE_URL", &format!("http://{listen}")))?;
        let mail_host = match base_url.host() {
            Some(url::Host::Domain(domain)) => domain.to_owned(),
            _ => "localhost".to_owned(),
        };
        let mail_from: Mailbox = given.parsed(
            "ALMANAC_MAIL_FROM",
            &format!("Almanac <almanac@{mail_host}>"),
            "expected a mailbox such as Almanac <almanac@example.org>",
        )?;
        let contact = given.parsed(
            "ALMANAC_CONTACT",
            mail_from.email.as_ref(),
            "expected an address such as office@example.org",
        )?;
        let is_smtp = |url: &str| url.starts_with("smtp://") || url.starts_with("smtps://");
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let megabytes: i64 =
            given.number("ALMANAC_UPLOADS_MB", "megabytes", 20..=10_000_000, 5000)?;
        Ok(Self {
            database_url: given.secret("DATABASE_URL"),
            data_dir: given.or("ALMANAC_DATA_DIR", default_dir).into(),
            listen,
            base_url,
            smtp_url: given.secret_like(
                "ALMANAC_SMTP_URL",
                is_smtp,
                "expected smtp://host:port or smtps://host:port",
            )?,
            mail_from,
            secret: given.secret_like(
                "ALMANAC_SECRET",
                |secret| secret.len() >= 32,
                "expected at least 32 characters",
            )?,
            rate_limit: given.choice("ALMANAC_RATE_LIMIT", ["on", "off"])? == "on",
            trusted_proxies: given.networks("ALMANAC_TRUSTED_PROXIES", "")?,
            import_allow: given.networks("ALMANAC_IMPORT_ALLOW", "")?,
            webhook_allow: given.networks("ALMANAC_WEBHOOK_ALLOW", "")?,
            metrics_allow: given.networks("ALMANAC_METRICS_ALLOW", "127.0.0.0/8,::1")?,
            pool: given.number("ALMANAC_POOL", "connections", 1..=90, cores * 2)?,
            most_uploads: megabytes * 1024 * 1024,
            is_board_for_members: given.choice("ALMANAC_BOARD", ["everyone", "members"])?
                == "members",
            contact,
            retention_days: given.number("ALMANAC_RETENTION_DAYS", "days", 30..=3650, 730)?,
            privacy: given.file("ALMANAC_PRIVACY_FILE")?,
            requires_second: given.choice("ALMANAC_TWO_STEP", ["optional", "required"])?
                == "required",
        })
    }

    /// Whether browsers reach the site by https.
    pub fn is_https(&self) -> bool {
        self.base_url.scheme() == "https"
    }

    /// The absolute address of a path of this site.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.address())
    }

    /// Where the site is: scheme, host, port and path, without a slash at the end.
    pub fn address(&self) -> String {
        format!("{}{}", self.origin(), self.base_path())
    }

    /// The path under which browsers reach the site, as in `/almanac`; empty where it has a host to itself.
    pub fn base_path(&self) -> &str {
        self.base_url.path().trim_end_matches('/')
    }

    /// Scheme, host and port, without a slash at the end.
    pub fn origin(&self) -> String {
        self.base_url.origin().ascii_serialization()
    }

    /// Takes the rights of other users of this machine from the data directory and from all that is ours in
    /// it. The private server's cluster, of another user perhaps, has its own.
    pub fn close_data_dir(&self) -> Result<(), ConfigError> {
        let failed = |path: &Path, e: std::io::Error| {
            ConfigError::new(
                "ALMANAC_DATA_DIR",
                format!("{} cannot be closed to others: {e}", path.display()),
            )
        };
        let close = |path: &Path, mode: u32| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(|e| failed(path, e))
        };
        match fs::metadata(&self.data_dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(&self.data_dir, error)),
            // Others may pass through to a cluster that is theirs, but not look around.
            Ok(found) if found.mode() & 0o777 != 0o711 => close(&self.data_dir, 0o700)?,
            Ok(_) => {}
        }
        for folder in FOLDERS.map(|name| self.data_dir.join(name)) {
            let Ok(files) = fs::read_dir(&folder) else {
                continue; // There is none yet.
            };
            close(&folder, 0o700)?;
            for file in files {
                let file = file.map_err(|e| failed(&folder, e))?;
                let mode = file.metadata().map_err(|e| failed(&file.path(), e))?.mode();
                if mode & 0o077 != 0 {
                    close(&file.path(), 0o600)?;
                }
            }
        }
        Ok(())
    }

    /// What of ours in the data directory other users of this machine can read.
    pub fn open_to_others(&self) -> std::io::Result<Vec<PathBuf>> {
        let mut open = Vec::new();
        let mut look = |path: PathBuf, most: u32| match fs::metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(found) => {
                if found.mode() & 0o777 & !most != 0 {
                    open.push(path);
                }
                Ok(())
            }
        };
        // A cluster of another user has to be reached through the directory, not seen in it.
        look(self.data_dir.clone(), 0o711)?;
        look(self.data_dir.join("secret"), 0o600)?;
        for folder in FOLDERS.map(|name| self.data_dir.join(name)) {
            look(folder.clone(), 0o700)?;
            for file in fs::read_dir(folder).into_iter().flatten() {
                look(file?.path(), 0o600)?;
            }
        }
        Ok(open)
    }

    /// The key for cookies and tokens: the setting, or one made once and kept in the data directory.
    pub fn secret_key(&self) -> Result<Vec<u8>, ConfigError> {
        if let Some(secret) = &self.secret {
            return Ok(secret.expose_secret().as_bytes().to_vec());
        }
        let failed = |e: std::io::Error| {
            ConfigError::new(
                "ALMANAC_DATA_DIR",
                format!("cannot keep the secret in {}: {e}", self.data_dir.display()),
            )
        };
        fs::create_dir_all(&self.data_dir).map_err(failed)?;
        let path = self.data_dir.join("secret");
        for _ in 0..2 {
            match fs::read(&path) {
                Ok(key) if key.len() >= 32 => return Ok(key),
                Ok(_) => return Err(failed(std::io::Error::other("the file is damaged"))),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    make_secret(&path).map_err(failed)?;
                }
                Err(error) => return Err(failed(error)),
            }
        }
        Err(failed(std::io::Error::other("it vanishes")))
    }
}

/// Writes a new key aside and links it into place: of two starting instances one wins.
fn make_secret(path: &Path) -> std::io::Result<()> {
    let aside = path.with_extension(format!("{}", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)?;
    file.write_all(&rand::random::<[u8; 32]>())?;
    file.sync_all()?;
    let linked = fs::hard_link(&aside, path);
    fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn base_url(text: &str) -> Result<Url, ConfigError> {
    let expected =
        "expected an address such as https://almanac.example.org or https://example.org/almanac";
    let url = Url::parse(text).map_err(|_| ConfigError::new("ALMANAC_BASE_URL", expected))?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && !url.path().contains("//")
        && !url.path().contains(['%', '"', '<', '>', ';', '&'])
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty();
    if plain {
        Ok(url)
    } else {
        Err(ConfigError::new("ALMANAC_BASE_URL", expected))
    }
}

/// Settings as pairs of name and value. An empty value counts as unset.
struct Given<'a>(&'a [(String, String)]);

impl Given<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        let found = self
            .0
            .iter()
            .find(|(n, v)| n == name && !v.trim().is_empty());
        found.map(|(_, value)| value.trim())
    }

    fn or<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        self.value(name).unwrap_or(default)
    }

    fn parsed<T: std::str::FromStr>(
        &self,
        name: &str,
        default: &str,
        expected: &str,
    ) -> Result<T, ConfigError> {
        let parsed = self.or(name, default).parse();
        parsed.map_err(|_| ConfigError::new(name, expected))
    }

    /// One of some words; the first if nothing is given.
    fn choice(&self, name: &str, words: [&'static str; 2]) -> Result<&'static str, ConfigError> {
        let [default, other] = words;
        match self.or(name, default) {
            word if word == default => Ok(default),
            word if word == other => Ok(other),
            _ => Err(ConfigError::new(
                name,
                format!("expected {default} or {other}"),
            )),
        }
    }

    fn number<T>(
        &self,
        name: &str,
        unit: &str,
        range: std::ops::RangeInclusive<T>,
        default: T,
    ) -> Result<T, ConfigError>
    where
        T: std::str::FromStr + PartialOrd + std::fmt::Display,
    {
        let Some(text) = self.value(name) else {
            return Ok(default);
        };
        let number = text.parse().ok().filter(|n| range.contains(n));
        number.ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            ConfigError::new(
                name,
                format!("expected a number of {unit} from {least} to {most}"),
            )
        })
    }

    fn secret(&self, name: &str) -> Option<SecretString> {
        self.value(name).map(SecretString::from)
    }

    fn secret_like(
        &self,
        name: &str,
        will_do: impl Fn(&str) -> bool,
        expected: &str,
    ) -> Result<Option<SecretString>, ConfigError> {
        match self.value(name) {
            Some(text) if !will_do(text) => Err(ConfigError::new(name, expected)),
            _ => Ok(self.secret(name)),
        }
    }

    /// What is in the file of that name.
    fn file(&self, name: &str) -> Result<Option<String>, ConfigError> {
        let text = self.value(name).map(fs::read_to_string).transpose();
        text.map_err(|error| ConfigError::new(name, error))
    }

    fn networks(&self, name: &str, default: &str) -> Result<Vec<IpNet>, ConfigError> {
        let expected = "expected addresses or networks such as 10.0.0.0/8, separated by commas";
        let network = |word: &str| {
            let address = || word.parse::<std::net::IpAddr>().map(IpNet::from);
            word.parse::<IpNet>()
                .or_else(|_| address())
                .map_err(|_| ConfigError::new(name, expected))
        };
        let words = self
            .or(name, default)
            .split(|c: char| c == ',' || c.is_whitespace());
        words.filter(|word| !word.is_empty()).map(network).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(vars: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let vars: Vec<_> = vars
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        Config::from_vars(&vars)
    }

    #[test]
    fn a_bad_setting_is_named() {
        for (name, value) in [
            ("ALMANAC_TYPO", "1"),
            ("ALMANAC_POOL", "0"),
            ("ALMANAC_LISTEN", "8080"),
            ("ALMANAC_RATE_LIMIT", "maybe"),
            ("ALMANAC_BASE_URL", "https://a.example.org/a//b"),
            ("ALMANAC_BASE_URL", "https://a.example.org/?x"),
            ("ALMANAC_SECRET", "short"),
            ("ALMANAC_SMTP_URL", "mail.example.org"),
            ("ALMANAC_TRUSTED_PROXIES", "10.0.0.0/99"),
            ("ALMANAC_BOARD", "nobody"),
            ("ALMANAC_TWO_STEP", "yes"),
            ("ALMANAC_RETENTION_DAYS", "7"),
            ("ALMANAC_PRIVACY_FILE", "/no/such/file.md"),
            ("ALMANAC_CONTACT", "the office"),
        ] {
            assert_eq!(config(&[(name, value)]).unwrap_err().name, name);
        }
    }

    #[test]
    fn defaults_follow_from_each_other() {
        let config = config(&[("ALMANAC_LISTEN", "127.0.0.1:9"), ("ALMANAC_SECRET", "")]).unwrap();
        assert_eq!(config.address(), "http://127.0.0.1:9");
        assert_eq!(config.mail_from.email.to_string(), "almanac@localhost");
        assert!(!config.is_https());
    }
}
