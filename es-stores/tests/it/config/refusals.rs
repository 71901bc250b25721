//! What is told of mistakes, in words a user can act on.

use std::fmt::Write as _;

use super::{refusal, with};

/// Texts, of which the snapshot holds what is told.
const MISTAKES: &[&str] = &[
    "nam = \"bank\"",
    "snapshots_every = 25",
    "colour = \"red\"",
    "[event_stor]\nprovider = \"sqlite\"",
    "[logging]\nlevel = \"info\"",
    "[aggregate]\nsnapshot_every = 5",
    "name = \"bank\"\n\n[custom]\nx = 1",
    "provider = \"sqlite\"",
    "event_store = \"sqlite\"",
    "[aggregates]\nbank_account = 5",
    "name = 5",
    "name = \"The Bank\"",
    "[event_store]\nprovider = \"memory\"",
    "snapshot_every = \"often\"",
    "snapshot_every = 2.5",
    "snapshot_every = -1",
    "snapshot_every = 0",
    "snapshot_every = 99999999999999999999",
    "snapshot_every = 5\nsnapshot_threshold = 5",
    "[aggregates.bank_account]\nsnapshot = false",
    "[aggregates.bank_account]\nsnapshots = \"off\"",
    "[aggregates.bank_account]\nsnapshots = false\nsnapshot_every = 5",
    "[log]\nlevel = \"loud\"",
    "[log]\nlevel = 3",
    "[log]\nlevel = \"info\"\nfilter = \"debug\"",
    "[log]\nlevels = \"info\"",
    "[production.log]\nlevels = \"info\"",
    "[production]\nname = \"bank\"\nevent_store = 5",
    "name = \"bank\"\nname = \"bank\"",
    "name = \"bank",
    "name = bank",
    "[event_store]\npassword = secret",
    "[event_store\nprovider = \"sqlite\"",
    "name = \"bank\"\n[event_store]\nprovider = 5",
    "name = \"bank\"\n[event_store]\nprovider = \"sqllite\"",
    "name = \"bank\"\n[event_store]\nprovider = \"message-db\"",
    "name = \"bank\"\n[event_store]\nprovider = \"oracle\"",
    "name = \"bank\"\n[event_store]\nprovider = \"postgres://ada:secret@host/db\"",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"bank.db\"",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"sqlite://\"",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"postgres://ada:secret@host/db\"",
    "name = \"bank\"\n[event_store]\ndatabase_uri = \"mysql://ada:secret@host/db\"",
    "name = \"bank\"\n[event_store]\nprovider = \"memory\"\npool_size = 5",
    "name = \"bank\"\n[event_store]\npool_size = 5",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"sqlite://a.db\"\nsynchronos = \"full\"",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"sqlite://a.db\"\nschema = \"es\"",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"sqlite://a.db\"\nsynchronous = \"of\"",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"sqlite://a.db\"\nsynchronous = true",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"sqlite://a.db?synchronous=of\"",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"sqlite://a.db?synchronos=full\"",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"sqlite://a.db\"\nreaders = \"4\"",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"sqlite://a.db\"\nreaders = -4",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"sqlite://a.db\"\nlock_wait = 5",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"sqlite://a.db\"\nlock_wait = \"5 parsecs\"",
    "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"sqlite:///no/such/folder/a.db\"",
    "name = \"bank\"\n[event_store]\nprovider = \"postgres\"\ndatabase_uri = \"postgres://ada:secret@127.0.0.1:1/bank\"\nconnect_timeout = \"1s\"",
    "name = \"bank\"\n[event_store]\nprovider = \"postgres\"\ndatabase_uri = \"postgres://ada:secret@127.0.0.1:1/bank?sslmod=off\"",
];

#[tokio::test]
async fn a_mistake_is_told_with_its_line_and_what_would_be_right() {
    let mut told = String::new();
    for toml in MISTAKES {
        let refusal = refusal(&[], toml).await;

        assert!(!refusal.contains("secret"), "{refusal}");
        write!(told, "{toml}\n    {refusal}\n\n").unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn variables_are_told_by_name_and_never_by_value() {
    let store =
        "name = \"bank\"\n[event_store]\nprovider = \"sqlite\"\ndatabase_uri = \"sqlite://a.db\"\n";
    let mut told = String::new();
    for line in [
        "synchronous = \"${UNSET}\"",
        "synchronous = \"${SECRET}\"",
        "readers = \"${SECRET}\"",
        "lock_wait = \"${SECRET}\"",
        "synchronous = \"${SECRET\"",
        "synchronous = \"${}\"",
        "synchronous = \"${1ST}\"",
        "synchronous = \"${A|${SECRET}}\"",
        "\"${SECRET}\" = 5",
    ] {
        let refusal = refusal(&[("SECRET", "hunter2")], &format!("{store}{line}")).await;

        assert!(!refusal.contains("hunter2"), "{refusal}");
        write!(told, "{line}\n    {refusal}\n\n").unwrap();
    }
    for provider in ["${SECRET}", "${SECRET}s"] {
        let toml = format!("name = \"bank\"\n[event_store]\nprovider = \"{provider}\"");
        let refusal = refusal(&[("SECRET", "hunter2")], &toml).await;

        assert!(!refusal.contains("hunter2"), "{refusal}");
        write!(told, "provider = \"{provider}\"\n    {refusal}\n\n").unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn an_es_env_that_names_nothing_lists_what_there_is() {
    let overlays =
        "name = \"bank\"\n[production]\nsnapshot_every = 5\n[staging.log]\nlevel = \"info\"";
    let prod = [("ES_ENV", "prod")];

    assert_eq!(
        refusal(&prod, overlays).await,
        "`ES_ENV` is `prod`, but there is no overlay `[prod.…]`; there are `production` and `staging`"
    );
    assert_eq!(
        refusal(&prod, "name = \"bank\"").await,
        "`ES_ENV` is `prod`, but there is no overlay `[prod.…]`; there are no overlays"
    );
    assert_eq!(
        refusal(&[("ES_ENV", "event_store")], "[event_store]").await,
        "`ES_ENV` is `event_store`, but there is no overlay `[event_store.…]`; there are no overlays"
    );
}

#[tokio::test]
async fn a_domain_without_a_name_is_told_how_to_get_one() {
    assert_eq!(
        refusal(&[], "[event_store]\nprovider = \"memory\"").await,
        "the domain has no name; write `name = \"bank\"` above the sections of `domain.toml`, or \
         call `es_stores::domain_named(\"bank\")`"
    );
}

#[tokio::test]
async fn a_password_never_shows() {
    let toml = "name = \"bank\"\n[event_store]\nprovider = \"postgres\"\n\
                database_uri = \"postgres://ada:secret@127.0.0.1:1/bank?connect_timeout=1\"";
    let config = with(&[]).toml(toml).unwrap();
    let by_variable = with(&[("ES_STORE_URI", "postgres://ada:secret@127.0.0.1:1/bank")]);
    let by_variable = by_variable.toml(toml).unwrap();

    for config in [config, by_variable] {
        let error = config.store().await.unwrap_err();
        let mut shown = format!("{config:?} {error} {error:?} {error:#?}");
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            write!(shown, "{cause} {cause:?}").unwrap();
            source = cause.source();
        }

        assert!(!shown.contains("secret"), "{shown}");
        assert!(shown.contains("127.0.0.1:1"), "{shown}");
    }
}
