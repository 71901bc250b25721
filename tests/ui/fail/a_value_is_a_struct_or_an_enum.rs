use es_core::prelude::*;
#[value] type Address = String;
fn main() {}
