//! Overlays: laid over the base, table by table.

use super::with;
use es_core::store::Durability;

const BANK: &str = r#"
name = "bank"
snapshot_every = 25

[event_store]
provider = "sqlite"
database_uri = "sqlite://FOLDER/bank.db"
synchronous = "normal"

[log]
level = "warn"

[production]
snapshot_every = 100

[production.event_store]
synchronous = "full"

[test.event_store]
provider = "memory"

[development]
"#;

#[tokio::test]
async fn what_an_overlay_does_not_say_stays() {
    let folder = tempfile::tempdir().unwrap();
    let toml = BANK.replace("FOLDER", folder.path().to_str().unwrap());
    let mut seen = Vec::new();
    for environment in ["", "production", "test", "development"] {
        let config = with(&[("ES_ENV", environment)]).toml(&toml).unwrap();
        let store = config.store().await.unwrap();

        assert_eq!(config.name(), Some("bank"));
        assert_eq!(config.log_filter(), Some("warn"));
        assert_eq!(config.environment().unwrap_or_default(), environment);
        let builder = format!("{:?}", config.builder().await.unwrap());
        let every = if environment == "production" { 100 } else { 25 };
        assert!(
            builder.contains(&format!("snapshot_every: {every}")),
            "{builder}"
        );
        seen.push(store.capabilities().durability);
    }

    let expected = [
        Durability::Process,
        Durability::Power,
        Durability::None,
        Durability::Process,
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn another_provider_leaves_behind_what_it_does_not_know() {
    let toml = r#"
        name = "bank"
        [event_store]
        provider = "sqlite"
        database_uri = "sqlite://${UNSET}"
        hosts = ["${UNSET}"]
        [test.event_store]
        provider = "memory"
        [wrong.event_store]
        provider = "memory"
        synchronous = "full"
        [same.event_store]
        provider = "sqlite"
        database_uri = "sqlite://bank.db"
    "#;
    let domain = |environment| with(&[("ES_ENV", environment)]).toml(toml);

    assert!(domain("test").unwrap().domain().await.is_ok());
    assert_eq!(
        domain("wrong")
            .unwrap()
            .domain()
            .await
            .unwrap_err()
            .to_string(),
        "line 11: the key `wrong.event_store.synchronous` is unknown, known is `provider`"
    );
    assert!(
        domain("same")
            .unwrap_err()
            .to_string()
            .contains("`UNSET` is not set")
    );
}

#[test]
fn variables_of_an_overlay_that_is_not_chosen_are_not_looked_up() {
    let toml = "name = \"${BASE}\"\n[production]\nname = \"${PRODUCTION}\"";
    let name = |variables: &[(&str, &str)]| {
        let config = with(variables).toml(toml)?;
        Ok::<_, es_stores::SettingsError>(config.name().map(str::to_owned))
    };

    assert_eq!(name(&[("BASE", "bank")]).unwrap().as_deref(), Some("bank"));
    let production = [("ES_ENV", "production"), ("PRODUCTION", "vault")];
    assert_eq!(name(&production).unwrap().as_deref(), Some("vault"));
    assert_eq!(
        name(&production[..1]).unwrap_err().to_string(),
        "line 3: `production.name`: the variable `PRODUCTION` is not set; set it, or write \
         `${PRODUCTION|default}`"
    );
}

#[test]
fn an_overlay_goes_before_the_base_where_two_keys_exclude_each_other() {
    let toml = "
        [log]
        level = \"info\"
        [trace.log]
        filter = \"info,es_core=trace\"
        [quiet.log]
        level = \"off\"
    ";
    let filter = |environment| {
        let config = with(&[("ES_ENV", environment)]).toml(toml).unwrap();
        config.log_filter().unwrap().to_owned()
    };

    assert_eq!(filter(""), "info");
    assert_eq!(filter("trace"), "info,es_core=trace");
    assert_eq!(filter("quiet"), "off");
}
