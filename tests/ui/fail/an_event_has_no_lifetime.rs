use es_core::prelude::*;
#[event] struct Renamed<'a> { name: &'a str }
fn main() {}
