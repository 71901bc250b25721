//! Where a server is, by a URI.

use std::path::PathBuf;
use std::time::Duration;

use es_core::store::{StoreError, StoreErrorKind};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// A server, a database, a user, and how to be sure of them.
///
/// It has no `Debug`: it holds a password.
#[derive(Clone)]
pub(crate) struct Address {
    pub(super) config: Config,
    pub(super) trust: Trust,
}

/// What of a server's certificate is checked: `sslmode` as PostgreSQL's own programs have it
/// (<https://www.postgresql.org/docs/current/libpq-ssl.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Nothing: `disable`, `prefer` and `require`.
    Anybody,
    /// That somebody trusted has signed it: `verify-ca`.
    Signed(Roots),
    /// That somebody trusted has signed it for this host: `verify-full`.
    SignedForHost(Roots),
}

/// Who is trusted: the file of `sslrootcert`, or whom the operating system trusts.
pub(super) type Roots = Option<PathBuf>;

impl Address {
    /// Reads a URI such as `postgres://ada:secret@localhost:5432/bank?sslmode=verify-full`.
    pub(crate) fn parse(uri: &str) -> Result<Self, StoreError> {
        let known = ["postgres://", "postgresql://"];
        if !known.iter().any(|scheme| uri.starts_with(scheme)) {
            return Err(invalid(
                "the URI does not begin with `postgres://`; write `postgres://user@host:5432/database`",
            ));
        }
        if uri.matches('@').count() > 1 || uri.contains('?') && query_holds_password(uri) {
            return Err(invalid(
                "the URI holds an `@` that ends nothing; a user's name or a password writes `@` as \
                 `%40`, `?` as `%3F`, `/` as `%2F`, `:` as `%3A` and `%` as `%25`",
            ));
        }
        let (server, query) = uri.split_once('?').unwrap_or((uri, ""));
        let mut mode = "prefer";
        let mut roots = None;
        let mut passed = Vec::new();
        for option in query.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("sslmode", value)) => mode = value,
                Some(("sslrootcert", value)) => roots = Some(PathBuf::from(unescape(value)?)),
                _ => passed.push(option),
            }
        }
        let mut config: Config = format!("{server}?{}", passed.join("&"))
            .parse()
            .map_err(|error| invalid("the URI does not read").because(shown(&error)))?;
        let (mode, trust) = ssl(mode, roots)?;
        config.ssl_mode(mode);
        if config.get_application_name().is_none() {
            config.application_name("es");
        }
        config.keepalives_idle(Duration::from_secs(30));
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(Duration::from_secs(30));
        }
        Ok(Self { config, trust })
    }

    /// The address without its password, for people.
    pub(crate) fn shown(&self) -> String {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(Host::Unix(folder)) => folder.display().to_string(),
            None => "localhost".to_owned(),
        };
        let port = self.config.get_ports().first().unwrap_or(&5432);
        format!(
            "postgres://{}{host}:{port}/{}",
            self.config
                .get_user()
                .map_or(String::new(), |user| format!("{user}@")),
            self.database()
        )
    }

    /// The database's name: the user's where the URI names none.
    pub(crate) fn database(&self) -> &str {
        let user = || self.config.get_user().unwrap_or_default();
        self.config.get_dbname().unwrap_or_else(user)
    }
}

fn ssl(mode: &str, roots: Roots) -> Result<(SslMode, Trust), StoreError> {
    Ok(match mode {
        "disable" => (SslMode::Disable, Trust::Anybody),
        "prefer" | "allow" => (SslMode::Prefer, Trust::Anybody),
        // As libpq has it: who names a root means it to be checked.
        "require" if roots.is_some() => (SslMode::Require, Trust::Signed(roots)),
        "require" => (SslMode::Require, Trust::Anybody),
        "verify-ca" => (SslMode::Require, Trust::Signed(roots)),
        "verify-full" => (SslMode::Require, Trust::SignedForHost(roots)),
        _ => {
            return Err(invalid(format!(
                "`sslmode` is `{mode}`, expected was `disable`, `prefer`, `require`, `verify-ca` or \
                 `verify-full`"
            )));
        }
    })
}

/// A `?` in a password seems to begin the query, which then holds the `@` before the host.
fn query_holds_password(uri: &str) -> bool {
    let (server, query) = uri.split_once('?').unwrap_or((uri, ""));
    !server.contains('@') && query.contains('@')
}

fn invalid(why: impl std::fmt::Display) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, format!("connect: {why}"))
}

/// The driver's words with its cause, which is where it names the option.
fn shown(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

fn unescape(text: &str) -> Result<String, StoreError> {
    crate::connect::unescape(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(uri: &str) -> String {
        match Address::parse(uri) {
            Ok(_) => panic!("`{uri}` was taken"),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        let address = Address::parse("postgres://ada:secret@db.example:5433/bank").unwrap();

        assert_eq!(address.shown(), "postgres://ada@db.example:5433/bank");
    }

    #[test]
    fn trust_goes_by_the_mode() {
        let trust = |query: &str| {
            let address = Address::parse(&format!("postgres://h/d?{query}")).unwrap();
            (address.config.get_ssl_mode(), address.trust)
        };
        let file = || Some(PathBuf::from("/a b.pem"));

        assert_eq!(trust(""), (SslMode::Prefer, Trust::Anybody));
        assert_eq!(trust("sslmode=disable"), (SslMode::Disable, Trust::Anybody));
        assert_eq!(trust("sslmode=require"), (SslMode::Require, Trust::Anybody));
        assert_eq!(
            trust("sslmode=require&sslrootcert=/a%20b.pem"),
            (SslMode::Require, Trust::Signed(file()))
        );
        assert_eq!(
            trust("sslrootcert=/a%20b.pem&sslmode=verify-ca"),
            (SslMode::Require, Trust::Signed(file()))
        );
        assert_eq!(
            trust("sslmode=verify-full"),
            (SslMode::Require, Trust::SignedForHost(None))
        );
    }

    #[test]
    fn a_password_that_is_not_escaped_does_not_show() {
        for uri in ["postgres://u:se@cret@h/d", "postgres://u:se?cret=x@h/d"] {
            let told = refused(uri);
            assert!(told.contains("%40") && !told.contains("cret"), "{told}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_the_password_is_not() {
        let unknown = refused("postgres://ada:secret@h/d?colour=red");
        let mode = refused("postgres://ada:secret@h/d?sslmode=maybe");
        let scheme = refused("mysql://ada:secret@h/d");

        assert!(unknown.contains("colour"), "{unknown}");
        assert!(
            mode.contains("`maybe`") && mode.contains("verify-full"),
            "{mode}"
        );
        assert!(scheme.contains("postgres://user@host"), "{scheme}");
        assert!(
            [unknown, mode, scheme]
                .iter()
                .all(|text| !text.contains("secret"))
        );
    }
}
