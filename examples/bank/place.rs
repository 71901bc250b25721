//! Where the bank keeps its events: what the command line says, and `domain.toml` else.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use es_core::prelude::*;
use es_core::store::{Durability, StoreErrorKind};
use es_stores::{Config, DomainError};

const DOMAIN_TOML: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bank/domain.toml");

/// A bank on any store: money moves, an overdraft is refused, the past is visited, two writers
/// collide.
#[derive(Parser)]
#[command(after_help = "\
Where nothing is said, the store is one SQLite file in a new temporary folder. ES_ENV=sqlite,
ES_ENV=postgres or ES_ENV=message_db takes that part of examples/bank/domain.toml, whose servers
start by `docker compose up --wait`; ES_STORE_URI is taken as --store is.

Examples:
  cargo run --example bank
  cargo run --example bank -- /tmp/bank
  cargo run --example bank -- --store 'sqlite:///tmp/bank.db?synchronous=normal'
  cargo run --example bank -- --store postgres://es:es@localhost:5432/bank
  ES_ENV=message_db cargo run --example bank")]
struct Arguments {
    /// The folder of the SQLite file, made where it is not there
    folder: Option<PathBuf>,

    /// The URI of a store
    #[arg(
        long,
        value_name = "URI",
        conflicts_with = "folder",
        help = "The URI of a store, such as memory://, sqlite://FILE, \
                postgres://USER:PASSWORD@HOST/DATABASE or message-db://USER@HOST/DATABASE"
    )]
    store: Option<String>,
}

/// A place that can be left and visited again.
pub struct Place {
    config: Config,
    name: String,
}

impl Place {
    /// The one that this program is told.
    pub fn told() -> anyhow::Result<Self> {
        let arguments = Arguments::parse();
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let has_uri = arguments.store.is_some() || variable("ES_STORE_URI").is_some();
        let environment = variable("ES_ENV").filter(|_| !has_uri);
        let folder = match environment.as_deref() {
            None | Some("sqlite") if !has_uri => Some(folder(arguments.folder)?),
            _ => None,
        };
        let name = match (&folder, environment) {
            (Some(folder), _) => format!("one SQLite file: {}", folder.join("bank.db").display()),
            (None, Some(environment)) => format!("the store of ES_ENV={environment}"),
            (None, None) => "the store of a URI".to_owned(),
        };
        let mut loader = Config::loader().variables(move |name| match (name, &folder) {
            ("BANK_FOLDER", Some(folder)) => folder.to_str().map(str::to_owned),
            _ => variable(name),
        });
        if let Some(uri) = arguments.store {
            loader = loader.store_uri(uri);
        }
        let config = loader.file(DOMAIN_TOML)?;
        Ok(Self { config, name })
    }

    /// What people call it; the URI itself may hold a password.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Opens the bank.
    pub async fn open(&self) -> anyhow::Result<Domain> {
        self.config.domain().await.map_err(with_advice)
    }

    /// Opens it again, where it would not be forgotten; and what it did, in words.
    pub async fn open_again(&self, domain: Domain) -> anyhow::Result<(Domain, &'static str)> {
        if domain.store().capabilities().durability == Durability::None {
            return Ok((domain, "The memory is kept: closed, it would be forgotten"));
        }
        drop(domain);
        Ok((self.open().await?, "The store is closed and opened again"))
    }
}

fn folder(told: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    match told {
        Some(folder) => {
            std::fs::create_dir_all(&folder)
                .with_context(|| format!("could not make the folder `{}`", folder.display()))?;
            Ok(std::path::absolute(folder)?)
        }
        // It is kept so that you can look inside.
        None => Ok(tempfile::Builder::new().prefix("bank-").tempdir()?.keep()),
    }
}

fn with_advice(error: DomainError) -> anyhow::Error {
    let down = matches!(&error, DomainError::Store { error, .. } if error.kind() == StoreErrorKind::Unavailable);
    let error = anyhow::Error::new(error);
    match down {
        true => error.context(
            "the store can not be reached; start a server with `docker compose up --wait`, or name \
             another store with `--store URI`",
        ),
        false => error,
    }
}
