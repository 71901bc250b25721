//! How often loading asks the allocator, and how much the store in memory holds.

use allocation_counter::measure;
use es_bench_instructions::{Account, bank, stored_account};
use tokio::runtime::{Builder, Runtime};

const EVENTS: u32 = 10_000;

#[test]
fn loading_allocates_nothing_by_event_beyond_the_users_own_struct() {
    let (runtime, domain) = (runtime(), bank());
    runtime.block_on(stored_account(&domain, 1, EVENTS));
    let accounts = domain.repository::<Account>();
    let load = || runtime.block_on(accounts.get(&1)).map(drop);
    load().expect("the first load grows the pages that the next ones reuse");

    let allocated = measure(|| load().expect("it is stored"));

    // Each event has one `String`: its owner or what it is for.
    let beyond = allocated.count_total - u64::from(EVENTS);
    assert!(beyond < 100, "{beyond} of {EVENTS} events");
}

#[test]
fn the_store_in_memory_holds_an_event_of_63_bytes_in_less_than_250() {
    let (runtime, domain) = (runtime(), bank());

    let held = measure(|| runtime.block_on(stored_account(&domain, 1, EVENTS)));

    let bytes = held.bytes_current.unsigned_abs() / u64::from(EVENTS);
    println!("{bytes} bytes an event");
    assert!(bytes < 250, "{bytes} bytes an event");
}

fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().build();
    runtime.expect("a runtime without drivers needs nothing")
}
