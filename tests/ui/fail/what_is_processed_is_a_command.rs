use es_core::prelude::*;
async fn close(bank: &Domain) {
    let _ = bank.process("close").await;
}
fn main() {}
