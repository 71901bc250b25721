use es_core::prelude::*;
#[event] enum Moved { Left, Right }
fn main() {}
