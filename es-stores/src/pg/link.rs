//! Connections to one server.

use std::fmt;
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts,
};
use es_core::store::{StoreError, StoreErrorKind};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Trouble;
use super::address::Address;
use super::tls;

/// A connection of the pool, given back when dropped.
pub(crate) type Client = Object;

/// How connections are made and shared.
#[derive(Clone, Debug)]
pub(crate) struct LinkOptions {
    /// The most connections at a time.
    pub(crate) pool_size: usize,
    /// How long making a connection may take.
    pub(crate) connect_timeout: Duration,
    /// How long to wait for one of the pool's.
    pub(crate) wait_timeout: Duration,
    /// How long one statement may take.
    pub(crate) statement_timeout: Duration,
    /// What is run first on every connection.
    pub(crate) session_sql: String,
}

/// A pool of connections to one server.
///
/// A connection that has died is noticed when it is taken from the pool, and replaced: a server
/// that has been restarted is reached again without a word.
pub(crate) struct Link {
    pool: Pool,
    config: Config,
    tls: MakeRustlsConnect,
    connect_timeout: Duration,
    shown: String,
}

/// What drives a connection.
type Driver = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

impl Link {
    /// Does not connect yet.
    pub(crate) fn new(address: &Address, options: &LinkOptions) -> Result<Self, StoreError> {
        let tls = tls::connector(&address.trust)?;
        let mut config = address.config.clone();
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(options.connect_timeout);
        }
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(config.clone(), tls.clone(), recycling);
        let session_sql = session(options);
        let begin = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
            let session_sql = session_sql.clone();
            Box::pin(async move {
                let begun = client.batch_execute(&session_sql).await;
                begun.map_err(HookError::Backend)
            })
        });
        let pool = Pool::builder(manager)
            .max_size(options.pool_size)
            .wait_timeout(Some(options.wait_timeout))
            .create_timeout(Some(options.connect_timeout))
            .recycle_timeout(Some(options.connect_timeout))
            .runtime(Runtime::Tokio1)
            .post_create(begin)
            .build()
            .map_err(|error| {
                StoreError::new(StoreErrorKind::Other, "make a pool of connections").because(error)
            })?;
        Ok(Self {
            pool,
            config,
            tls,
            connect_timeout: options.connect_timeout,
            shown: address.shown(),
        })
    }

    /// A connection that was alive a moment ago.
    pub(crate) async fn client(&self) -> Result<Client, Trouble> {
        Ok(self.pool.get().await?)
    }

    /// One more connection for who has one already, where more than half of what may be are free:
    /// what is left is for others. One that has to be made first is for the next who asks.
    pub(crate) async fn spare(&self) -> Option<Client> {
        let status = self.pool.status();
        let used = status.size - status.available + status.waiting;
        if 2 * used >= status.max_size {
            return None;
        }
        if status.available > 0 {
            let timeouts = Timeouts {
                wait: Some(Duration::ZERO),
                ..self.pool.timeouts()
            };
            return self.pool.timeout_get(&timeouts).await.ok();
        }
        let pool = self.pool.clone();
        tokio::spawn(async move { drop(pool.get().await) });
        None
    }

    /// Whether the same may succeed on a new connection: where this one has died, or what was
    /// prepared on it is not valid any more. Then all that are idle are forgotten, since they may
    /// be no better and not know yet, and the next try has a new one.
    pub(crate) fn has_died(&self, trouble: &Trouble) -> bool {
        let died = trouble.is_disconnection() || trouble.is_stale_statement();
        if died {
            self.pool.retain(|_, _| false);
        }
        died
    }

    /// A connection outside the pool, with the task that has to drive it.
    pub(super) async fn connect(&self) -> Result<(tokio_postgres::Client, Driver), Trouble> {
        let connecting = self.config.connect(self.tls.clone());
        match tokio::time::timeout(self.connect_timeout, connecting).await {
            Ok(connected) => Ok(connected?),
            Err(late) => Err(Trouble::new(StoreErrorKind::Unavailable, late)),
        }
    }

    /// Where this leads, without the password.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// The error of doing `action`, which reads on from "could not" and before "`postgres://…`".
    pub(crate) fn error(&self, action: &str, trouble: &Trouble) -> StoreError {
        trouble.while_doing(format_args!("{action} `{}`", self.shown))
    }
}

/// What `$work` answers, tried once more where its connection had died: for what may be done twice.
macro_rules! repeatably {
    ($link:expr, $work:expr) => {
        match $work.await {
            Err(trouble) if $link.has_died(&trouble) => $work.await,
            done => done,
        }
    };
}
pub(crate) use repeatably;

/// All statements of a store walk along an index. A plan that was made while a table was small or
/// empty is kept for a prepared statement, so that other plans are not even considered; and where
/// pages cost nothing, the index is taken that leads to the fewest rows, not one whose order is
/// nearer to the table's and of whose rows most are dropped.
fn session(options: &LinkOptions) -> String {
    format!(
        "SET statement_timeout = {}; SET jit = off; SET enable_seqscan = off; \
         SET enable_bitmapscan = off; SET seq_page_cost = 0; SET random_page_cost = 0; \
         SET default_transaction_isolation = 'read committed'; \
         SET client_min_messages = warning; SET TimeZone = 'UTC'; {}",
        milliseconds(options.statement_timeout),
        options.session_sql
    )
}

/// As the server counts; only zero is for ever.
fn milliseconds(timeout: Duration) -> u128 {
    match timeout.is_zero() {
        true => 0,
        false => timeout.as_millis().clamp(1, i32::MAX as u128),
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Link").field(&self.shown).finish()
    }
}
