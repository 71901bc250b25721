//! Waiting for locks that other processes hold.

use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};

// SQLite's callback carries no state of ours, but runs on the thread of the statement that waits.
thread_local! {
    static BOUND: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static BEGUN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Bounds every later wait on this thread.
pub(super) fn wait_at_most(bound: Duration) {
    BOUND.set(bound);
}

/// Makes the statements of `connection` wait for locks.
pub(super) fn install(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(wait))
}

/// Runs `attempt` until it meets no lock, within the bound: for what SQLite answers with "busy" or
/// "locked" without asking the handler, such as recovery and the switch to the write-ahead log.
pub(super) fn patiently<T>(
    mut attempt: impl FnMut() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let begun = Instant::now();
    let mut round = 0;
    loop {
        match attempt() {
            Err(error) if is_lock(&error) && begun.elapsed() < BOUND.get() => pause(round),
            done => return done,
        }
        round += 1;
    }
}

/// Whether somebody else's lock is the trouble.
pub(super) fn is_lock(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed
        )
    )
}

fn wait(round: i32) -> bool {
    if round == 0 {
        BEGUN.set(Some(Instant::now()));
    }
    let begun = BEGUN.get().unwrap_or_else(Instant::now);
    if begun.elapsed() >= BOUND.get() {
        return false;
    }
    pause(round);
    true
}

/// Short at first and never long; random, so that two waiters do not keep meeting.
fn pause(round: i32) {
    let longest_us = 500_u64.saturating_mul(u64::try_from(round).unwrap_or(0) + 1);
    thread::sleep(Duration::from_micros(fastrand::u64(
        100..=longest_us.min(10_000),
    )));
}
