//! es-core is named, for a crate that reaches it by another crate.

/// es-core by a path of this crate's own.
pub mod reexported {
    pub use ::es as inner;
}

// schemars calls these by name.
use ::core::convert::{From as _, Into as _};

use reexported::inner::{aggregate, event, value};

/// What is counted.
#[value(crate = "crate::named::reexported::inner")]
#[derive(Copy, Default)]
pub enum Unit {
    /// Ones.
    #[default]
    One,
}

/// It was counted on.
#[event(crate = "crate::named::reexported::inner")]
pub struct Counted {
    /// What.
    pub unit: Unit,
}

/// A number.
#[aggregate(event_sourced, id = u64, crate = "crate::named::reexported::inner")]
#[derive(Debug, Default)]
pub struct Counter {
    count: u64,
    last: Unit,
}

#[aggregate(crate = "crate::named::reexported::inner")]
impl Counter {
    /// Begins with 1.
    #[must_use]
    pub fn begin(id: u64) -> Self {
        Self::raise_new_as(id, Counted { unit: Unit::One })
    }

    /// Goes back to nothing.
    #[event(Reset)]
    pub fn reset(&mut self) {
        self.count = 0;
    }

    #[apply]
    fn counted(&mut self, event: &Counted) {
        self.count += 1;
        self.last = event.unit;
    }
}

#[::core::prelude::v1::test]
fn generated_code_uses_the_path_that_is_given() {
    let mut counter = Counter::begin(7);
    ::core::assert_eq!((counter.count, counter.last), (1, Unit::One));

    counter.reset();
    ::core::assert_eq!(counter.count, 0);
}
