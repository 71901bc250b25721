use es_core::prelude::*;
use es_core::testing::*;
#[aggregate] struct Customer {}
#[aggregate] impl Customer {}
fn test() {
    given::<Customer>(events![]).when(|_| ()).then_nothing();
}
fn main() {}
