//! The same work with `serde_json` alone.

use std::collections::HashMap;

use crate::account::Deposited;

/// What every deposit is for.
pub const MEMO: &str = "wire 0000000000000001";

/// A deposit, of 46 bytes in a store.
pub fn deposit() -> Deposited {
    Deposited {
        amount: 1234,
        memo: MEMO.to_owned(),
    }
}

/// Payloads of deposits, as they are stored.
pub fn payloads(count: u32) -> Vec<Vec<u8>> {
    (0..count).map(|_| encode(&deposit())).collect()
}

/// Streams of payloads by id.
pub struct Streams(HashMap<u32, Vec<Vec<u8>>>);

impl Streams {
    /// Streams 1 to `streams` of `events` each.
    pub fn new(streams: u32, events: u32) -> Self {
        Self((1..=streams).map(|id| (id, payloads(events))).collect())
    }

    /// Loads, decides and appends one event; answers the balance.
    pub fn command(&mut self, id: u32, memo: String) -> i64 {
        let stream = self.0.get_mut(&id).expect("it was made with this stream");
        let mut balance = 0;
        for payload in &*stream {
            balance += decode(payload).amount;
        }
        let amount = 1234;
        stream.push(encode(&Deposited { amount, memo }));
        balance + amount
    }
}

/// `serde_json::from_slice`.
pub fn decode(payload: &[u8]) -> Deposited {
    serde_json::from_slice(payload).expect("it was encoded as one")
}

fn encode(event: &Deposited) -> Vec<u8> {
    serde_json::to_vec(event).expect("plain fields encode")
}
