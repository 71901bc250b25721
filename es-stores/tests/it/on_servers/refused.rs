//! Servers that refuse: an error of the right kind, which says what was tried and what to do, and
//! never the password; nothing is half-written, and the store works when the server does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::store::{AppendError, EventStore, EventStoreExt as _, StoreErrorKind};

use super::{
    HELD, Hold, Limits, NONE, PLAIN, Place, SECRET, all_of, append, at, not_written, numbers,
    tells, unit,
};
use crate::servers::{Cluster, Proxy, Uri, fresh_name, in_time, session, shared, until};

/// A password that is wrong.
pub(crate) async fn a_wrong_password_is_refused<P: Place>() {
    let server = Cluster::start(&["--passwords"]);
    let place = P::on(&server.uri()).await;
    let uri = place.uri().user("postgres", SECRET);

    let refused = place.open_by(&uri, Limits::default()).await;

    tells(
        &refused.unwrap_err(),
        StoreErrorKind::Denied,
        &[&uri.shown(), "password"],
    );
    place
        .open_by(&place.uri(), Limits::default())
        .await
        .unwrap();
}

/// A port that nobody listens on.
pub(crate) async fn a_server_that_is_not_there_is_unavailable<P: Place>() {
    let place = P::on(&shared()).await;
    let port = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let uri = place.uri().at(format!("127.0.0.1:{port}"));
    let uri = uri.user("postgres", SECRET);

    let refused = place.open_by(&uri, Limits::default()).await;

    tells(
        &refused.unwrap_err(),
        StoreErrorKind::Unavailable,
        &[&uri.shown()],
    );
}

/// A port that answers nothing, for as long as `connect_timeout` says.
pub(crate) async fn a_server_that_does_not_answer_is_unavailable<P: Place>() {
    let place = P::on(&shared()).await;
    let proxy = Proxy::to(&place.uri().user("postgres", SECRET)).await;
    proxy.stall(true);
    let limits = Limits {
        connect_timeout: Some(Duration::from_millis(300)),
        ..Limits::default()
    };
    let before = Instant::now();

    let refused = in_time(place.open_by(&proxy.uri(), limits)).await;

    assert!(before.elapsed() < Duration::from_secs(10));
    tells(
        &refused.unwrap_err(),
        StoreErrorKind::Unavailable,
        &[&proxy.uri().shown()],
    );
    proxy.stall(false);
    place.open_by(&proxy.uri(), limits).await.unwrap();
}

/// A database that nobody has made.
pub(crate) async fn a_database_that_is_not_there_is_told<P: Place>() {
    let place = P::on(&shared()).await;
    let uri = place.uri().database("es_test_no_such_database");
    let uri = uri.user("postgres", SECRET);

    let refused = place.open_by(&uri, Limits::default()).await;

    tells(
        &refused.unwrap_err(),
        StoreErrorKind::Unavailable,
        &[&uri.shown(), "database", "createdb"],
    );
}

/// A role that may only connect is denied what it asks for, in words, wherever it finds out.
pub(crate) async fn a_role_without_rights_is_denied<P: Place>() {
    let place = P::on(&shared()).await;
    drop(place.open().await);
    let admin = session(&place.uri()).await;
    let role = fresh_name();
    let make = format!("CREATE ROLE {role} LOGIN PASSWORD '{SECRET}'");
    admin.batch_execute(&make).await.unwrap();
    let uri = place.uri().user(&role, SECRET);

    let refusal = match place.open_by(&uri, Limits::default()).await {
        Err(refusal) => refusal,
        Ok(store) => {
            let refusal = store.append(unit("test::a-1", at(0), PLAIN, [1])).await;
            store.head().await.expect_err("it may not read");
            not_written(refusal)
        }
    };

    tells(&refusal, StoreErrorKind::Denied, &[&uri.shown()]);
    assert_eq!(numbers(&place.open().await, "test::a-1").await, NONE);
    let drop = format!("DROP ROLE {role}");
    admin.batch_execute(&drop).await.unwrap();
}

/// Where transactions are read-only by default, what stands can be read.
pub(crate) async fn a_server_that_only_reads_refuses_appends<P: Place>() {
    let place = P::on(&shared()).await;
    append(&place.open().await, "test::a-1", 0, 1).await;
    let uri = place
        .uri()
        .option("options", "-c%20default_transaction_read_only%3Don");

    let store = place
        .open_by(&uri, Limits::default())
        .await
        .expect("it is read");

    refuses_appends(&store, &uri).await;

    assert_eq!(all_of(&store, 1).await, [1]);
    append(&place.open().await, "test::a-1", 1, 2).await;
}

/// A standby is read, follows its primary, and refuses appends; what it can not tell it refuses in
/// words.
pub(crate) async fn a_standby_is_read_and_refuses_appends<P: Place>() {
    let primary = Cluster::start(&[]);
    let place = P::on(&primary.uri()).await;
    let writing = place.open().await;
    append(&writing, "test::a-1", 0, 1).await;
    let standby = Cluster::start(&["--standby-of", primary.folder()]);
    let uri = place.uri().at(standby.uri().host());

    let store = place
        .open_by(&uri, Limits::default())
        .await
        .expect("it is read");
    refuses_appends(&store, &uri).await;
    append(&writing, "test::a-1", 1, 2).await;
    append(&writing, "test::b-1", 0, 3).await;
    until(async || (numbers(&store, "test::b-1").await == [3]).then_some(())).await;
    assert_eq!(numbers(&store, "test::a-1").await, [1, 2]);
    // Who writes on the primary is not known here: a store may be unable to tell what is complete.
    match store.read_all().collect().await {
        Ok(_) => assert_eq!(all_of(&store, 3).await, [1, 2, 3]),
        Err(error) => {
            let words = [&*uri.shown(), "standby", "primary"];
            tells(&error, StoreErrorKind::Unsupported, &words);
            let head = store.head().await.expect_err("it is as unknown");
            tells(&head, StoreErrorKind::Unsupported, &words);
        }
    }
}

async fn refuses_appends(store: &impl EventStore, uri: &Uri) {
    let stale = store.append(unit("test::a-1", at(1), PLAIN, [8])).await;
    let new = store.append(unit("test::new-1", at(0), PLAIN, [9])).await;

    for outcome in [stale, new] {
        let error = not_written(outcome);
        tells(&error, StoreErrorKind::ReadOnly, &[&uri.shown()]);
    }
    assert_eq!(numbers(store, "test::a-1").await, [1]);
    assert_eq!(numbers(store, "test::new-1").await, NONE);
}

/// An append that takes longer than `statement_timeout` is given up: nothing of it stands.
pub(crate) async fn a_statement_that_takes_too_long_is_given_up<P: Place>() {
    let place = P::on(&shared()).await;
    let limits = Limits {
        statement_timeout: Some(Duration::from_millis(300)),
        ..Limits::default()
    };
    let store = place.open_by(&place.uri(), limits).await.unwrap();
    let hold = Hold::on(&place).await;

    let outcome = in_time(store.append(unit("test::a-1", at(0), HELD, [1, 2]))).await;

    tells(
        &not_written(outcome),
        StoreErrorKind::Busy,
        &[&place.uri().shown(), "timeout"],
    );
    hold.let_go().await;
    assert_eq!(numbers(&store, "test::a-1").await, NONE);
    append(&store, "test::a-1", 0, 3).await;
    assert_eq!(all_of(&store, 1).await, [3]);
}

/// All connections are in use for longer than `wait_timeout`: the next reader hears of it, and has a
/// connection again when they are free.
pub(crate) async fn a_pool_that_is_exhausted_is_busy<P: Place>() {
    let place = P::on(&shared()).await;
    let limits = Limits {
        pool_size: Some(2),
        wait_timeout: Some(Duration::from_millis(300)),
        ..Limits::default()
    };
    let store = place.open_by(&place.uri(), limits).await.unwrap();
    append(&store, "test::a-1", 0, 1).await;
    let store = Arc::new(store);
    let locking = session(&place.uri()).await;
    let lock = format!(
        "BEGIN; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE",
        place.events()
    );
    locking.batch_execute(&lock).await.unwrap();

    let readers = (0..8).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            store
                .read_stream("test::a-1")
                .collect()
                .await
                .map(|events| events.len())
        })
    });
    let mut readers: Vec<_> = readers.collect();
    let mut busy = 0;
    while busy < 6 {
        let (outcome, _, rest) = in_time(futures_util::future::select_all(readers)).await;
        let error = outcome.unwrap().expect_err("the table is locked");
        tells(
            &error,
            StoreErrorKind::Busy,
            &["pool", &place.uri().shown()],
        );
        readers = rest;
        busy += 1;
    }
    locking.batch_execute("COMMIT").await.unwrap();

    for reader in readers {
        assert_eq!(in_time(reader).await.unwrap().unwrap(), 1);
    }
    assert_eq!(numbers(&*store, "test::a-1").await, [1]);
}

/// A conflict is no error of the server's: its log would fill, and its transactions would abort.
pub(crate) async fn conflicts_leave_no_errors_in_the_log<P: Place>() {
    const WRITERS: u64 = 16;
    let server = Cluster::start(&[]);
    let place = P::on(&server.uri()).await;
    let store = Arc::new(place.open().await);
    append(&*store, "test::a-1", 0, 0).await;

    let writers = (0..WRITERS).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut conflicts = 0;
            for round in 0..25 {
                let number = 1 + round * WRITERS + writer;
                let unit = unit("test::a-1", at(round / 5), PLAIN, [number]);
                match store.append(unit).await {
                    Ok(_) => {}
                    Err(AppendError::Conflict(_)) => conflicts += 1,
                    Err(error) => panic!("neither written nor a conflict: {error:?}"),
                }
            }
            conflicts
        })
    });
    let mut conflicts = 0;
    for writer in writers.collect::<Vec<_>>() {
        conflicts += in_time(writer).await.unwrap();
    }

    assert!(conflicts > 300, "there were {conflicts}");
    let log = server.log();
    assert!(log.contains("ready to accept connections"), "{log}");
    for word in ["ERROR", "FATAL", "deadlock"] {
        assert!(!log.contains(word), "{log}");
    }
}
