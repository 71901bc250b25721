//! `es store info`, `sql` and `migrate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use es_core::store::{About, Capabilities, Durability, Payloads};
use es_core::stream::Position;
use serde_json::json;

use crate::failure::Failure;
use crate::opening::Making;
use crate::output::{Outcome, Output, bytes, grouped};
use crate::session::{Program, Session};

/// Tells which store it is, and what it promises
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es store info
  es --store postgres://ada@localhost/bank store info --json")]
pub(crate) struct Info {}

/// Prints the statements that make the tables of a kind of store
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es store sql postgres --schema bank_events | psql bank
  es store sql sqlite")]
pub(crate) struct Sql {
    /// Of which store
    #[arg(value_enum, default_value = "postgres")]
    kind: Kind,
    /// PostgreSQL's schema that holds the tables
    #[arg(long, default_value = "es")]
    schema: String,
}

/// Makes a store that is not there yet, and brings its tables up to date
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es store migrate
  es --store sqlite://bank.db store migrate
  es --store message-db://postgres@localhost/bank store migrate --message-db package

Message DB's own package: npm pack @eventide/message-db@1.3.1, then unpack it.")]
pub(crate) struct Migrate {
    /// Installs Message DB from this folder, its npm package unpacked
    #[arg(long, value_name = "FOLDER")]
    message_db: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Postgres,
    Sqlite,
    MessageDb,
}

impl Info {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let store = session.store().await?;
        let about = match store.catalog() {
            Some(catalog) => catalog.about().await?,
            None => About::new("other", ""),
        };
        let (head, promises) = (store.head().await?, store.capabilities());
        if !session.out.json() {
            write(&mut session.out, &about, head, promises)?;
        }
        Ok(Outcome::of(json!({
            "kind": about.kind,
            "place": about.place,
            "server": about.server,
            "schema": about.schema,
            "size_bytes": about.size_bytes,
            "head": head.get(),
            "durability": durability(promises.durability).0,
            "payloads": payloads(promises.payloads).0,
            "multi_stream": promises.multi_stream,
            "snapshots": store.snapshots().is_some(),
        })))
    }
}

fn write(
    out: &mut Output,
    about: &About,
    head: Position,
    promises: Capabilities,
) -> Result<(), Failure> {
    let several = match promises.multi_stream {
        true => "whole or not at all",
        false => "not in one append",
    };
    let size = about.size_bytes.map(bytes);
    let rows = [
        ("store", Some(format!("{} {}", about.kind, about.place))),
        ("server", about.server.clone()),
        ("schema", about.schema.clone()),
        ("size", size),
        ("head", Some(format!("position {}", grouped(head.get())))),
        (
            "survives",
            Some(durability(promises.durability).1.to_owned()),
        ),
        ("payloads", Some(payloads(promises.payloads).1.to_owned())),
        ("several streams", Some(several.to_owned())),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            let name = out.paint().heading(&format!("{name:<15}"));
            out.line(format!("{name}  {}", value.trim_end()))?;
        }
    }
    Ok(())
}

/// For programs, and for people.
fn durability(durability: Durability) -> (&'static str, &'static str) {
    match durability {
        Durability::None => ("none", "nothing"),
        Durability::Process => ("process", "the death of the process"),
        Durability::Power => ("power", "the loss of power"),
    }
}

fn payloads(payloads: Payloads) -> (&'static str, &'static str) {
    match payloads {
        Payloads::Bytes => ("bytes", "any bytes, as they came"),
        Payloads::Json => ("json", "JSON, which comes back equal as JSON"),
    }
}

impl Sql {
    pub(crate) fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let sql = match self.kind {
            #[cfg(feature = "postgres")]
            Kind::Postgres => es_stores::postgres::sql_for(&self.schema)?,
            #[cfg(feature = "sqlite")]
            Kind::Sqlite => es_stores::sqlite::sql().to_owned(),
            Kind::MessageDb => {
                return Err(Failure::usage("Message DB brings its own statements").help(
                    "`npm pack @eventide/message-db@1.3.1` has them; `es store migrate \
                     --message-db FOLDER` runs them",
                ));
            }
            #[allow(unreachable_patterns, reason = "it is, where all features are on")]
            _ => return Err(Failure::usage("that store is not compiled in")),
        };
        if !session.out.json() {
            session.out.line(sql.trim_end())?;
        }
        Ok(Outcome::of(json!({ "sql": sql })))
    }
}

impl Migrate {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        if matches!(session.program, Program::Knowing(_)) {
            return Err(Failure::usage("this program has opened its store already")
                .help("`es store migrate` makes one"));
        }
        if let Some(folder) = &self.message_db {
            install(session, folder).await?;
        }
        let store = session.open(Making::WhatIsMissing).await?;
        let about = match store.catalog() {
            Some(catalog) => catalog.about().await?,
            None => About::new("other", ""),
        };
        let schema = about.schema.as_deref().unwrap_or("as they should be");
        if !session.out.json() {
            let text = format!("{} {}: tables {schema}", about.kind, about.place);
            session.out.line(text)?;
        }
        Ok(Outcome::of(json!({
            "kind": about.kind,
            "place": about.place,
            "schema": about.schema,
        })))
    }
}

#[cfg(feature = "message-db")]
async fn install(session: &Session, folder: &std::path::Path) -> Result<(), Failure> {
    let uri = session.common.store.clone();
    let uri = uri.or_else(|| std::env::var("ES_STORE_URI").ok());
    let Some(rest) = uri
        .as_deref()
        .and_then(|uri| uri.strip_prefix("message-db:"))
    else {
        return Err(
            Failure::usage("which database Message DB is installed into is not told")
                .help("give `--store message-db://user@host/database`"),
        );
    };
    Ok(es_stores::message_db::install(&format!("postgres:{rest}"), folder).await?)
}

#[cfg(not(feature = "message-db"))]
#[expect(clippy::unused_async, reason = "it is where Message DB is compiled in")]
async fn install(_: &Session, _: &std::path::Path) -> Result<(), Failure> {
    Err(Failure::usage("Message DB is not compiled in"))
}
