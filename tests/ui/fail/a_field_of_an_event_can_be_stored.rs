use es_core::prelude::*;
struct Address;
#[event] struct Moved { to: Address }
fn main() {}
