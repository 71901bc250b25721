//! What a closure of a test answers.

/// What a closure says of what it was shown: a `bool`, or nothing where it asserts by itself.
///
/// ```
/// use es_core::testing::*;
/// # use es_core::prelude::*;
/// # #[event] pub struct Opened { owner: String }
/// # #[aggregate(event_sourced)] pub struct Account { owner: String }
/// # #[aggregate] impl Account {
/// #     #[apply] fn opened(event: Opened) -> Self { Self { owner: event.owner } }
/// # }
///
/// given::<Account>(events![Opened { owner: "Ada".to_owned() }])
///     .when(|_| ())
///     .then_state(|account| account.owner == "Ada")
///     .then_state(|account| assert_eq!(account.version(), 1));
/// ```
#[diagnostic::on_unimplemented(
    message = "a test says yes or no of what it is shown, or asserts by itself",
    label = "expected was a `bool` or nothing"
)]
pub trait Expectation {
    /// Whether it holds.
    fn holds(self) -> bool;
}

impl Expectation for bool {
    fn holds(self) -> bool {
        self
    }
}

impl Expectation for () {
    fn holds(self) -> bool {
        true
    }
}
