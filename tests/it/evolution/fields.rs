//! Names of events and fields of payloads: aliases, defaults, and what is unknown.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use es_core::prelude::*;
use es_core::{DecodeError, EventEnum, EventProblem, UnknownFields};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event as Told, Metadata as About, Subscriber};

use super::{store, stored};

#[event(alias = "Begun", alias = "account-opened")]
#[serde(rename_all = "camelCase")]
pub struct Opened {
    #[serde(alias = "holder")]
    pub owner: String,
    #[serde(default)]
    pub credit_cents: u64,
    #[serde(rename = "note")]
    pub remark: Option<String>,
}

#[value]
#[derive(Default)]
pub struct Place {
    pub city: String,
}

#[event(unknown_fields = "ignore")]
pub struct Moved {
    #[serde(default)]
    pub to: Place,
    pub count: u128,
}

#[event]
pub struct Closed;

#[event]
pub struct Tagged {
    pub by: String,
    #[serde(flatten)]
    pub tags: BTreeMap<String, String>,
}

#[event(unknown_fields = "refuse")]
pub struct Noted {
    pub text: String,
}

#[event(retired)]
pub struct Warned {
    pub times: u64,
}

#[aggregate(event_sourced, id = u64)]
#[derive(Debug)]
pub struct Account {
    owner: String,
    credit_cents: u64,
    lines: Vec<String>,
}

#[aggregate]
impl Account {
    #[upcast]
    fn warned(old: Warned) -> Vec<Noted> {
        let noted = |_| Noted { text: "!".into() };
        (0..old.times).map(noted).collect()
    }

    #[apply]
    fn opened(event: Opened) -> Self {
        Self {
            owner: event.owner,
            credit_cents: event.credit_cents,
            lines: event.remark.into_iter().collect(),
        }
    }

    #[apply]
    fn moved(&mut self, event: &Moved) {
        self.lines
            .push(format!("{}x{}", event.to.city, event.count));
    }

    #[apply]
    fn closed(&mut self, _: &Closed) {
        self.lines.push("closed".into());
    }

    #[apply]
    fn tagged(&mut self, event: Tagged) {
        self.lines.extend(event.tags.into_keys());
    }

    #[apply]
    fn noted(&mut self, event: Noted) {
        self.lines.push(event.text);
    }
}

const OPENED: (&str, &str) = ("Bank.Opened.v1", r#"{"owner":"Ada","note":"first"}"#);

async fn load(events: &[(&str, &str)]) -> anyhow::Result<Result<Account, LoadError>> {
    let domain = stored("bank", "bank::account-1", events).await?;
    Ok(domain.repository::<Account>().get(&1).await)
}

#[tokio::test]
async fn an_event_is_read_under_its_aliases_and_stored_under_its_name() -> anyhow::Result<()> {
    for event_type in ["Bank.Opened.v1", "Bank.Begun.v1", "Bank.account-opened.v1"] {
        let account = load(&[(event_type, r#"{"owner":"Ada"}"#)]).await??;
        assert_eq!(account.owner, "Ada");
    }

    let other = load(&[("Bank.Began.v1", r#"{"owner":"Ada"}"#)]).await?;
    let LoadError::Event { problem, .. } = other.unwrap_err() else {
        panic!("its name is unknown")
    };
    assert!(matches!(problem, EventProblem::UnknownType { .. }));
    assert_eq!(Opened::ALIASES, ["Begun", "account-opened"]);
    let event = AccountEvent::decode("Begun", 1, br#"{"owner":"Ada"}"#)?;
    assert_eq!(event.event_type().name, "Opened");
    let newer = AccountEvent::decode("Begun", 2, b"{}");
    assert!(matches!(
        newer,
        Err(DecodeError::UnknownVersion { newest: 1 })
    ));
    Ok(())
}

#[tokio::test]
async fn fields_that_serde_renames_defaults_and_aliases_are_known() -> anyhow::Result<()> {
    let account = load(&[(
        "Bank.Opened.v1",
        r#"{"holder":"Ada","creditCents":5,"note":"hello"}"#,
    )]);
    let account = account.await??;
    assert_eq!((account.owner.as_str(), account.credit_cents), ("Ada", 5));
    assert_eq!(account.lines, ["hello"]);

    let account = load(&[("Bank.Opened.v1", r#"{"owner":"Ada"}"#)]).await??;
    assert_eq!(account.credit_cents, 0);
    assert!(account.lines.is_empty());
    Ok(())
}

#[tokio::test]
async fn unknown_fields_are_refused_by_name_and_with_the_way_out() -> anyhow::Result<()> {
    for (event_type, data, fields) in [
        (
            "Noted",
            r#"{"text":"a","author":"b","x":{}}"#,
            "`author`, `x`",
        ),
        ("Closed", r#"{"reason":"bored"}"#, "`reason`"),
        ("Opened", r#"{"owner":"Ada","remark":"r"}"#, "`remark`"),
        ("Warned", r#"{"times":1,"since":2}"#, "`since`"),
    ] {
        let stored = format!("Bank.{event_type}.v1");

        let error = load(&[OPENED, (&stored, data)]).await?.unwrap_err();

        let text = format!(
            "version 2 of `bank::account-1` is a `{stored}`: its payload has {fields}, which the \
             event has not: give it back as a field, raise the event's version and add an \
             upcaster, or leave it out with `#[event(unknown_fields = \"ignore\")]`"
        );
        assert_eq!(error.to_string(), text);
    }
    Ok(())
}

#[tokio::test]
async fn what_else_is_wrong_is_told_as_ever() -> anyhow::Result<()> {
    for (data, problem) in [
        (
            r#"{"author":"b"}"#,
            "unknown field `author`, expected `text`",
        ),
        (r#"{"text":1}"#, "invalid type: integer `1`"),
        (r#"{"text":"a""#, "EOF while parsing"),
        ("[]", "invalid length 0"),
    ] {
        let error = load(&[OPENED, ("Bank.Noted.v1", data)]).await?.unwrap_err();

        let text = error.to_string();
        let expected = format!("its payload does not decode: {problem}");
        assert!(text.contains(&expected), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn flattened_fields_take_what_is_left() -> anyhow::Result<()> {
    let tagged = ("Bank.Tagged.v1", r#"{"by":"Ada","a":"1","b":"2"}"#);

    let account = load(&[OPENED, tagged]).await??;

    assert_eq!(account.lines, ["first", "a", "b"]);
    Ok(())
}

#[tokio::test]
async fn an_event_without_fields_is_read_from_nothing_as_well() -> anyhow::Result<()> {
    let closed = "Bank.Closed.v1";

    let account = load(&[OPENED, (closed, "{}"), (closed, "null"), (closed, "[]")]).await??;

    assert_eq!(account.lines.len(), 4);
    Ok(())
}

#[tokio::test]
async fn an_event_may_leave_unknown_fields_out_which_is_told() -> anyhow::Result<()> {
    // Beyond what a number of `serde_json::Value` holds: the rest of the payload stays as it is.
    let count = u128::MAX;
    let moved = format!(r#"{{"from":"Rome","to":{{"city":"Paris"}},"count":{count},"by":[1]}}"#);
    let (told, listening) = listen();

    let account = load(&[OPENED, ("Bank.Moved.v1", &moved)]).await??;

    drop(listening);
    assert_eq!(account.lines[1], format!("Parisx{count}"));
    let told = told.lock().expect("nobody panicked").join("\n");
    assert_eq!(
        told,
        "unknown fields were left out stream=bank::account-1 version=2 event_type=\"Bank.Moved.v1\" \
         fields=[\"from\", \"by\"]"
    );
    assert_eq!(Moved::decode(1, moved.as_bytes())?.count, count);
    Ok(())
}

#[tokio::test]
async fn a_domain_may_leave_unknown_fields_out() -> anyhow::Result<()> {
    let domain = Domain::builder("bank").unknown_fields(UnknownFields::Ignore);
    let domain = domain.build()?;
    let events = [
        OPENED,
        ("Bank.Noted.v1", r#"{"text":"a","author":"b"}"#),
        ("Bank.Warned.v1", r#"{"times":2,"since":2}"#),
        ("Bank.Closed.v1", r#"{"reason":"bored"}"#),
    ];
    store(&domain, "bank::account-1", &events).await?;
    let accounts = domain.repository::<Account>();
    let (told, listening) = listen();

    let account = accounts.get(&1).await?;

    assert_eq!(account.lines, ["first", "a", "!", "!", "closed"]);
    assert_eq!(told.lock().expect("nobody panicked").len(), 3);
    let mut life = accounts.history(&1);
    let mut events = accounts.events();
    for version in 1..=4 {
        let (entry, event) = (life.next().await?, events.next().await?);
        assert_eq!(entry.expect("it is there").metadata.version, version);
        assert_eq!(event.expect("it is there").metadata.version, version);
    }
    drop(listening);
    Ok(())
}

/// What is told to `tracing` in this thread, a line each.
fn listen() -> (Arc<Mutex<Vec<String>>>, tracing::subscriber::DefaultGuard) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let guard = tracing::subscriber::set_default(Listener(Arc::clone(&lines)));
    (lines, guard)
}

struct Listener(Arc<Mutex<Vec<String>>>);

impl Subscriber for Listener {
    fn enabled(&self, about: &About<'_>) -> bool {
        about.target().starts_with("es_core")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Told<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().expect("nobody panicked").push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // A `String` takes all text.
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}
