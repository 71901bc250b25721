//! That what is stored stays readable: a test of its own, in which nothing else is registered.

#[allow(dead_code, reason = "what changes members is the example's business")]
mod member;

use es_core::schema;

use member::{AddressChanged, Joined, Left, NameChanged};

/// `UPDATE_EVENTS_LOCK=1 cargo test` takes compatible changes up.
#[test]
fn what_is_stored_changed_with_a_version_or_not_at_all() {
    schema::check("members/events.lock.json");
}

#[test]
fn what_was_ever_stored_decodes() {
    let text = String::from;
    schema::golden("members/golden")
        .example(&Joined {
            first: text("Ada"),
            last: text("Byron"),
        })
        .example(&NameChanged { last: text("King") })
        .example(&AddressChanged {
            address: text("12 St James's Square"),
        })
        .example(&Left {
            reason: Some(text("moved away")),
        })
        .check();
}
