//! The schema lock: what changed since it was written, and what would mend it.

use std::process::{Command, Output};

use es_core::schema::{Change, Changes, Schema};

/// The events of one program at several times, each a module.
macro_rules! program {
    ($name:ident { $($item:item)* }) => {
        mod $name {
            #[allow(unused_imports, reason = "not every program has all")]
            use es_core::prelude::*;

            $(#[allow(dead_code, reason = "only what is described matters")] $item)*
        }
    };
}

program!(first {
    #[event]
    struct Opened { owner: String, address: Address }

    #[event(name = "deposited", alias = "PaidIn")]
    struct Deposited { cents: u32, memo: Option<String> }

    #[value]
    pub struct Address { street: String, kind: Kind }

    /// Documented, which does not matter.
    #[value]
    pub enum Kind { Home, Office { floor: u8 } }

    #[event]
    struct Closed;

    #[aggregate(event_sourced, category = "account")]
    #[derive(Default)]
    struct Account { cents: u64 }

    #[aggregate]
    impl Account {
        #[apply] fn opened(&mut self, _: &Opened) {}
        #[apply] fn deposited(&mut self, event: &Deposited) { self.cents += u64::from(event.cents); }
        #[apply] fn closed(&mut self, _: &Closed) {}
    }
});

// What may change: nothing that is stored is read otherwise.
program!(compatible {
    /// Some documentation.
    #[event(unknown_fields = "ignore")]
    struct Opened { owner: String, address: Address }

    #[event(name = "deposited", alias = "PaidIn", alias = "Paid")]
    struct Deposited {
        cents: i64,
        #[serde(alias = "memo", default)] note: Option<String>,
    }

    #[value]
    struct Address {
        street: Option<String>,
        kind: Kind,
        #[serde(default)] city: String,
    }

    #[value]
    enum Kind {
        /// Documented.
        Home,
        Office { floor: u16 },
        Boat,
    }

    #[event(retired)]
    struct Closed;

    #[event]
    struct Frozen { by: String }

    #[aggregate(event_sourced, category = "account")]
    #[derive(Default)]
    struct Account { cents: i64 }

    #[aggregate]
    impl Account {
        #[upcast] fn closed(_: Closed) -> Option<Frozen> { None }
        #[apply] fn opened(&mut self, _: &Opened) {}
        #[apply] fn deposited(&mut self, event: &Deposited) { self.cents += event.cents; }
        #[apply] fn frozen(&mut self, _: &Frozen) {}
    }

    #[aggregate(event_sourced)]
    #[derive(Default)]
    struct Other {}

    #[aggregate]
    impl Other {
        #[apply] fn frozen(&mut self, _: &Frozen) {}
    }
});

// What may not.
program!(broken {
    #[event]
    struct Opened { holder: String, address: Address, since: DateTime<Utc> }

    #[event(name = "deposited")]
    struct Deposited { cents: String, memo: String }

    #[value]
    struct Address { street: String, kind: Kind, country: String }

    #[value]
    enum Kind { Office { floor: u8 } }

    #[aggregate(event_sourced, category = "account")]
    #[derive(Default)]
    struct Account { cents: u64 }

    #[aggregate]
    impl Account {
        #[apply] fn opened(&mut self, _: &Opened) {}
    }
});

program!(renamed {
    #[event]
    struct AccountOpened { owner: String, address: super::Address }

    #[event(name = "money-deposited", alias = "deposited", alias = "PaidIn")]
    struct Deposited { cents: u32, memo: Option<String> }

    #[event]
    struct Closed;

    #[aggregate(event_sourced)]
    #[derive(Default)]
    struct Account2 { cents: u64 }

    #[aggregate]
    impl Account2 {
        #[apply] fn opened(&mut self, _: &AccountOpened) {}
        #[apply] fn deposited(&mut self, event: &Deposited) { self.cents += u64::from(event.cents); }
        #[apply] fn closed(&mut self, _: &Closed) {}
    }
});

program!(second {
    #[event]
    struct Opened { owner: String, address: super::Address }

    #[value]
    struct DepositedV1 { cents: u32, memo: Option<String> }

    #[event(name = "deposited", alias = "PaidIn", version = 2, upcast(1 => in_euros))]
    struct Deposited { euros: u32 }

    fn in_euros(DepositedV1 { cents, .. }: DepositedV1) -> Deposited { Deposited { euros: cents / 100 } }

    #[event]
    struct Closed;

    #[aggregate(event_sourced, category = "account")]
    #[derive(Default)]
    struct Account { euros: u32 }

    #[aggregate]
    impl Account {
        #[apply] fn opened(&mut self, _: &Opened) {}
        #[apply] fn deposited(&mut self, event: &Deposited) { self.euros += event.euros; }
        #[apply] fn closed(&mut self, _: &Closed) {}
    }
});

use first::Address;

fn program(name: &str) -> Schema {
    Schema::of(&format!("{}::{name}", module_path!()))
}

fn changes(from: &str, to: &str) -> Changes {
    let lock = program(from).to_json();
    program(to)
        .changes_since(&lock)
        .expect("it was just written")
}

fn lines<'a>(changes: impl Iterator<Item = &'a Change>) -> Vec<String> {
    changes
        .map(|change| format!("{}: {}", change.subject, change.what))
        .collect()
}

fn mend<'a>(changes: &'a Changes, what: &str) -> &'a str {
    let about = |change: &&Change| format!("{}: {}", change.subject, change.what) == what;
    let change = changes
        .iter()
        .find(about)
        .unwrap_or_else(|| panic!("{changes}"));
    change
        .mend
        .as_deref()
        .unwrap_or_else(|| panic!("{changes}"))
}

#[test]
fn the_document_is_the_same_in_every_run() {
    let expected = r#"{
  "aggregates": {
    "account": {
      "applies": [
        "Closed",
        "Opened",
        "deposited"
      ]
    }
  },
  "events": {
    "Closed": {
      "version": 1,
      "shapes": {
        "1": {
          "type": "object"
        }
      }
    },
    "Opened": {
"#;
    let json = program("first").to_json();

    assert!(json.starts_with(expected), "{json}");
    assert!(!json.contains("Documented"), "{json}");
    assert_eq!(json, program("first").to_json());
}

#[test]
fn a_program_that_is_as_its_lock_file_has_no_changes() {
    let changes = changes("first", "first");

    assert!(changes.is_empty() && changes.is_compatible());
    assert_eq!(changes.to_string(), "");
}

#[test]
fn compatible_changes_are_told() {
    let changes = changes("first", "compatible");

    assert!(changes.is_compatible(), "{changes}");
    let expected = [
        "Closed v1: it is raised no more",
        "Opened v1: the field `address.city` is new",
        "Opened v1: the field `address.kind.Office.floor` was `uint8` and is `uint16`, which holds both",
        "Opened v1: the field `address.kind` can be `Boat` as well",
        "Opened v1: the field `address.street` was `string` and is `string` or null, which holds both",
        "Opened v1: the field `address.street` need not be there any more",
        "Opened v1: unknown fields are ignored",
        "deposited v1: the field `cents` was `uint32` and is `int64`, which holds both",
        "deposited v1: the field `memo` has another name, and is read by this one as well",
        "deposited v1: the field `note` is new",
        "deposited v1: it is read by the name `Paid` as well",
        "Frozen v1: a new event",
        "aggregate `account`: it upcasts `Closed`, which it applied",
        "aggregate `account`: it applies `Frozen`",
        "aggregate `other`: a new aggregate",
    ];
    assert_eq!(lines(changes.iter()), expected);
}

#[test]
fn what_would_not_be_read_is_told_with_what_mends_it() {
    let changes = changes("first", "broken");

    assert!(!changes.is_compatible());
    let bump = "let this be version 2, with a step that leads there: `#[event(version = 2, \
                upcast(1 => a_function))]`";
    for (what, mended_by) in [
        (
            "Closed v1: it is gone",
            "where it may be stored, keep it, `#[event(retired)]`, with its handler or an \
             `#[upcast]`",
        ),
        (
            "Opened v1: the field `owner` is gone, and `holder` of the same type is new",
            &format!(
                "was it renamed? Write `#[serde(alias = \"owner\")]` above `holder`; or {bump}"
            ),
        ),
        (
            "Opened v1: the field `since` is new, and what is stored has none",
            &format!("write `#[serde(default)]` above `since`; or {bump}"),
        ),
        (
            "Opened v1: the field `address.country` is new, and what is stored has none",
            &format!("write `#[serde(default)]` above `country`; or {bump}"),
        ),
        (
            "deposited v1: the field `cents` was `uint32` and is `string`",
            bump,
        ),
        (
            "deposited v1: it is not read by the name `PaidIn` any more",
            "keep `alias = \"PaidIn\"` where anything may be stored under it",
        ),
        (
            "aggregate `account`: it does not read `deposited` any more",
            "where its streams may hold one, keep the handler or write an `#[upcast]`",
        ),
    ] {
        assert_eq!(mend(&changes, what), mended_by);
    }
}

#[test]
fn renamed_events_and_aggregates_are_recognized() {
    let changes = changes("first", "renamed");

    let text = mend(
        &changes,
        "Opened v1: it is gone, and `AccountOpened` of the same shape is new",
    );
    assert!(text.contains(r#"`#[event(alias = "Opened")]`"#), "{text}");
    let told = lines(changes.iter());
    let aliased = "deposited: it is `money-deposited` now, and read by this name as well";
    assert!(told.iter().any(|line| line == aliased), "{told:#?}");
    assert!(!told.iter().any(|line| line.contains("cents")), "{told:#?}");
}

#[test]
fn an_aggregate_keeps_its_category() {
    let lock = program("first").to_json();
    let other = lock.replace("\"account\": {", "\"checking_account\": {");
    let category = "aggregate `checking_account`: its category is gone";

    let renamed = program("first").changes_since(&other).unwrap();
    let gone = program("broken").changes_since(&other).unwrap();

    let text = mend(
        &renamed,
        &format!("{category}, and `account` of the same events is new"),
    );
    assert_eq!(
        text,
        "was it renamed? Its streams are named by the category: keep \
         `#[aggregate(event_sourced, category = \"checking_account\")]`"
    );
    let text = mend(&gone, category);
    assert_eq!(text, "keep the aggregate where streams of it may be stored");
}

#[test]
fn a_new_version_is_compatible_and_the_old_shapes_stay() {
    let changes = changes("first", "second");
    assert!(changes.is_compatible(), "{changes}");
    assert_eq!(
        lines(changes.iter()),
        ["deposited v2: a new version, upcast from version 1"]
    );

    let second = program("second");
    let taken_up = second.taken_up_into(&program("first").to_json()).unwrap();

    assert!(second.changes_since(&taken_up).unwrap().is_empty());
    let lock: es_core::serde_json::Value = es_core::serde_json::from_str(&taken_up).unwrap();
    let shapes = &lock["events"]["deposited"]["shapes"];
    assert!(shapes["1"]["properties"].get("memo").is_some(), "{shapes}");
    assert!(shapes["2"]["properties"].get("euros").is_some(), "{shapes}");
    // And back again is not.
    let back = program("first").changes_since(&taken_up).unwrap();
    let text = mend(&back, "deposited v1: its version went back from 2");
    assert_eq!(text, "versions only grow: write `version = 2`, or more");
}

#[test]
fn fields_that_were_dropped_knowingly_are_compatible() {
    let lock = program("compatible").to_json();
    let mut lock: es_core::serde_json::Value = es_core::serde_json::from_str(&lock).unwrap();
    let fields = &mut lock["events"]["Opened"]["shapes"]["1"]["properties"];
    fields["branch"] = es_core::serde_json::json!({ "type": "string" });

    let changes = program("compatible")
        .changes_since(&lock.to_string())
        .unwrap();

    assert_eq!(
        lines(changes.iter()),
        ["Opened v1: the field `branch` is gone"]
    );
    assert!(changes.is_compatible());
}

/// What the tests below run as a process of its own, since it reads the environment.
#[test]
fn child() {
    let Ok(file) = std::env::var("LOCK_FILE") else {
        return;
    };
    let name = std::env::var("LOCK_PROGRAM").expect("a parent says which");
    program(&name).check(file);
}

fn check(program: &str, file: &std::path::Path, update: &str) -> (bool, String) {
    let child = format!("{}::child", module_path!().split_once("::").unwrap().1);
    let Output {
        status,
        stderr,
        stdout,
    } = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &child, "--nocapture"])
        .env("LOCK_FILE", file)
        .env("LOCK_PROGRAM", program)
        .env("UPDATE_EVENTS_LOCK", update)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
    (status.success(), text)
}

#[test]
fn a_test_writes_the_file_when_it_is_asked_to_and_fails_until_then() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("locks/events.lock.json");

    let (ok, text) = check("first", &file, "");
    assert!(
        !ok && text.contains("write it with `UPDATE_EVENTS_LOCK=1 cargo test`"),
        "{text}"
    );
    // Told where the user called it.
    assert!(text.contains("it/evolution/lock.rs:"), "{text}");
    assert!(check("first", &file, "1").0);
    assert!(check("first", &file, "0").0);
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(written, program("first").to_json());

    let (ok, text) = check("compatible", &file, "");
    assert!(
        !ok && text.contains("Compatible, and not in the file yet:"),
        "{text}"
    );
    let end = format!(
        "`UPDATE_EVENTS_LOCK=1 cargo test` takes it up into `{}`.",
        file.display()
    );
    assert!(text.contains(&end), "{text}");
    assert!(check("compatible", &file, "1").0 && check("compatible", &file, "").0);
}

#[test]
fn what_is_not_compatible_is_taken_up_on_a_word_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.lock.json");
    assert!(check("first", &file, "1").0);

    for update in ["", "1"] {
        let (ok, text) = check("broken", &file, update);
        assert!(
            !ok && text.contains("What is stored would not be read as before:"),
            "{text}"
        );
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text, program("first").to_json());
    }
    assert!(check("broken", &file, "anyway").0 && check("broken", &file, "").0);
}

#[test]
fn a_file_that_is_no_lock_and_a_program_without_events_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.lock.json");
    std::fs::write(&file, "<<<<<<<").unwrap();

    let (_, text) = check("first", &file, "1");
    assert!(
        text.contains("is no lock file of events: expected value at line 1"),
        "{text}"
    );
    let (_, text) = check("nothing", &file, "1");
    assert!(
        text.contains("no event is compiled into this test"),
        "{text}"
    );
}
