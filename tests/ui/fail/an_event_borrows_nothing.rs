use es_core::prelude::*;
#[event] struct Renamed { name: &'static str }
fn main() {}
