use es_core::prelude::*;
#[command(aggregate = Account)] enum Ask { Open, Close }
fn main() {}
