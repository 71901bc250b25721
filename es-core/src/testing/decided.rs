//! What an aggregate decided, and what was expected of it.

use std::fmt::Debug;

use super::difference::{Shown, assert_same, difference, lines, pretty, show};
use super::expectation::Expectation;
use crate::aggregate::{Aggregate, Kept};
use crate::invariant::Violation;

/// What an aggregate decided: from [`Given::when`](super::Given::when).
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
/// let withdrawn = |cents| given::<Account>(events![Opened { cents: 20 }]).when(move |it| it.withdraw(cents));
///
/// withdrawn(5).then(events![Withdrawn { cents: 5 }]).then_answer(15).then_state(|it| it.cents == 15);
/// withdrawn(7).then_violated("not_thirteen");
/// withdrawn(21).then_rejected(|told| told == "20 cents are there");
/// given::<Account>(events![Opened { cents: 20 }]).when(|_| ()).then_nothing();
/// ```
pub struct Decided<A: Aggregate, T, E> {
    /// None where it was not created.
    aggregate: Option<A>,
    outcome: Result<T, E>,
    raised: Vec<Shown>,
    violations: Vec<Violation>,
}

impl<A: Aggregate, T, E> Decided<A, T, E> {
    /// Takes note of what was raised, and asks the invariants as saving does.
    pub(super) fn new(aggregate: Option<A>, outcome: Result<T, E>) -> Self {
        let (mut raised, mut violations) = (Vec::new(), Vec::new());
        if let Some(aggregate) = &aggregate {
            raised = show(aggregate.pending_events());
            if outcome.is_ok() && is_changed(aggregate) {
                violations = aggregate.violations();
            }
        }
        Self {
            aggregate,
            outcome,
            raised,
            violations,
        }
    }

    /// Its answer, and nothing is checked.
    ///
    /// # Errors
    /// What it said no with.
    pub fn into_outcome(self) -> Result<T, E> {
        self.outcome
    }
}

/// Whether saving would write it.
fn is_changed<A: Aggregate>(aggregate: &A) -> bool {
    let root = aggregate.root();
    let state = || aggregate.encode_state().ok();
    !root.pending().is_empty()
        || (A::KEPT == Kept::State && root.kept.as_deref() != state().as_deref())
}

impl<A: Aggregate, T, E: Debug> Decided<A, T, E> {
    /// It decided to go ahead, no invariant is broken, and these events were raised, in this order.
    ///
    /// # Panics
    /// Where anything else came of it.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "`events![..]` makes a `Vec`")]
    pub fn then(self, expected: Vec<A::Event>) -> Self {
        let expected = show(&expected);
        self.went_ahead(&expected);
        assert_same(A::NAME, &expected, &self.raised);
        self
    }

    /// It decided to go ahead, and raised nothing.
    ///
    /// # Panics
    /// Where anything else came of it.
    #[track_caller]
    pub fn then_nothing(self) -> Self {
        self.then(Vec::new())
    }

    /// It answered this.
    ///
    /// # Panics
    /// Where it answered something else, or said no.
    #[track_caller]
    pub fn then_answer<U: Debug>(self, expected: U) -> Self
    where
        T: PartialEq<U> + Debug,
    {
        self.went_ahead(&[]);
        if let Ok(answer) = &self.outcome {
            assert_answer(A::NAME, answer, &expected);
        }
        self
    }

    /// It said no, with this, and raised nothing before.
    ///
    /// # Panics
    /// Where it decided to go ahead, or `expected` answers `false`.
    #[track_caller]
    pub fn then_rejected<X: Expectation>(self, expected: impl FnOnce(&E) -> X) -> Self {
        match &self.outcome {
            Ok(_) => panic!(
                "`{}` did not say no, and a rejection was expected{}",
                A::NAME,
                but_raised(&self.raised)
            ),
            Err(rejection) => assert_holds(A::NAME, rejection, expected),
        }
        assert!(
            self.raised.is_empty(),
            "`{}` said no, and raised events before, which an `add` would write; check first{}",
            A::NAME,
            but_raised(&self.raised)
        );
        self
    }

    /// The invariant of this name is broken, so that nothing would be written.
    ///
    /// # Panics
    /// Where it holds, or the aggregate said no.
    #[track_caller]
    pub fn then_violated(self, invariant: &str) -> Self {
        if let Err(rejection) = &self.outcome {
            panic!(
                "`{}` said no before its invariants were asked: {rejection:?}",
                A::NAME
            );
        }
        assert_violated(A::NAME, &self.violations, invariant);
        self
    }

    /// The aggregate is now like this, also where it said no or broke an invariant.
    ///
    /// # Panics
    /// Where there is none, or `expected` answers `false`.
    #[track_caller]
    pub fn then_state<X: Expectation>(self, expected: impl FnOnce(&A) -> X) -> Self {
        let Some(aggregate) = &self.aggregate else {
            panic!("no `{}` was created", A::NAME)
        };
        assert_state(aggregate, expected);
        self
    }

    #[track_caller]
    fn went_ahead(&self, expected: &[Shown]) {
        if let Err(rejection) = &self.outcome {
            panic!(
                "`{}` said no: {rejection:?}{}",
                A::NAME,
                but_expected(expected)
            );
        }
        if !self.violations.is_empty() {
            let violations = &self.violations;
            panic!(
                "`{}` breaks {}{}",
                A::NAME,
                in_words(violations),
                but_expected(expected)
            );
        }
    }
}

/// What was expected instead, where that were events.
pub(super) fn but_expected(events: &[Shown]) -> String {
    match events {
        [] => String::new(),
        events => format!(" (- expected){}", difference(&lines(events), &[])),
    }
}

/// What was raised though nothing should have been.
pub(super) fn but_raised(events: &[Shown]) -> String {
    match events {
        [] => "; it raised nothing".to_owned(),
        events => format!(" (+ raised){}", difference(&[], &lines(events))),
    }
}

fn in_words(violations: &[Violation]) -> String {
    let texts: Vec<_> = violations.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

#[track_caller]
pub(super) fn assert_answer<T: PartialEq<U> + Debug, U: Debug>(
    who: &str,
    answer: &T,
    expected: &U,
) {
    assert!(
        answer == expected,
        "`{who}` answered something else (- expected, + answered)\n- {expected:?}\n+ {answer:?}"
    );
}

#[track_caller]
pub(super) fn assert_holds<E: Debug, X: Expectation>(
    who: &str,
    rejection: &E,
    expected: impl FnOnce(&E) -> X,
) {
    assert!(
        expected(rejection).holds(),
        "`{who}` said no with something else than expected: {rejection:?}"
    );
}

#[track_caller]
pub(super) fn assert_violated(who: &str, violations: &[Violation], invariant: &str) {
    let is_broken = violations
        .iter()
        .any(|violation| violation.invariant() == invariant);
    let instead = match violations {
        [] => "all invariants hold".to_owned(),
        broken => format!("it breaks {}", in_words(broken)),
    };
    assert!(
        is_broken,
        "`{who}` does not break `{invariant}`, as was expected: {instead}"
    );
}

#[track_caller]
fn assert_state<A: Aggregate, X: Expectation>(aggregate: &A, expected: impl FnOnce(&A) -> X) {
    if let Some(text) = unlike_expected(aggregate, expected) {
        panic!("{text}");
    }
}

/// What is wrong with a state, if anything.
pub(super) fn unlike_expected<A: Aggregate, X: Expectation>(
    aggregate: &A,
    expected: impl FnOnce(&A) -> X,
) -> Option<String> {
    if expected(aggregate).holds() {
        return None;
    }
    let state = aggregate.encode_state();
    let state = state.and_then(|state| serde_json::from_slice(&state));
    Some(match state {
        Ok(state) => format!("this `{}` is not as expected: {}", A::NAME, pretty(&state)),
        // One with `snapshots = off`.
        Err(_) => format!("this `{}` is not as expected", A::NAME),
    })
}
