//! The real binary, against every store: what it prints, and with which code it ends.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod es;
mod following;
mod knowing;
mod readme;
mod refusals;
mod scale;
mod starter;
mod terminal;
mod transcripts;
mod transfer;
