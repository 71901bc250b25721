//! Encryption, as `sslmode` asks for it.

use std::path::Path;

use es_core::store::{EventStore, StoreErrorKind};

use super::{Limits, Place, append, tells};
use crate::servers::{Cluster, Uri, session};

/// `disable` does not encrypt; `prefer`, which is the default, does where the server can; `require`
/// does or refuses.
pub(crate) async fn connections_are_encrypted_as_the_uri_asks<P: Place>() {
    let server = Cluster::start(&["--tls"]);
    let place = P::on(&server.uri()).await;
    for (mode, encrypted) in [
        (Some("disable"), false),
        (None, true),
        (Some("prefer"), true),
        (Some("require"), true),
    ] {
        let name = format!("by_{}", mode.unwrap_or("default"));
        let mut uri = place.uri().option("application_name", &name);
        if let Some(mode) = mode {
            uri = uri.option("sslmode", mode);
        }
        let store = place.open_by(&uri, Limits::default()).await;
        let store = store.unwrap_or_else(|error| panic!("{mode:?}: {error:?}"));
        store.head().await.expect("the head is read");

        let row = session(&place.uri().option("sslmode", "disable"))
            .await
            .query_one(
                "SELECT count(*), bool_and(ssl), bool_or(ssl) FROM pg_stat_ssl \
                 JOIN pg_stat_activity USING (pid) WHERE application_name = $1",
                &[&name],
            )
            .await;
        let row = row.expect("a superuser may do this");
        let (count, all, any): (i64, bool, bool) = (row.get(0), row.get(1), row.get(2));
        assert!(count > 0, "{mode:?}");
        assert_eq!((all, any), (encrypted, encrypted), "{mode:?}");
    }

    let plain = Cluster::start(&[]);
    let place = P::on(&plain.uri()).await;
    let uri = place.uri().option("sslmode", "require");
    let refused = place.open_by(&uri, Limits::default()).await;
    tells(&refused.unwrap_err(), StoreErrorKind::Unavailable, &["TLS"]);
    let uri = place.uri().option("sslmode", "prefer");
    place
        .open_by(&uri, Limits::default())
        .await
        .expect("it falls back");
}

/// `verify-ca` asks who signed the certificate, `verify-full` for which host too, by the file of
/// `sslrootcert`.
pub(crate) async fn a_certificate_is_checked_as_the_uri_asks<P: Place>() {
    let (server, stranger) = (
        Cluster::start(&["--tls", "--passwords"]),
        Cluster::start(&["--tls"]),
    );
    let place = P::on(&server.uri()).await;
    let (own, foreign) = (server.authority(), stranger.authority());
    // The certificate is made for `localhost`, not for the address.
    let by_name = place.uri().at(format!("localhost:{}", place.uri().port()));
    let by_address = place.uri();
    let asks = |uri: &Uri, mode: &str, root: Option<&Path>| {
        let uri = uri.clone().option("sslmode", mode);
        match root {
            Some(root) => uri.option("sslrootcert", root.display()),
            None => uri,
        }
    };

    for uri in [
        asks(&by_name, "verify-full", Some(&own)),
        asks(&by_name, "verify-ca", Some(&own)),
        asks(&by_address, "verify-ca", Some(&own)),
        asks(&by_address, "require", Some(&own)),
        asks(&by_address, "require", None),
    ] {
        let store = place.open_by(&uri, Limits::default()).await;
        let store = store.unwrap_or_else(|error| panic!("{}: {error:?}", uri.as_str()));
        store.head().await.expect("the head is read");
    }
    for uri in [
        asks(&by_address, "verify-full", Some(&own)),
        asks(&by_name, "verify-full", Some(&foreign)),
        asks(&by_name, "verify-ca", Some(&foreign)),
        asks(&by_name, "require", Some(&foreign)),
        asks(&by_name, "verify-full", None),
    ] {
        let refused = place.open_by(&uri, Limits::default()).await;
        let error = refused
            .err()
            .unwrap_or_else(|| panic!("taken was {}", uri.as_str()));
        tells(&error, StoreErrorKind::Unavailable, &[]);
        assert!(format!("{error:?}").contains("certificate"), "{error:?}");
    }
    let missing = asks(&by_name, "verify-full", Some(Path::new("/no/such.crt")));
    let refused = place.open_by(&missing, Limits::default()).await;
    tells(
        &refused.unwrap_err(),
        StoreErrorKind::Invalid,
        &["/no/such.crt"],
    );

    let uri = asks(&by_name, "verify-full", Some(&own));
    let store = place.open_by(&uri, Limits::default()).await.unwrap();
    append(&store, "test::a-1", 0, 1).await;
}
