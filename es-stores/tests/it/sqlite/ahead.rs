//! That reading ahead shows nobody less, or more, than a read at that moment would.

use es_core::record::{Page, ReadRequest, Source};
use es_core::store::{EventStore as _, EventStoreExt as _};
use es_core::stream::StreamName;
use es_stores::conformance::Harness as _;

use super::{append, events, folder};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_appended_before_the_question_is_on_the_last_page() {
    let folder = folder();
    let store = folder.open().await;
    for nth in 0..50_u64 {
        let name = format!("test::a-{nth}");
        let first_id = u128::from(nth) * 100;
        append(&store, &name, 0, events(first_id, &[b"{}"; 15]))
            .await
            .unwrap();
        let source = Source::Stream {
            name: StreamName::new(&*name).expect("a proper name"),
            from: None,
        };
        let mut request = ReadRequest::new(source);
        request.max_events = 10;
        let mut page = Page::new();
        store.read(&request, &mut page).await.unwrap();
        assert!(request.advance(&page));

        append(&store, &name, 15, events(first_id + 15, &[b"{}"]))
            .await
            .unwrap();
        store.read(&request, &mut page).await.unwrap();

        assert_eq!(page.len(), 6);
        assert!(!page.has_more());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_read_the_same_pages_at_once_all_read_all() {
    let folder = folder();
    let store = folder.open().await;
    append(&store, "test::a-1", 0, events(0, &[b"{}"; 1_000]))
        .await
        .unwrap();

    let readers = (0..16).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut read = store.read_all().page_size(10);
            let mut last = 0;
            while let Some(event) = read.next().await.unwrap() {
                last += 1;
                assert_eq!(event.position, last);
            }
            last
        })
    });
    let readers: Vec<_> = readers.collect();

    for reader in readers {
        assert_eq!(reader.await.unwrap(), 1_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_given_up_is_read_again() {
    let folder = folder();
    let store = folder.open().await;
    append(&store, "test::a-1", 0, events(0, &[b"{}"; 100]))
        .await
        .unwrap();
    let source = Source::All { from: None };
    let mut request = ReadRequest::new(source);
    request.max_events = 10;
    let mut page = Page::new();
    let mut seen = 0;

    loop {
        // Asks, and hears no answer.
        let mut given_up = Page::new();
        let asked = store.read(&request, &mut given_up);
        let _ = tokio::time::timeout(std::time::Duration::ZERO, asked).await;
        store.read(&request, &mut page).await.unwrap();
        seen += page.len();
        if !request.advance(&page) {
            break;
        }
    }

    assert_eq!(seen, 100);
}
