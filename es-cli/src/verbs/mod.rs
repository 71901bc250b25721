//! The verbs, a file each.

pub(crate) mod completions;
pub(crate) mod copy;
mod events;
pub(crate) mod export;
pub(crate) mod history;
pub(crate) mod import;
mod life;
pub(crate) mod man;
pub(crate) mod new;
pub(crate) mod read;
pub(crate) mod search;
pub(crate) mod snapshots;
pub(crate) mod stats;
pub(crate) mod store;
pub(crate) mod streams;
pub(crate) mod tail;
pub(crate) mod trace;
pub(crate) mod verify;

use std::process::ExitCode;

use es_core::stream::StreamName;

use crate::arguments::{Arguments, Events, Snapshots, Store, Streams, Verb};
use crate::failure::{Code, Failure};
use crate::output::{Outcome, Output};
use crate::session::{Program, Session};
use crate::source::Target;

/// Runs a verb and answers the exit code.
pub(crate) async fn run(arguments: Arguments, program: Program) -> ExitCode {
    let Arguments { common, verb } = arguments;
    let out = match Output::new(&common) {
        Ok(out) => out,
        Err(failure) => return failure.told(),
    };
    let command = verb.name();
    let mut session = Session {
        common,
        program,
        out,
    };
    let result = perform(verb, &mut session).await;
    let finished = session.out.finish(command, &result);
    let result = match finished {
        Ok(()) => result,
        Err(error) => result.and(Err(error.into())),
    };
    match result {
        Ok(Outcome { found: false, .. }) => ExitCode::SUCCESS,
        Ok(Outcome { found: true, .. }) => Code::Failed.into(),
        Err(failure) => failure.told(),
    }
}

async fn perform(verb: Verb, session: &mut Session) -> Result<Outcome, Failure> {
    match verb {
        Verb::Events(events) => match events {
            Events::Read(read) => read.run(session).await,
            Events::Stats(stats) => stats.run(session).await,
            Events::Search(search) => search.run(session).await,
            Events::History(history) => history.run(session).await,
            Events::Trace(trace) => trace.run(session).await,
            Events::Tail(tail) => tail.run(session).await,
            Events::Export(export) => export.run(session).await,
            Events::Import(import) => import.run(session).await,
            Events::Copy(copy) => copy.run(session).await,
        },
        Verb::Streams(Streams::List(list)) => list.run(session).await,
        Verb::Snapshots(snapshots) => match snapshots {
            Snapshots::List(list) => list.run(session).await,
            Snapshots::Create(create) => create.run(session).await,
            Snapshots::Delete(delete) => delete.run(session).await,
        },
        Verb::Store(store) => match store {
            Store::Info(info) => info.run(session).await,
            Store::Sql(sql) => sql.run(session),
            Store::Migrate(migrate) => migrate.run(session).await,
        },
        Verb::Verify(verify) => verify.run(session).await,
        Verb::New(new) => new.run(session),
        Verb::Completions(completions) => completions.run(session),
        Verb::Man(man) => man.run(session),
    }
}

/// The stream, where one is needed.
fn stream_of(target: &Target, verb: &str) -> Result<StreamName, Failure> {
    target.clone().stream(verb)
}

/// What is said where nothing is there; found missing counts as an error where that is asked for.
fn nothing(session: &mut Session, strict: bool, text: &str) -> Outcome {
    if !session.common.json {
        crate::output::note(text);
    }
    Outcome {
        found: strict,
        ..Outcome::default()
    }
}
