use es_core::prelude::*;
#[event] struct Changed<T> { to: T }
fn main() {}
