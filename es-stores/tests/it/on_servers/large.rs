//! Events of a megabyte.

use es_core::record::{NewEvent, NewEvents, Page, ReadRequest, Source};
use es_core::store::{Append, EventStore};
use es_core::stream::StreamName;

use super::{Limits, PLAIN, Place, at, id};
use crate::servers::{Proxy, shared};

/// A page takes one or two of such events, and little more than those comes from the server, though
/// they are of one letter and kept in a few kilobytes each.
pub(crate) async fn a_page_of_large_events_is_not_sent_many<P: Place>() {
    const EVENTS: u64 = 60;
    const BYTES: usize = 1_000_000;
    let place = P::on(&shared()).await;
    let name = StreamName::new("test::a-1").expect("a proper name");
    let data = format!("\"{}\"", "x".repeat(BYTES - 2));
    let store = place.open().await;
    for number in 0..EVENTS {
        let mut events = NewEvents::new();
        events.push(NewEvent {
            id: id(number),
            time: chrono::DateTime::UNIX_EPOCH,
            event_type: PLAIN,
            data: data.as_bytes(),
            metadata: b"",
        });
        let unit = Append::to(name.clone(), at(number), events);
        store.append(unit.into()).await.unwrap();
    }
    let proxy = Proxy::to(&place.uri()).await;
    let store = place
        .open_by(&proxy.uri(), Limits::default())
        .await
        .unwrap();
    let mut page = Page::new();
    let source = Source::Stream { name, from: None };
    let mut request = ReadRequest::new(source);

    // It has not met such events yet.
    store.read(&request, &mut page).await.unwrap();

    assert!((1..=2).contains(&page.len()), "{}", page.len());
    let first = proxy.answered_bytes();
    assert!(first < 20 * BYTES, "{first}");
    let mut read = page.len();
    while request.advance(&page) {
        store.read(&request, &mut page).await.unwrap();
        read += page.len();
    }
    assert_eq!(read as u64, EVENTS);
    let rest = proxy.answered_bytes() - first;
    assert!(rest < 2 * 60 * BYTES, "{rest}");
}
