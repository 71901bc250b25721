//! Items of the user's that are called like what generated code is made of. (`str`, `bool` and `u64`
//! are not among them: serde and schemars write those without a path.)
#![allow(dead_code, non_camel_case_types)]

use es_core::{aggregate, event, value};

struct Result;
struct String;
struct Option;
struct Vec;
struct Event;
struct Aggregate;
struct AggregateState;
struct Metadata;
struct Version;
struct Root;
struct Default;
struct Clone;
struct Debug;
struct Serialize;
struct Deserialize;
struct JsonSchema;
struct From;
struct Box;
struct Self_;
struct u32;
struct Some;
struct None;
struct Ok;
struct Err;
mod core {}
mod std {}
mod serde {}
mod es_macros {}

#[value]
struct Part {
    number: u64,
}

#[event]
struct Begun {
    part: Part,
}

#[event(version = 2, upcast(1 => version))]
struct Changed {
    by: u64,
}

#[value]
struct ChangedV1 {
    text: u64,
}

fn version(data: ChangedV1) -> Changed {
    Changed { by: data.text }
}

#[event]
struct Ended;

#[aggregate(event_sourced, id = u64)]
struct Thing {
    part: Part,
}

#[event(retired)]
struct Swollen {
    by: u64,
}

#[aggregate]
impl Thing {
    #[upcast]
    fn swollen(old: Swollen) -> (Changed, Changed) {
        (Changed { by: old.by }, Changed { by: 1 })
    }

    fn begin(id: u64) -> Self {
        Self::raise_new_as(
            id,
            Begun {
                part: Part { number: 1 },
            },
        )
    }

    #[event(Grown)]
    fn grow(&mut self, by: u64) {
        self.part.number += by;
    }

    #[apply]
    fn begun(event: Begun) -> Self {
        Self { part: event.part }
    }

    #[apply]
    fn changed(&mut self, event: &Changed) {
        self.part.number += event.by;
    }

    #[apply]
    fn ended(&mut self, _: &Ended) {}
}

#[test]
fn names_of_the_users_own_do_not_meet_generated_ones() {
    let mut thing = Thing::begin(7);
    thing.grow(2);
    thing.raise_(Changed { by: 3 });
    thing.raise_(Ended);

    assert_eq!(thing.part.number, 6);
}
