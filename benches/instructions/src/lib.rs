//! What an event costs in memory, as scenarios that can be counted: in instructions by the program
//! of this package, in allocations by its tests.

mod account;
mod reference;
mod scenarios;

pub use account::{Account, Deposited};
pub use scenarios::{SCENARIOS, Scenario, bank, stored_account};

/// Runs what a scenario prepared. Callgrind counts inside this function alone, by its name.
#[inline(never)]
pub fn counted_by_callgrind(run: &mut dyn FnMut() -> u64) -> u64 {
    // Used after the call, so that it stays a call inside of this function.
    std::hint::black_box(run())
}
