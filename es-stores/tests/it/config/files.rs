//! Where it is read from.

use std::fs;

use super::with;
use es_core::store::Durability;

const BANK: &str = "name = \"bank\"";

#[test]
fn it_is_found_in_the_folder_and_up_to_two_parents() {
    let root = tempfile::tempdir().unwrap();
    let deep = root.path().join("a/b/c");
    fs::create_dir_all(&deep).unwrap();
    let found = |folder: &str| {
        let config = with(&[]).folder(root.path().join(folder)).load();
        config.map(|config| {
            config
                .file()
                .unwrap()
                .strip_prefix(root.path())
                .unwrap()
                .to_owned()
        })
    };

    fs::write(root.path().join("domain.toml"), BANK).unwrap();
    for folder in ["", "a", "a/b"] {
        assert_eq!(found(folder).unwrap(), std::path::Path::new("domain.toml"));
    }
    let refusal = found("a/b/c").unwrap_err().to_string();
    fs::write(root.path().join("a/domain.toml"), BANK).unwrap();

    assert_eq!(
        found("a/b/c").unwrap(),
        std::path::Path::new("a/domain.toml")
    );
    let root = root.path().display();
    assert_eq!(
        refusal,
        format!(
            "there is no `domain.toml` in `{root}/a/b/c`, `{root}/a/b` or `{root}/a`, and \
             `ES_STORE_URI` is not set; write the one, or set the other, as in \
             `ES_STORE_URI=sqlite://bank.db`"
        )
    );
}

#[tokio::test]
async fn paths_in_it_begin_at_its_folder() {
    let root = tempfile::tempdir().unwrap();
    let below = root.path().join("below");
    fs::create_dir(&below).unwrap();
    let toml = format!("{BANK}\n[event_store]\ndatabase_uri = \"sqlite://bank.db\"");
    fs::write(root.path().join("domain.toml"), toml).unwrap();

    let config = with(&[]).folder(below).load().unwrap();
    let domain = config.domain().await.unwrap();

    assert_eq!(domain.store().capabilities().durability, Durability::Power);
    assert!(root.path().join("bank.db").exists());
}

#[test]
fn a_file_that_can_not_be_read_is_told() {
    let root = tempfile::tempdir().unwrap();
    let refusal = |path: &str| {
        let refusal = with(&[])
            .file(root.path().join(path))
            .unwrap_err()
            .to_string();
        refusal.replace(root.path().to_str().unwrap(), "")
    };
    fs::create_dir(root.path().join("folder")).unwrap();
    fs::write(root.path().join("latin1"), b"name = \"\xe9\"").unwrap();
    fs::write(root.path().join("wrong"), "\n\nnam = 5").unwrap();

    assert_eq!(refusal("none"), "there is no `/none`");
    assert!(refusal("folder").starts_with("`/folder` can not be read: "));
    assert!(refusal("latin1").contains("UTF-8"));
    assert_eq!(
        refusal("wrong"),
        "/wrong:3: the key `nam` is unknown, did you mean `name`?"
    );
    let error = with(&[]).file(root.path().join("wrong")).unwrap_err();
    assert_eq!(error.file(), Some(&*root.path().join("wrong")));
    assert_eq!((error.line(), error.key()), (Some(3), "nam"));
}

#[tokio::test]
async fn the_variable_alone_suffices() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("a/b/c");
    fs::create_dir_all(&folder).unwrap();
    let load = |variables: &[(&str, &str)]| with(variables).folder(&folder).load();

    // Nothing can be laid over no file.
    let config = load(&[("ES_STORE_URI", "memory://"), ("ES_ENV", "production")]).unwrap();
    let nameless = config.domain().await.unwrap_err().to_string();
    let domain = config.default_name("bank").domain().await.unwrap();

    assert!(nameless.starts_with("the domain has no name; write `name = \"bank\"`"));
    assert_eq!(domain.name().as_str(), "bank");
    assert!(load(&[("ES_STORE_URI", "")]).is_err());
}

#[tokio::test]
async fn the_variable_goes_before_the_section() {
    let toml = "name = \"bank\"\n[event_store]\nprovider = \"nonsense\"\npassword = \"${UNSET}\"";

    let config = with(&[("ES_STORE_URI", "memory://")]).toml(toml).unwrap();
    let refused = with(&[("ES_STORE_URI", "sqllite://bank.db")])
        .toml(toml)
        .unwrap();

    assert!(config.domain().await.is_ok());
    assert_eq!(
        refused.domain().await.unwrap_err().to_string(),
        "`ES_STORE_URI`: could not connect: the scheme `sqllite` is unknown, known are `memory`, \
         `sqlite`, `postgres` and `message-db`"
    );
}

#[test]
fn the_name_in_the_file_goes_before_the_programs() {
    let name = |toml: &str| {
        let config = with(&[]).toml(toml).unwrap().default_name("program");
        config.name().map(str::to_owned)
    };

    assert_eq!(name("name = \"file\"").as_deref(), Some("file"));
    assert_eq!(name("").as_deref(), Some("program"));
}

#[tokio::test]
async fn the_programs_uri_goes_before_the_variable() {
    let loader = with(&[("ES_STORE_URI", "nonsense://")]).store_uri("memory://");
    let refused = with(&[])
        .store_uri("nonsense://")
        .toml("name = \"bank\"")
        .unwrap();

    assert!(
        loader
            .toml("name = \"bank\"")
            .unwrap()
            .domain()
            .await
            .is_ok()
    );
    let refusal = refused.domain().await.unwrap_err().to_string();
    assert!(
        refusal.starts_with("could not connect: the scheme `nonsense` is unknown"),
        "{refusal}"
    );
}
