//! What a closure of a test answers.

/// What a closure says of what it was shown: a `bool`, or nothing where it asserts by itself.
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
