//! Aggregates whose state is what is stored.

use es_core::prelude::*;
use es_tests::places::Place;
use es_tests::stores::LosesReplies;
use es_tests::wallets::{Book, BookEvent, Wallet};

use crate::on_stores::on_every_store;

on_every_store! {
    a_state_is_kept_with_its_version_and_its_events
    what_did_not_change_is_not_written
    the_second_of_two_copies_conflicts_and_writes_nothing
    many_tasks_update_one_state_and_nothing_is_lost
    a_removed_aggregate_is_gone_and_its_id_may_be_used_again
    all_aggregates_of_a_kind_are_walked_through
    an_aggregate_goes_from_state_to_events_and_back
}

/// `None` where the store keeps no states, which the domain has to tell.
async fn library(place: &Place) -> anyhow::Result<Option<(Domain, Repository<Book>)>> {
    let domain = Domain::builder("library")
        .event_store(place.open().await?)
        .build()?;
    let books = domain.repository::<Book>();
    if domain.store().states().is_some() {
        return Ok(Some((domain, books)));
    }
    let refused = books.add(&mut Book::new("Refused")).await.unwrap_err();
    assert!(
        matches!(refused, SaveError::Config(ConfigError::NoStates { .. })),
        "{refused}"
    );
    let built = Domain::builder("library")
        .event_store(place.open().await?)
        .aggregate::<Book>()
        .build();
    assert!(matches!(built, Err(ConfigError::NoStates { .. })));
    Ok(None)
}

async fn a_state_is_kept_with_its_version_and_its_events(place: &Place) -> anyhow::Result<()> {
    let Some((domain, books)) = library(place).await? else {
        return Ok(());
    };
    let mut book = Book::new("Ledger");
    assert_eq!((book.version().get(), book.stored_version().get()), (0, 0));
    book.moved("ada", "bob", 5);
    let id = *book.id();

    let committed = books.add(&mut book).await?;

    assert_eq!(
        (committed.version(), book.version()),
        (Version::new(1), Version::new(1))
    );
    assert!(committed.position().is_some() && book.pending_events().is_empty());
    let done = books.update(&id, |book| book.retitle("Journal")).await?;
    assert_eq!((done.version(), done.position()), (Version::new(2), None));
    let read = books.get(&id).await?;
    assert_eq!(
        (read.title(), read.moves(), read.version().get()),
        ("Journal", 1, 2)
    );
    let stream = books.stream(&id)?;
    let events = domain.store().read_stream(&stream).collect().await?;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event_type, "Library.Moved.v1");
    let decoded = books.decode(&events[0])?;
    let Some(BookEvent::Moved(moved)) = decoded.events.into_one() else {
        panic!("one event was stored")
    };
    assert_eq!((decoded.id, moved.cents), (id, 5));
    Ok(())
}

async fn what_did_not_change_is_not_written(place: &Place) -> anyhow::Result<()> {
    let Some((_, books)) = library(place).await? else {
        return Ok(());
    };
    let mut book = Book::new("Ledger");
    books.add(&mut book).await?;

    let again = books.add(&mut book).await?;
    let unchanged = books.update(book.id(), |_| ()).await?;

    assert_eq!((again.version().get(), unchanged.version().get()), (1, 1));
    let mut read = books.get(book.id()).await?;
    assert_eq!(books.add(&mut read).await?.version(), 1);
    Ok(())
}

async fn the_second_of_two_copies_conflicts_and_writes_nothing(
    place: &Place,
) -> anyhow::Result<()> {
    let Some((domain, books)) = library(place).await? else {
        return Ok(());
    };
    let mut first = Book::new("Ledger");
    books.add(&mut first).await?;
    let mut second = books.get(first.id()).await?;
    first.retitle("First");
    second.moved("ada", "bob", 5);
    books.add(&mut first).await?;

    let conflict = books.add(&mut second).await;

    let Err(SaveError::Conflict(conflict)) = conflict else {
        panic!("{conflict:?}")
    };
    assert_eq!((conflict.expected.get(), conflict.actual.get()), (1, 2));
    assert_eq!(second.pending_events().len(), 1);
    assert_eq!(books.get(first.id()).await?.title(), "First");
    let stream = books.stream(first.id())?;
    assert!(domain.store().read_last(&stream).await?.is_none());
    let taken = books.add(&mut Book::new_as(*first.id(), "Taken")).await;
    assert!(matches!(taken, Err(SaveError::Conflict(_))));
    Ok(())
}

async fn many_tasks_update_one_state_and_nothing_is_lost(place: &Place) -> anyhow::Result<()> {
    let Some((domain, books)) = library(place).await? else {
        return Ok(());
    };
    // Another domain on the same store takes no turns with the first.
    let other = Domain::builder("library")
        .event_store(place.open().await?)
        .build()?;
    let mut book = Book::new("Ledger");
    books.add(&mut book).await?;
    let id = *book.id();

    let tasks = (0..20).map(|nth| {
        let books = [&domain, &other][nth % 2].repository::<Book>();
        tokio::spawn(async move { books.update(&id, |book| book.moved("a", "b", 1)).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }

    let book = books.get(&id).await?;
    assert_eq!((book.moves(), book.version().get()), (20, 21));
    let stream = books.stream(&id)?;
    let events = domain.store().read_stream(&stream).collect().await?;
    assert_eq!(events.len(), 20);
    Ok(())
}

async fn a_removed_aggregate_is_gone_and_its_id_may_be_used_again(
    place: &Place,
) -> anyhow::Result<()> {
    let Some((domain, books)) = library(place).await? else {
        return Ok(());
    };
    let mut book = Book::new("Ledger");
    books.add(&mut book).await?;
    let id = *book.id();
    let mut stale = books.get(&id).await?;
    book.moved("ada", "bob", 5);

    books.remove(&mut book).await?;

    assert!(books.find(&id).await?.is_none());
    assert!(matches!(
        books.get(&id).await,
        Err(LoadError::NotFound { .. })
    ));
    let stream = books.stream(&id)?;
    let last = domain.store().read_last(&stream).await?;
    assert_eq!(last.map(|last| last.version), Some(Version::new(1)));
    stale.retitle("Stale");
    assert!(matches!(
        books.add(&mut stale).await,
        Err(SaveError::Conflict(_))
    ));
    let mut anew = Book::new_as(id, "Anew");
    assert_eq!(books.add(&mut anew).await?.version(), 3);
    assert!(matches!(
        books.add(&mut stale).await,
        Err(SaveError::Conflict(_))
    ));
    assert_eq!(books.get(&id).await?.title(), "Anew");
    // One that was never stored is not there to be removed.
    let mut never = Book::new("Never");
    never.moved("ada", "bob", 1);
    assert_eq!(books.remove(&mut never).await?.version(), 0);
    let of_never = books.stream(never.id())?;
    assert!(domain.store().read_last(&of_never).await?.is_none());
    Ok(())
}

async fn all_aggregates_of_a_kind_are_walked_through(place: &Place) -> anyhow::Result<()> {
    let Some((_, books)) = library(place).await? else {
        return Ok(());
    };
    let mut ids = Vec::new();
    for nth in 0..12 {
        let mut book = Book::new(format!("Book {nth}"));
        books.add(&mut book).await?;
        ids.push(*book.id());
    }
    let mut gone = books.get(&ids[3]).await?;
    books.remove(&mut gone).await?;
    ids.remove(3);

    let mut walked = Vec::new();
    let mut all = books.all();
    while let Some(book) = all.next().await? {
        assert_eq!(book.version(), 1);
        walked.push(*book.id());
    }

    ids.sort_unstable();
    assert_eq!(walked, ids);
    Ok(())
}

mod as_events {
    //! The same books, event-sourced: what a migration goes to.

    use es_core::prelude::*;

    #[event]
    pub struct Imported {
        pub title: String,
    }

    #[aggregate(event_sourced, category = "book_2")]
    pub struct Book {
        pub title: String,
    }

    #[aggregate]
    impl Book {
        pub fn import(id: Uuid, title: &str) -> Self {
            let title = title.to_owned();
            Self::raise_new_as(id, Imported { title })
        }

        #[apply]
        fn imported(event: Imported) -> Self {
            Self { title: event.title }
        }
    }
}

async fn an_aggregate_goes_from_state_to_events_and_back(place: &Place) -> anyhow::Result<()> {
    let Some((domain, books)) = library(place).await? else {
        return Ok(());
    };
    let mut book = Book::new("Ledger");
    book.moved("ada", "bob", 5);
    books.add(&mut book).await?;

    let as_events = domain.repository::<as_events::Book>();
    let mut all = books.all();
    while let Some(book) = all.next().await? {
        let mut imported = as_events::Book::import(*book.id(), book.title());
        as_events.add(&mut imported).await?;
    }
    let imported = as_events.get(book.id()).await?;
    assert_eq!(
        (imported.title.as_str(), imported.version().get()),
        ("Ledger", 1)
    );

    books.remove(&mut book).await?;
    let mut back = Book::new_as(*imported.id(), &imported.title);
    books.add(&mut back).await?;
    assert_eq!(books.get(book.id()).await?.title(), "Ledger");
    Ok(())
}

#[tokio::test]
async fn a_lost_reply_writes_a_state_once() -> anyhow::Result<()> {
    let (store, losses) = LosesReplies::new(MemoryStore::new());
    let domain = Domain::builder("library").event_store(store).build()?;
    let books = domain.repository::<Book>();
    let mut book = Book::new("Ledger");
    book.moved("ada", "bob", 5);

    losses.lose(1);
    let committed = books.add(&mut book).await?;

    assert_eq!(committed.version(), 1);
    assert_eq!(committed.position(), Some(Position::new(1)));
    assert_eq!(books.get(book.id()).await?.moves(), 1);
    let done = books
        .update(book.id(), |book| book.moved("ada", "bob", 1))
        .await?;
    assert_eq!(done.version(), 2);
    Ok(())
}

#[tokio::test]
async fn a_state_that_was_written_over_in_doubt_is_not_decided_twice() -> anyhow::Result<()> {
    let memory = MemoryStore::new();
    let (store, losses) = LosesReplies::new(memory.clone());
    let domain = Domain::builder("library").event_store(store).build()?;
    let others = Domain::builder("library").event_store(memory).build()?;
    let books = domain.repository::<Book>();
    let mut book = Book::new("Ledger");
    books.add(&mut book).await?;
    let id = *book.id();

    losses.lose(usize::MAX);
    book.retitle("Doubtful");
    let doubt = books.add(&mut book).await.unwrap_err();
    assert!(matches!(doubt, SaveError::OutcomeUnknown(_)), "{doubt}");
    let others = others.repository::<Book>();
    others.update(&id, |book| book.retitle("Theirs")).await?;
    losses.lose(0);

    // It was written, and then written over: no conflict may say that it was not.
    let doubt = books.add(&mut book).await.unwrap_err();
    assert!(matches!(doubt, SaveError::OutcomeUnknown(_)), "{doubt}");
    assert_eq!(books.get(&id).await?.title(), "Theirs");
    Ok(())
}

#[tokio::test]
async fn a_state_that_breaks_an_invariant_is_not_written() -> anyhow::Result<()> {
    let books = Domain::builder("library").build()?.repository::<Book>();
    let mut book = Book::new("");

    for _ in 0..2 {
        let refused = books.add(&mut book).await.unwrap_err();
        let text = format!(
            "`{}` breaks has_a_title: it has no title",
            books.stream(book.id())?
        );
        assert_eq!(refused.to_string(), text);
    }
    assert!(books.find(book.id()).await?.is_none());
    book.retitle("Ledger");
    books.add(&mut book).await?;
    Ok(())
}

#[tokio::test]
async fn a_state_and_an_event_sourced_aggregate_have_one_domain() -> anyhow::Result<()> {
    let domain = Domain::builder("library").build()?;
    let (books, wallets) = (domain.repository::<Book>(), domain.repository::<Wallet>());

    books.add(&mut Book::new("Ledger")).await?;
    wallets.add(&mut Wallet::open("ada", 5)).await?;

    assert_eq!(wallets.get(&"ada".to_owned()).await?.cents(), 5);
    Ok(())
}

#[aggregate(id = u64)]
struct Named {
    ratio: f64,
}

#[aggregate]
impl Named {
    fn new(ratio: f64) -> Self {
        Self { ratio }
    }
}

#[tokio::test]
async fn an_id_that_can_not_be_made_up_is_asked_for() -> anyhow::Result<()> {
    let repository = Domain::builder("library").build()?.repository::<Named>();

    let refused = repository.add(&mut Named::new(1.0)).await.unwrap_err();

    assert_eq!(
        refused.to_string(),
        "this `Named` has no id, and none can be made up: give it one where it is made, as in `Self { .. \
         }.with_id(id)`"
    );
    let mut named = Named::new(0.5).with_id(5);
    repository.add(&mut named).await?;
    assert!((repository.get(&5).await?.ratio - 0.5).abs() < 1e-9);
    Ok(())
}

/// What JSON can not hold was written as `null`, and the state could never be loaded again.
#[tokio::test]
async fn a_state_that_would_not_read_back_is_refused() -> anyhow::Result<()> {
    let repository = Domain::builder("library").build()?.repository::<Named>();
    let mut named = Named::new(f64::NAN).with_id(6);

    let refused = repository.add(&mut named).await;

    assert!(
        matches!(refused, Err(SaveError::EncodeState { .. })),
        "{refused:?}"
    );
    assert!(repository.find(&6).await?.is_none());
    Ok(())
}

mod later {
    //! The same books as a later program has them.

    use es_core::prelude::*;

    #[aggregate(category = "book")]
    pub struct Book {
        #[serde(alias = "title")]
        pub name: String,
        pub moves: u64,
        #[serde(default)]
        pub pages: u32,
        pub notes: Vec<String>,
    }

    #[aggregate]
    impl Book {}
}

/// What a later program does not know would be gone with its next save.
#[tokio::test]
async fn a_state_of_an_earlier_program_is_read_and_nothing_of_it_is_lost() -> anyhow::Result<()> {
    let store = MemoryStore::new();
    let domain = || {
        Domain::builder("library")
            .event_store(store.clone())
            .build()
    };
    let mut book = Book::new("Ledger");
    domain()?.repository().add(&mut book).await?;

    let read = domain()?.repository::<later::Book>().get(book.id()).await?;
    assert_eq!(
        (read.name.as_str(), read.moves, read.pages),
        ("Ledger", 0, 0)
    );
    assert!(read.notes.is_empty());

    let books = domain()?.repository::<later::Book>();
    books.update(book.id(), |book| book.pages = 7).await?;
    let refused = domain()?.repository::<Book>().get(book.id()).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("unknown field `name`"), "{refused}");
    assert!(
        refused.contains("give a field that is new `#[serde(default)]`"),
        "{refused}"
    );
    Ok(())
}
