//! What is counted: each scenario prepares something and answers what is to be run.

use std::hint::black_box;

use es_core::EventEnum;
use es_core::prelude::*;
use es_core::testing::{ManualClock, counting_ids};
use tokio::runtime::{Builder, Runtime};

use crate::account::{Account, AccountEvent};
use crate::reference::{MEMO, Streams, decode, deposit, payloads};

/// One thing that is counted.
#[derive(Debug)]
pub struct Scenario {
    /// What it is called in the table and the baseline.
    pub name: &'static str,
    /// What happens to each event.
    pub what: &'static str,
    /// How many events a run is for.
    pub events: u32,
    /// The scenario that does the same work with `serde_json` alone.
    pub reference: Option<&'static str>,
    /// Prepares a run; it may run several times.
    pub prepare: fn() -> Run,
}

/// What is counted; it answers something that depends on all of its work.
pub type Run = Box<dyn FnMut() -> u64>;

const FEW: u32 = 1_000;
const MANY: u32 = 10_000;
const STREAMS: u32 = 200;
const EVENTS_IN_A_STREAM: u32 = 10;

/// Everything that is counted.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "json-decode",
        what: "serde_json::from_slice alone",
        events: FEW,
        reference: None,
        prepare: json_decode,
    },
    Scenario {
        name: "json-encode",
        what: "serde_json::to_writer alone",
        events: FEW,
        reference: None,
        prepare: json_encode,
    },
    Scenario {
        name: "json-command",
        what: "decode a stream of 10, encode one more, nothing else",
        events: STREAMS,
        reference: None,
        prepare: json_command,
    },
    Scenario {
        name: "raise",
        what: "raised and applied in an aggregate",
        events: FEW,
        reference: None,
        prepare: raise,
    },
    Scenario {
        name: "apply",
        what: "handed to its handler",
        events: FEW,
        reference: None,
        prepare: apply,
    },
    Scenario {
        name: "encode",
        what: "from the enum to its payload",
        events: FEW,
        reference: Some("json-encode"),
        prepare: encode_events,
    },
    Scenario {
        name: "decode",
        what: "from its stored name, version and payload to the enum",
        events: FEW,
        reference: Some("json-decode"),
        prepare: decode_events,
    },
    Scenario {
        name: "read",
        what: "read from a stream in memory, not decoded",
        events: MANY,
        reference: None,
        prepare: read,
    },
    Scenario {
        name: "load",
        what: "loaded from memory into an aggregate",
        events: MANY,
        reference: Some("json-decode"),
        prepare: load,
    },
    Scenario {
        name: "add",
        what: "raised, and appended with 999 others in one commit",
        events: FEW,
        reference: Some("json-encode"),
        prepare: add,
    },
    Scenario {
        name: "command",
        what: "load 10 events, decide, append one",
        events: STREAMS,
        reference: Some("json-command"),
        prepare: command,
    },
    Scenario {
        name: "command-cached",
        what: "take the account from the cache, decide, append one",
        events: STREAMS,
        reference: None,
        prepare: command_cached,
    },
];

fn json_decode() -> Run {
    let payloads = payloads(FEW);
    Box::new(move || {
        let events = payloads.iter().map(|payload| black_box(decode(payload)));
        events.map(|event| event.amount.cast_unsigned()).sum()
    })
}

fn json_encode() -> Run {
    let events: Vec<_> = (0..FEW).map(|_| deposit()).collect();
    let mut bytes = Vec::new();
    Box::new(move || {
        bytes.clear();
        for event in &events {
            serde_json::to_writer(&mut bytes, event).expect("plain fields encode");
        }
        bytes.len() as u64
    })
}

fn json_command() -> Run {
    let mut streams = Streams::new(STREAMS, EVENTS_IN_A_STREAM);
    Box::new(move || {
        let balances = (1..=STREAMS).map(|id| streams.command(id, MEMO.to_owned()));
        balances.sum::<i64>().cast_unsigned()
    })
}

fn raise() -> Run {
    Box::new(|| {
        let mut account = Account::open(1);
        deposits(&mut account);
        account.balance().cast_unsigned()
    })
}

fn apply() -> Run {
    let events: Vec<AccountEvent> = (0..FEW).map(|_| deposit().into()).collect();
    Box::new(move || {
        let mut account = Account::open(1);
        for event in &events {
            account.apply_ref(black_box(event));
        }
        account.balance().cast_unsigned()
    })
}

fn encode_events() -> Run {
    let events: Vec<AccountEvent> = (0..FEW).map(|_| deposit().into()).collect();
    let mut bytes = Vec::new();
    Box::new(move || {
        bytes.clear();
        for event in &events {
            event.encode(&mut bytes).expect("plain fields encode");
        }
        bytes.len() as u64
    })
}

fn decode_events() -> Run {
    let payloads = payloads(FEW);
    Box::new(move || {
        for payload in &payloads {
            let event = AccountEvent::decode(black_box("Deposited"), 1, payload);
            black_box(event.expect("it was encoded as one"));
        }
        FEW.into()
    })
}

fn read() -> Run {
    let runtime = runtime();
    let domain = bank();
    runtime.block_on(stored_account(&domain, 1, MANY));
    Box::new(move || {
        runtime.block_on(async {
            let mut events = domain.store().read_stream("bank::account-1");
            let mut bytes = 0;
            while let Some(event) = events.next().await.expect("memory can be read") {
                bytes += event.data.len() as u64;
            }
            bytes
        })
    })
}

fn load() -> Run {
    let runtime = runtime();
    let domain = bank();
    runtime.block_on(stored_account(&domain, 1, MANY));
    let accounts = domain.repository::<Account>();
    Box::new(move || {
        let account = runtime.block_on(accounts.get(&1)).expect("it was stored");
        account.balance().cast_unsigned()
    })
}

fn add() -> Run {
    let runtime = runtime();
    let accounts = bank().repository::<Account>();
    let mut account = Account::open(1);
    Box::new(move || {
        deposits(&mut account);
        let added = runtime.block_on(accounts.add(&mut account));
        added.expect("nobody else appends").version().get()
    })
}

fn command() -> Run {
    commands(Domain::repository)
}

fn command_cached() -> Run {
    commands(|domain| domain.repository().cached(STREAMS as usize))
}

fn commands(accounts: fn(&Domain) -> Repository<Account>) -> Run {
    let runtime = runtime();
    let domain = bank();
    for id in 1..=STREAMS {
        runtime.block_on(stored_account(&domain, id, EVENTS_IN_A_STREAM));
    }
    let accounts = accounts(&domain);
    for id in 1..=STREAMS {
        let loaded = runtime.block_on(accounts.get(&id));
        loaded.expect("it was stored");
    }
    Box::new(move || {
        runtime.block_on(async {
            let mut versions = 0;
            for id in 1..=STREAMS {
                let withdraw = |account: &mut Account| account.withdraw(1, MEMO.to_owned());
                let done = accounts.update(&id, withdraw).await;
                versions += done.expect("nobody else appends").version().get();
            }
            versions
        })
    })
}

/// A domain in memory, with ids and a clock that are the same in every run.
pub fn bank() -> Domain {
    let clock = ManualClock::at(DateTime::UNIX_EPOCH);
    let domain = Domain::builder("bank").clock(clock.source());
    domain
        .ids(counting_ids())
        .build()
        .expect("`bank` is a name")
}

/// Stores an account of this many events, each in a commit of its own.
pub async fn stored_account(domain: &Domain, id: u32, events: u32) {
    let accounts = domain.repository::<Account>();
    let mut account = Account::open(id);
    for _ in 1..events {
        accounts
            .add(&mut account)
            .await
            .expect("nobody else appends");
        account.deposit(1234, MEMO.to_owned());
    }
    accounts
        .add(&mut account)
        .await
        .expect("nobody else appends");
}

fn deposits(account: &mut Account) {
    for _ in 0..FEW {
        account.deposit(1234, MEMO.to_owned());
    }
}

fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().build();
    runtime.expect("a runtime without drivers needs nothing")
}
