//! A store by its URI.

use std::sync::Arc;

use es_core::store::{EventStore, MemoryStore, StoreError, StoreErrorKind};

/// The schemes [`connect`] knows, as an error lists them.
const SCHEMES: &str = "`memory` and `sqlite`";

/// Opens the store that `uri` names.
///
/// | URI | store |
/// |---|---|
/// | `memory://` | a new one in memory |
/// | `sqlite://bank.db`, `sqlite:bank.db` | a file, relative to the working folder |
/// | `sqlite:///var/lib/bank.db` | a file, absolute |
///
/// An option follows as in `sqlite://bank.db?synchronous=normal`; `synchronous` is `full`, the
/// default, or `normal`. A `?` or a `%` in a path is written `%3F` or `%25`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = es_stores::connect("memory://").await?;
/// # let _ = store;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`StoreError`] of the kind [`StoreErrorKind::Invalid`] where the URI names no known store or an
/// unknown option, [`StoreErrorKind::Unsupported`] where the feature of its store is not compiled
/// in, else what opening the store answers. The URI itself never shows, since it may hold a
/// password.
pub async fn connect(uri: &str) -> Result<Arc<dyn EventStore>, StoreError> {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return Err(invalid(format!(
            "the URI has no scheme; write one of {SCHEMES}, as in `sqlite://bank.db`"
        )));
    };
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    match scheme.to_ascii_lowercase().as_str() {
        "memory" if rest.is_empty() => Ok(Arc::new(MemoryStore::new())),
        "memory" => Err(invalid(
            "nothing follows `memory://`: it takes no name and no option",
        )),
        "sqlite" => sqlite(rest).await,
        _ => Err(invalid(format!(
            "the scheme `{scheme}` is unknown, known are {SCHEMES}"
        ))),
    }
}

#[cfg(not(feature = "sqlite"))]
#[expect(clippy::unused_async, reason = "with the feature it waits")]
async fn sqlite(_: &str) -> Result<Arc<dyn EventStore>, StoreError> {
    Err(StoreError::new(
        StoreErrorKind::Unsupported,
        "connect: the scheme `sqlite` needs the feature `sqlite` of `es-stores`, which is not \
         compiled in",
    ))
}

#[cfg(feature = "sqlite")]
async fn sqlite(rest: &str) -> Result<Arc<dyn EventStore>, StoreError> {
    use crate::{SqliteOptions, SqliteStore, Synchronous};

    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut options = SqliteOptions::new();
    for option in query.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        options = match (name, value) {
            ("synchronous", "full") => options.synchronous(Synchronous::Full),
            ("synchronous", "normal") => options.synchronous(Synchronous::Normal),
            ("synchronous", _) => {
                return Err(invalid(format!(
                    "`synchronous` is `{value}`, expected was `full` or `normal`"
                )));
            }
            _ => {
                return Err(invalid(format!(
                    "the option `{name}` is unknown, `sqlite` knows `synchronous`"
                )));
            }
        };
    }
    if path.is_empty() {
        return Err(invalid("the URI names no file; write `sqlite://bank.db`"));
    }
    let store = SqliteStore::open_with(unescape(path)?, options).await?;
    Ok(Arc::new(store))
}

fn invalid(why: impl std::fmt::Display) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, format!("connect: {why}"))
}

/// Percent-decoding, as URIs have it.
#[cfg(any(feature = "message-db", feature = "postgres", feature = "sqlite"))]
pub(crate) fn unescape(path: &str) -> Result<String, StoreError> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let code = tail
                .get(..2)
                .filter(|code| code.iter().all(u8::is_ascii_hexdigit))
                .and_then(|code| std::str::from_utf8(code).ok());
            let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
            bytes.push(byte.ok_or_else(|| {
                invalid("a `%` in the path is not followed by two hexadecimal digits; write `%25`")
            })?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).map_err(|error| invalid("the path is not UTF-8").because(error))
}
