//! Variables in texts.

use super::with;
use es_stores::DomainError;

/// The texts of a list, as a provider sees them.
async fn filled(variables: &[(&str, &str)], texts: &str) -> Result<Vec<String>, String> {
    let toml = format!(
        "name = \"bank\"\n[event_store]\nprovider = \"shown\"\n[event_store.deep]\ntexts = {texts}"
    );
    let (sent, seen) = std::sync::mpsc::channel();
    let config = with(variables)
        .toml(&toml)
        .map_err(|error| error.to_string())?;
    let config = config.provider("shown", move |mut settings| {
        let sent = sent.clone();
        async move {
            let mut deep = settings.section("deep")?.expect("it is written");
            sent.send(deep.strings("texts")?.expect("it is written"))
                .expect("it is awaited");
            deep.finish()?;
            settings.finish()?;
            Ok::<_, DomainError>(es_core::store::MemoryStore::new())
        }
    });
    config.domain().await.map_err(|error| error.to_string())?;
    Ok(seen.recv().unwrap())
}

#[tokio::test]
async fn they_are_put_into_texts_at_any_depth() {
    let variables = [("HOST", "db"), ("EMPTY", ""), ("NESTED", "${HOST}")];

    let texts = r#"["${HOST}", "postgres://${HOST}:${PORT|5432}/x", "${NONE|}", "${EMPTY|default}",
        "${NONE|a|b}", "$${HOST}", "$HOST {HOST}", "${NESTED}", "costs $5", "${HOST}${HOST}"]"#;
    let filled = filled(&variables, texts).await.unwrap();

    let expected = [
        "db",
        "postgres://db:5432/x",
        "",
        "",
        "a|b",
        "${HOST}",
        "$HOST {HOST}",
        "${HOST}",
        "costs $5",
        "dbdb",
    ];
    assert_eq!(filled, expected);
}

#[tokio::test]
async fn one_that_is_not_set_is_told_in_a_list_too() {
    assert_eq!(
        filled(&[], "[\n\"a\",\n\"${NONE}\"]").await.unwrap_err(),
        "line 7: `event_store.deep.texts`: the variable `NONE` is not set; set it, or write \
         `${NONE|default}`"
    );
}

#[test]
fn one_may_stand_for_a_number_or_a_truth() {
    let toml =
        "snapshot_every = \"${EVERY|25}\"\n[aggregates.order]\nsnapshots = \"${SNAPSHOTS|true}\"";
    let config = |variables: &[(&str, &str)]| with(variables).toml(toml);

    assert!(config(&[]).is_ok());
    assert!(config(&[("EVERY", "5"), ("SNAPSHOTS", "false")]).is_ok());
    assert_eq!(
        config(&[("EVERY", "often")]).unwrap_err().to_string(),
        "line 1: `snapshot_every` is `${EVERY|25}`, expected was a whole number, as in \
         `snapshot_every = 8`"
    );
}
