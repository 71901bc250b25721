//! What must hold of an aggregate whenever it is saved.

use std::fmt;

use crate::stream::StreamName;

/// What an invariant says against a state.
///
/// ```
/// use es_core::Violation;
/// use es_core::prelude::*;
///
/// #[event] struct Opened {}
/// #[event] struct Withdrawn { cents: i64 }
///
/// #[aggregate(event_sourced)]
/// struct Account { cents: i64 }
///
/// #[aggregate]
/// impl Account {
///     fn open() -> Self { Self::raise_new(Opened {}) }
///     fn withdraw(&mut self, cents: i64) { self.raise_(Withdrawn { cents }) }
///     #[apply] fn opened(_: &Opened) -> Self { Self { cents: 0 } }
///     #[apply] fn withdrawn(&mut self, event: &Withdrawn) { self.cents -= event.cents; }
///
///     #[invariant]
///     fn never_overdrawn(&self) -> Result<(), Violation> {
///         if self.cents < 0 {
///             return Err(Violation::new(format!("the balance is {} cents", self.cents)));
///         }
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let accounts = Domain::builder("bank").build()?.repository::<Account>();
/// let mut account = Account::open();
/// account.withdraw(5);
///
/// let refused = accounts.add(&mut account).await;
///
/// let Err(SaveError::Violated(violations)) = refused else { panic!("{refused:?}") };
/// let [violation] = violations.as_slice() else { panic!("{violations}") };
/// assert_eq!(violation.to_string(), "never_overdrawn: the balance is -5 cents");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    invariant: &'static str,
    message: String,
}

impl Violation {
    /// Says what is wrong, in words.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            invariant: "",
            message: message.into(),
        }
    }

    /// The name of the invariant: of its function.
    pub fn invariant(&self) -> &'static str {
        self.invariant
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.message)
    }
}

impl std::error::Error for Violation {}

impl From<String> for Violation {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

impl From<&str> for Violation {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

/// All that the invariants say against what was to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violations {
    /// Each with the aggregate that it is about.
    all: Vec<(StreamName, Vec<Violation>)>,
}

impl Violations {
    pub(crate) fn of(stream: StreamName, violations: Vec<Violation>) -> Self {
        Self {
            all: vec![(stream, violations)],
        }
    }

    pub(crate) fn extend(&mut self, more: Self) {
        self.all.extend(more.all);
    }

    /// The aggregates, by their streams, each with what is said against it.
    pub fn by_aggregate(&self) -> impl Iterator<Item = (&StreamName, &[Violation])> {
        self.all
            .iter()
            .map(|(stream, violations)| (stream, violations.as_slice()))
    }

    /// What is said against the first aggregate: the only one, unless a unit of work held several.
    pub fn as_slice(&self) -> &[Violation] {
        self.all
            .first()
            .map_or(&[], |(_, violations)| violations.as_slice())
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, (stream, violations)) in self.all.iter().enumerate() {
            let between = if nth == 0 { "" } else { "; " };
            write!(f, "{between}`{stream}` breaks ")?;
            for (nth, violation) in violations.iter().enumerate() {
                let between = if nth == 0 { "" } else { ", " };
                write!(f, "{between}{violation}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

/// Takes note of what an invariant answers: what the macro writes for each.
#[doc(hidden)]
pub fn ask<V: Into<Violation>>(
    found: &mut Vec<Violation>,
    invariant: &'static str,
    answer: Result<(), V>,
) {
    if let Err(violation) = answer {
        found.push(Violation {
            invariant,
            ..violation.into()
        });
    }
}
