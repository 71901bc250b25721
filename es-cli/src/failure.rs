//! What ends a run before it is done: what went wrong, what to do, and the exit code.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::process::ExitCode;

use es_core::store::{AppendError, StoreError, StoreErrorKind};
use es_core::stream::InvalidName;
use es_core::{ConfigError, LoadError};
use es_stores::{DomainError, SettingsError};

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Something failed.
    Failed = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// The store can not be reached.
    Unreachable = 3,
}

/// What ended a run.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Whoever read the output has enough.
    Closed,
    Told(Box<Told>),
}

/// One line that says what went wrong, and one that says what to do.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: Code,
    pub(crate) problem: String,
    /// Lines that point at the place.
    pub(crate) place: Option<String>,
    pub(crate) help: Option<String>,
}

impl Failure {
    fn new(code: Code, problem: impl Into<String>) -> Self {
        Self::Told(Box::new(Told {
            code,
            problem: problem.into(),
            place: None,
            help: None,
        }))
    }

    /// Something failed.
    pub(crate) fn failed(problem: impl Into<String>) -> Self {
        Self::new(Code::Failed, problem)
    }

    /// The command line or the configuration is wrong.
    pub(crate) fn usage(problem: impl Into<String>) -> Self {
        Self::new(Code::Usage, problem)
    }

    /// Says what to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        if let Self::Told(told) = &mut self {
            told.help = Some(help.into());
        }
        self
    }

    /// Points at the place.
    pub(crate) fn at(mut self, place: impl Into<String>) -> Self {
        if let Self::Told(told) = &mut self {
            told.place = Some(place.into());
        }
        self
    }

    /// What could not be read or written.
    pub(crate) fn io(what: impl fmt::Display, error: &io::Error) -> Self {
        Self::failed(format!("{what}: {error}"))
    }

    /// Tells it on standard error and answers the exit code.
    pub(crate) fn told(&self) -> ExitCode {
        let Self::Told(told) = self else {
            return ExitCode::SUCCESS;
        };
        let paint = crate::output::Paint::of_standard_error();
        let mut text = format!("{} {}\n", paint.bad("error:"), told.problem);
        if let Some(place) = &told.place {
            text.push_str(place);
            text.push('\n');
        }
        if let Some(help) = &told.help {
            text.push_str(&paint.good("help:"));
            text.extend([" ", help, "\n"]);
        }
        // Where nobody hears it, the exit code says it.
        let _ = io::Write::write_all(&mut io::stderr().lock(), text.as_bytes());
        told.code.into()
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// What the parser of the command line has to say: help and version are no errors.
pub(crate) fn of_usage(error: &clap::Error) -> ExitCode {
    let code = error.exit_code();
    match error.print() {
        Ok(()) => ExitCode::from(u8::try_from(code).unwrap_or(2)),
        Err(_) => ExitCode::SUCCESS,
    }
}

/// The error and what is underneath, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let why = error.to_string();
        if !text.contains(&why) {
            text.push_str(": ");
            text.push_str(&why);
        }
        source = error.source();
    }
    text.replace('\n', " ")
}

impl From<io::Error> for Failure {
    /// An error of the output.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::io("the output can not be written", &error),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::of_store(&error, chain(&error))
    }
}

impl Failure {
    fn of_store(error: &StoreError, problem: String) -> Self {
        let (code, help) = match error.kind() {
            StoreErrorKind::Unavailable => (
                Code::Unreachable,
                Some("see that it is there and runs; `--store URI` names another one"),
            ),
            StoreErrorKind::Denied => (
                Code::Unreachable,
                Some("connect as a user who may, or have the rights granted"),
            ),
            StoreErrorKind::Busy => (Code::Unreachable, Some("try again when it is free")),
            StoreErrorKind::NewerSchema => (
                Code::Failed,
                Some("update this program to the version that wrote the store, or a newer one"),
            ),
            StoreErrorKind::NotAStore => (
                Code::Failed,
                Some("name another one, or make a store there by `es store migrate`"),
            ),
            StoreErrorKind::Unsupported | StoreErrorKind::Invalid => (Code::Usage, None),
            _ => (Code::Failed, None),
        };
        let failure = Self::new(code, problem);
        match help {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Store(error) => error.into(),
            error => Self::failed(chain(&error)).help("run the same command again"),
        }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::usage(chain(&error))
    }
}

impl From<DomainError> for Failure {
    fn from(error: DomainError) -> Self {
        let problem = chain(&error);
        match &error {
            DomainError::Store { error, .. } => Self::of_store(error, problem),
            _ => Self::usage(problem),
        }
    }
}

impl From<InvalidName> for Failure {
    fn from(error: InvalidName) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(chain(&error))
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Store(error) => error.into(),
            error => Self::failed(chain(&error)),
        }
    }
}
