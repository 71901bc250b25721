//! Streams that are not what they should be: a typed error with stream, version, type and what was
//! expected; never a panic.

use std::sync::Arc;

use es_core::prelude::*;
use es_core::record::{NewEvent, NewEvents};
use es_core::store::{Append, Expected, StoreErrorKind};
use es_core::{EventProblem, LoadError};
use es_tests::bank::{BankAccount, Counter};

const ID: &str = "00000000-0000-7000-8000-000000000001";

/// The error of loading a stream with these types and payloads.
async fn error_of(events: &[(&str, &str)]) -> LoadError {
    let domain = with_events(&format!("bank::bank_account-{ID}"), events).await;
    let accounts = domain.repository::<BankAccount>();
    let id = ID.parse().unwrap();
    let error = accounts.get(&id).await.unwrap_err();

    // Every way of reading tells the same.
    let mut life = accounts.history(&id);
    let in_history = loop {
        match life.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the history ended well"),
            Err(error) => break error,
        }
    };
    assert_eq!(in_history.to_string(), error.to_string());
    let again = life.next().await.unwrap_err();
    assert_eq!(again.to_string(), error.to_string());
    let updating = accounts
        .update(&id, |account| account.deposit(1))
        .await
        .unwrap_err();
    assert_eq!(updating.to_string(), error.to_string());
    error
}

async fn with_events(stream: &str, events: &[(&str, &str)]) -> Domain {
    let domain = Domain::builder("bank").build().unwrap();
    let mut new = NewEvents::new();
    for (event_type, data) in events {
        let (id, time, metadata) = (Uuid::now_v7(), domain.now(), &b""[..]);
        new.push(NewEvent {
            id,
            time,
            event_type,
            data: data.as_bytes(),
            metadata,
        });
    }
    let append = Append::to(stream.parse().unwrap(), Expected::Any, new);
    domain.store().append(Arc::new(append)).await.unwrap();
    domain
}

const OPENED: (&str, &str) = (
    "Bank.account-opened.v1",
    r#"{"owner":"Ada","address":{"street":"s","city":"c"}}"#,
);

#[tokio::test]
async fn a_corrupt_payload() {
    let error = error_of(&[OPENED, ("Bank.Deposited.v1", r#"{"cents":"#)]).await;

    let text = error.to_string();
    let begin = format!(
        "version 2 of `bank::bank_account-{ID}` is a `Bank.Deposited.v1`: its payload does not decode: EOF"
    );
    assert!(text.starts_with(&begin), "{text}");
}

#[tokio::test]
async fn a_payload_of_another_shape() {
    let error = error_of(&[OPENED, ("Bank.Deposited.v1", r#"{"euros":5}"#)]).await;

    let text = error.to_string();
    assert!(
        text.ends_with("its payload does not decode: unknown field `euros`, expected `cents` at line 1 column 8"),
        "{text}"
    );
    let LoadError::Event {
        version,
        event_type,
        problem,
        ..
    } = error
    else {
        panic!("{text}")
    };
    assert_eq!(
        (version, event_type.as_str()),
        (Version::new(2), "Bank.Deposited.v1")
    );
    assert!(matches!(problem, EventProblem::Payload(_)));
}

#[tokio::test]
async fn an_unknown_type() {
    for unknown in [
        "Bank.Frozen.v1",
        "Shop.Deposited.v1",
        "Deposited",
        "Bank.Deposited.vx",
        "",
    ] {
        let error = error_of(&[OPENED, (unknown, "{}")]).await;

        let text = format!(
            "version 2 of `bank::bank_account-{ID}` is a `{unknown}`: `BankAccount` applies no such \
             event, expected was one of `Bank.account-opened.v1`, `Bank.Deposited.v1`, \
             `Bank.Withdrawn.v1`, `Bank.Closed.v1`"
        );
        assert_eq!(error.to_string(), text);
    }
}

#[tokio::test]
async fn an_unknown_version() {
    for version in ["2", "0", "4294967295"] {
        let error = error_of(&[OPENED, (&format!("Bank.Deposited.v{version}"), "{}")]).await;

        let text = error.to_string();
        let end = "versions 1 to 1 are known; was it written by a newer program?";
        assert!(text.ends_with(end), "{text}");
    }
}

#[tokio::test]
async fn a_stream_that_does_not_begin_with_a_creation() {
    let error = error_of(&[("Bank.Deposited.v1", r#"{"cents":5}"#)]).await;

    let text = format!(
        "version 1 of `bank::bank_account-{ID}` is a `Bank.Deposited.v1`: it does not create a \
         `BankAccount`, and no event before it did"
    );
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn a_stream_that_creates_twice() {
    let error = error_of(&[OPENED, OPENED]).await;

    let text = format!(
        "version 2 of `bank::bank_account-{ID}` is a `Bank.account-opened.v1`: it creates a \
         `BankAccount`, which version 1 did already"
    );
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn an_id_that_does_not_parse() {
    let domain = with_events("bank::bank_account-ada", &[OPENED]).await;
    let accounts = domain.repository::<BankAccount>();

    let recorded = domain
        .store()
        .read_last("bank::bank_account-ada")
        .await
        .unwrap()
        .unwrap();
    let error = accounts.decode(&recorded).unwrap_err();

    let text = error.to_string();
    assert!(
        text.starts_with("the id in `bank::bank_account-ada` is no `uuid::Uuid`: "),
        "{text}"
    );
}

#[tokio::test]
async fn metadata_that_does_not_decode() {
    let domain = Domain::builder("bank").build().unwrap();
    let mut new = NewEvents::new();
    new.push(NewEvent {
        id: Uuid::now_v7(),
        time: domain.now(),
        event_type: "Bank.Counted.v1",
        data: br#"{"by":1}"#,
        metadata: b"[",
    });
    let stream = "bank::counter-a".parse().unwrap();
    domain
        .store()
        .append(Arc::new(Append::to(stream, Expected::Any, new)))
        .await
        .unwrap();
    let counters = domain.repository::<Counter>();

    let error = counters.history(&"a".to_owned()).next().await.unwrap_err();

    let text = error.to_string();
    let begin =
        "version 1 of `bank::counter-a` is a `Bank.Counted.v1`: its metadata does not decode: ";
    assert!(text.starts_with(begin), "{text}");
    // The state does not depend on it.
    assert_eq!(counters.get(&"a".to_owned()).await.unwrap().total(), 1);
}

#[tokio::test]
async fn a_name_that_is_none() {
    let domain = Domain::builder("bank").build().unwrap();

    let stream = domain
        .store()
        .read_stream("bank::bank_account")
        .next()
        .await
        .unwrap_err();
    let category = domain
        .store()
        .read_category("bank-account")
        .next()
        .await
        .unwrap_err();

    assert_eq!(stream.kind(), StoreErrorKind::Invalid);
    assert_eq!(category.kind(), StoreErrorKind::Invalid);
    assert_eq!(
        stream.to_string(),
        "could not read: `bank::bank_account` is no stream name: write `{category}-{id}`"
    );
}

mod raising {
    use es_core::prelude::*;

    #[event]
    pub struct Begun {}

    #[event]
    pub struct Went {}

    /// A handler that raises where the macro can not see it.
    #[aggregate(event_sourced)]
    pub struct Loop {}

    #[aggregate]
    impl Loop {
        pub fn begin() -> Self {
            Self::raise_new(Begun {})
        }

        pub fn go(&mut self) {
            self.raise_(Went {});
        }

        #[apply]
        fn begun(_: Begun) -> Self {
            Self {}
        }

        #[apply]
        fn went(&mut self, _: &Went) {
            again(self);
        }
    }

    fn again(state: &mut Loop) {
        state.go();
    }
}

#[test]
#[should_panic(expected = "the handler of `Went` raised `Went` in `Loop`")]
fn a_handler_that_raises_behind_the_macros_back() {
    raising::Loop::begin().go();
}
