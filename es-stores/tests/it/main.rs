//! The stores, each by the conformance suite and by what only it does.
#![allow(clippy::unwrap_used, reason = "this is a test, all of it")]

mod memory {
    es_stores::conformance_tests!(|| async { es_core::store::MemoryStore::new() });
}

mod plain {
    es_stores::conformance_tests!(|| async { crate::plain_store::PlainStore::default() });
}

mod json {
    es_stores::conformance_tests!(|| async { crate::json_store::JsonStore::default() });
}

mod sqlite_full {
    es_stores::conformance_tests!(crate::sqlite::Folder::new(es_stores::Synchronous::Full));
}

mod sqlite_normal {
    es_stores::conformance_tests!(crate::sqlite::Folder::new(es_stores::Synchronous::Normal));
}

mod postgres_store {
    es_stores::conformance_tests!(crate::postgres::Schema::new());
}

mod message_db_store {
    es_stores::conformance_tests!(crate::message_db::Database::new());
}

mod broken_stores;
mod config;
mod connect;
mod json_store;
mod message_db;
mod on_servers;
mod plain_store;
mod postgres;
mod servers;
mod sqlite;
