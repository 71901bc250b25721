//! What the stores on PostgreSQL servers share: how to reach one, how its errors read, appends that
//! share a commit, reads page by page, the horizon below which positions are settled, and wake-ups
//! between processes.

mod address;
mod ahead;
mod batches;
mod bell;
pub(crate) mod catalog;
mod error;
mod halves;
mod link;
mod numbers;
mod parameter;
mod reads;
mod settled;
mod time;
mod tls;
#[cfg(feature = "postgres")]
mod values;

pub(crate) use address::Address;
pub(crate) use ahead::{Ahead, Fill};
pub(crate) use batches::{Batches, Outcome, WriteUnits};
pub(crate) use bell::Bell;
#[cfg(feature = "postgres")]
pub(crate) use bell::quoted;
pub(crate) use error::{Failure, Trouble};
pub(crate) use halves::Density;
pub(crate) use link::{Client, Link, LinkOptions, repeatably};
pub(crate) use numbers::{bounded, number};
use parameter::Parameter;
pub(crate) use reads::{Both, ReadSql, Reads, Rows, both};
pub(crate) use settled::Settled;
pub(crate) use time::Time;
#[cfg(feature = "postgres")]
pub(crate) use values::{Bytes, Json, JsonText};
