use es_core::prelude::*;
#[event] fn renamed() {}
fn main() {}
