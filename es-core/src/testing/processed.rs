//! A command processed by a domain, and what was expected of it.

use std::fmt::Debug;
use std::future::IntoFuture;
use std::panic::Location;

use super::decided::{assert_answer, assert_holds, assert_violated, but_expected, but_raised};
use super::difference::{Shown, assert_same, show};
use super::done::{After, At};
use super::expectation::Expectation;
use super::scenario::Scenario;
use crate::aggregate::{Aggregate, AggregateState};
use crate::command::{Command, Handle, ProcessError};
use crate::error::SaveError;
use crate::store::BoxFuture;

type AnswerOf<C> = <<C as Command>::Aggregate as Handle<C>>::Answer;
type RejectionOf<C> = <<C as Command>::Aggregate as Handle<C>>::Rejection;

/// A command on its way: from [`Scenario::when`], processed when it is awaited.
#[must_use = "a command is processed when it is awaited"]
pub struct Processing<C> {
    scenario: Scenario,
    command: C,
    at: At,
}

impl<C> Processing<C> {
    pub(super) fn new(scenario: Scenario, command: C, at: At) -> Self {
        Self {
            scenario,
            command,
            at,
        }
    }
}

impl<C: Command> IntoFuture for Processing<C>
where
    C::Aggregate: Handle<C>,
    AnswerOf<C>: Send + 'static,
    RejectionOf<C>: Debug + Send + 'static,
{
    type Output = Processed<C>;
    type IntoFuture = BoxFuture<'static, Processed<C>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let at = self.at;
            let after = self.scenario.stored(at).await;
            let target = self.command.target();
            let outcome = after.domain().process(self.command).await;
            let outcome = outcome.map(|committed| committed.value);
            let raised = after.raised::<C::Aggregate>(target.as_ref(), at).await;
            Processed {
                after,
                outcome,
                raised,
            }
        })
    }
}

/// What came of a command: from [`Scenario::when`].
///
/// ```
/// use es_core::testing::*;
/// # use es_core::prelude::*;
/// # #[event] pub struct Opened { cents: u64 }
/// # #[event] pub struct Withdrawn { cents: u64 }
/// # #[command(aggregate = Account)] pub struct Withdraw { #[target] account: String, cents: u64 }
/// # #[aggregate(event_sourced, id = String)] pub struct Account { cents: u64 }
/// # #[aggregate] impl Account {
/// #     #[handle] fn handle(&mut self, command: &Withdraw) -> Result<u64, String> { self.withdraw(command.cents) }
/// #     pub fn withdraw(&mut self, cents: u64) -> Result<u64, String> {
/// #         if cents > self.cents { return Err(format!("{} cents are there", self.cents)); }
/// #         self.raise_(Withdrawn { cents });
/// #         Ok(self.cents)
/// #     }
/// #     #[invariant] fn not_thirteen(&self) -> Result<(), &'static str> {
/// #         if self.cents == 13 { return Err("thirteen brings bad luck"); }
/// #         Ok(())
/// #     }
/// #     #[apply] fn opened(event: &Opened) -> Self { Self { cents: event.cents } }
/// #     #[apply] fn withdrawn(&mut self, event: &Withdrawn) { self.cents -= event.cents; }
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bank = fixed_domain("bank").build()?;
/// let withdraw = |cents| Withdraw { account: "ada".to_owned(), cents };
///
/// scenario(&bank)
///     .given::<Account>("ada", events![Opened { cents: 20 }])
///     .when(withdraw(5))
///     .await
///     .then(events![Withdrawn { cents: 5 }])
///     .then_answer(15)
///     .then_state("ada", |account: &Account| assert_eq!(account.version(), 2))
///     .await;
/// scenario(&bank).when(withdraw(2)).await.then_violated("not_thirteen");
/// scenario(&bank).when(withdraw(16)).await.then_rejected(|told| told == "15 cents are there");
/// # Ok(())
/// # }
/// ```
pub struct Processed<C: Command>
where
    C::Aggregate: Handle<C>,
{
    after: After,
    outcome: Result<AnswerOf<C>, ProcessError<RejectionOf<C>>>,
    /// The events of its aggregate that it caused.
    raised: Vec<Shown>,
}

impl<C: Command> Processed<C>
where
    C::Aggregate: Handle<C>,
    RejectionOf<C>: Debug,
{
    /// The command was accepted, and these events of its aggregate were stored, in this order.
    ///
    /// # Panics
    /// Where anything else came of it.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "`events![..]` makes a `Vec`")]
    pub fn then(self, expected: Vec<<C::Aggregate as Aggregate>::Event>) -> Self {
        let expected = show(&expected);
        self.was_accepted(&expected);
        assert_same(name::<C>(), &expected, &self.raised);
        self
    }

    /// The command was accepted, and its aggregate raised nothing.
    ///
    /// # Panics
    /// Where anything else came of it.
    #[track_caller]
    pub fn then_nothing(self) -> Self {
        self.then(Vec::new())
    }

    /// The command was accepted and answered this.
    ///
    /// # Panics
    /// Where anything else came of it.
    #[track_caller]
    pub fn then_answer<U: Debug>(self, expected: U) -> Self
    where
        AnswerOf<C>: PartialEq<U> + Debug,
    {
        self.was_accepted(&[]);
        if let Ok(answer) = &self.outcome {
            assert_answer(C::NAME, answer, &expected);
        }
        self
    }

    /// The aggregate said no, with this.
    ///
    /// # Panics
    /// Where anything else came of it, or `expected` answers `false`.
    #[track_caller]
    pub fn then_rejected<X: Expectation>(
        self,
        expected: impl FnOnce(&RejectionOf<C>) -> X,
    ) -> Self {
        match &self.outcome {
            Err(ProcessError::Rejected(rejection)) => {
                assert_holds(name::<C>(), rejection, expected);
            }
            Err(error) => panic!(
                "`{}` was not rejected, but failed: {}",
                C::NAME,
                told(error)
            ),
            Ok(_) => panic!(
                "`{}` was accepted, and a rejection was expected{}",
                C::NAME,
                but_raised(&self.raised)
            ),
        }
        self
    }

    /// The command broke the invariant of this name, so that nothing was written.
    ///
    /// # Panics
    /// Where anything else came of it.
    #[track_caller]
    pub fn then_violated(self, invariant: &str) -> Self {
        match &self.outcome {
            Err(ProcessError::Save(SaveError::Violated(violations))) => {
                assert_violated(name::<C>(), violations.as_slice(), invariant);
            }
            Err(error) => panic!("`{}` breaks no invariant: {}", C::NAME, told(error)),
            Ok(_) => panic!(
                "`{}` was accepted, and should have broken `{invariant}`{}",
                C::NAME,
                but_raised(&self.raised)
            ),
        }
        self
    }

    /// These events of another aggregate were stored since the command began.
    ///
    /// # Panics
    /// Where others were.
    #[track_caller]
    pub fn then_events<A: Aggregate>(
        self,
        id: impl Into<A::Id>,
        expected: Vec<A::Event>,
    ) -> impl Future<Output = Self> {
        let (id, at) = (id.into(), Location::caller());
        async move {
            self.after.assert_events::<A>(&id, &expected, at).await;
            self
        }
    }

    /// The aggregate of this id is now like this.
    ///
    /// # Panics
    /// Where there is none, or `expected` answers `false`.
    #[track_caller]
    pub fn then_state<A: Aggregate, X: Expectation>(
        self,
        id: impl Into<A::Id>,
        expected: impl FnOnce(&A) -> X,
    ) -> impl Future<Output = Self> {
        let (id, at) = (id.into(), Location::caller());
        async move {
            self.after.assert_state(&id, expected, at).await;
            self
        }
    }

    /// What processing it answered, and nothing is checked.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub fn into_outcome(self) -> Result<AnswerOf<C>, ProcessError<RejectionOf<C>>> {
        self.outcome
    }

    #[track_caller]
    fn was_accepted(&self, expected: &[Shown]) {
        if let Err(error) = &self.outcome {
            let (error, expected) = (told(error), but_expected(expected));
            panic!("`{}` was not carried out: {error}{expected}", C::NAME);
        }
    }
}

fn name<C: Command>() -> &'static str {
    <C::Aggregate as AggregateState>::NAME
}

/// Why a command was not carried out, in words.
fn told<E: Debug>(error: &ProcessError<E>) -> String {
    match error {
        ProcessError::Rejected(rejection) => format!("it was rejected by {rejection:?}"),
        ProcessError::Load(error) => error.to_string(),
        ProcessError::Save(error) => error.to_string(),
        other => format!("{other:?}"),
    }
}
