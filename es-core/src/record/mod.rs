//! Events as stores see them: bytes with a name, a place and a time.

mod block;
mod consumer_group;
mod context;
mod new_events;
mod page;
mod recorded;
mod request;

pub(crate) use block::Block;
pub use consumer_group::{ConsumerGroup, NoSuchMember};
pub use context::{Context, Metadata};
pub use new_events::{NewEvent, NewEvents};
pub(crate) use page::Replayed;
pub use page::{Page, PageEvent};
pub use recorded::RecordedEvent;
pub use request::{Detail, Direction, ReadRequest, Source};
