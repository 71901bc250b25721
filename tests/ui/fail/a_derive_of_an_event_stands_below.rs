// A macro does not see the derives above it: only rustc can speak here.
use es_core::prelude::*;
#[derive(Clone)]
#[event] struct Opened;
fn main() {}
