//! Whether there is a Message DB behind a connection, and what it promises.

use es_core::store::{Durability, StoreError, StoreErrorKind};

use crate::pg::{Link, Trouble};

/// What there is of Message DB in a database.
#[derive(Debug)]
pub(super) struct Probe {
    /// There is its table.
    pub(super) has_messages: bool,
    /// What the store calls and does not find.
    pub(super) missing: Vec<String>,
    /// What an acknowledged commit survives.
    pub(super) durability: Durability,
}

/// How to get a Message DB.
const INSTALL: &str = "install it there by `es_stores::message_db::install(uri, dir)` with the \
     folder that `npm pack @eventide/message-db@1.3.1` fetches, or by that folder's \
     `database/install.sh`, or begin with `docker run -p 5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust \
     ethangarofolo/message-db:1.2.6` and its database `message_store`";

impl Probe {
    pub(super) async fn of(link: &Link) -> Result<Self, Trouble> {
        let client = link.client().await?;
        let row = client.query_one(include_str!("sql/probe.sql"), &[]).await?;
        Ok(Self {
            has_messages: row.try_get(0)?,
            missing: row.try_get(1)?,
            durability: match row.try_get(2)? {
                true => Durability::Power,
                false => Durability::Process,
            },
        })
    }

    /// Refuses what is no Message DB, or none that the store can use.
    pub(super) fn check(&self, link: &Link) -> Result<(), StoreError> {
        let not_a_store = |why: &str| {
            let action = format!("use `{}` as a Message DB: {why}", link.shown());
            StoreError::new(StoreErrorKind::NotAStore, action)
        };
        if !self.has_messages {
            let why = format!("it has no table `message_store.messages`; {INSTALL}");
            return Err(not_a_store(&why));
        }
        match self.missing.first() {
            None => Ok(()),
            Some(first) => Err(not_a_store(&format!(
                "it has no function `{first}`, which Message DB has from version 1.0 on; update it \
                 by the scripts in `database/update` of its npm package"
            ))),
        }
    }
}
