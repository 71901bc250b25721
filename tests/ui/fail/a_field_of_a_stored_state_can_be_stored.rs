use es_core::prelude::*;
struct Lock;
#[aggregate] struct Customer { lock: Lock }
#[aggregate] impl Customer {}
fn main() {}
