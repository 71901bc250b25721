use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[event] struct Opened;
#[event] struct Closed;
#[aggregate(snapshots = off)]
impl Account {
    #[apply] pub async fn opened(_: &mut Opened) -> Result<Self, String> { Ok(Self {}) }
    #[apply(Opened)] fn closed(self, _: &Closed) -> bool { true }
    #[event(Renamed, nmae = "renamed")] fn rename(&mut self, to: &str) {}
}
fn main() {}
