use es_core::prelude::*;
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)] struct Address;
#[event] struct Moved { to: Address }
fn main() {}
