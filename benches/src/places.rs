//! Where the contestants keep their events: folders and databases of one server, gone afterwards.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use es_bench_race::wire::Entrance;
use es_bench_race::{Contestant, Venue};
use es_core::prelude::{EventStore, MemoryStore};
use es_stores::{
    MessageDbStore, PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, Synchronous,
    message_db,
};
use es_tests::servers::{Cluster, message_db_package};
use tempfile::TempDir;
use tokio_postgres::NoTls;

use crate::limits;
use crate::ours::{Ours, Way};

/// A folder and, where one was needed, a server.
pub struct Places {
    folder: TempDir,
    server: Option<Cluster>,
}

impl Places {
    /// Nothing yet.
    ///
    /// # Errors
    /// Where there is no folder to be had.
    pub fn new() -> Result<Self> {
        Ok(Self {
            folder: tempfile::Builder::new().prefix("es-bench").tempdir()?,
            server: None,
        })
    }

    /// What a process needs to know for making contestants of its own.
    ///
    /// # Errors
    /// Where the server does not start.
    pub fn entrance(&mut self, venue: Venue) -> Result<Entrance> {
        let server = match venue {
            Venue::Postgres | Venue::MessageDb => Some(self.server()?.uri("postgres")?),
            _ => None,
        };
        Ok(Entrance {
            venue,
            server,
            folder: self.folder.path().to_owned(),
        })
    }

    /// Started once, with the settings of a real one: every commit is on the disk.
    fn server(&mut self) -> Result<&Cluster> {
        let server = match self.server.take() {
            Some(server) => server,
            None => Cluster::start(&["--durable", "--set", "max_connections=300"])?,
        };
        Ok(self.server.insert(server))
    }

    /// An empty file's path.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.db"))
    }

    /// An empty database, by its URI.
    ///
    /// # Errors
    /// Where it can not be made.
    pub async fn database(&mut self, name: &str) -> Result<String> {
        let server = self.server()?;
        execute(
            &server.uri("postgres")?,
            &[
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
                &format!("CREATE DATABASE {name}"),
            ],
        )
        .await?;
        server.uri(name)
    }

    /// An empty Message DB, by its URI.
    ///
    /// # Errors
    /// Where it can not be installed.
    pub async fn message_db(&mut self, name: &str) -> Result<String> {
        let uri = self.database(name).await?;
        message_db::install(&uri, message_db_package()?).await?;
        Ok(uri)
    }

    /// An empty store of ours, and what a person would run on its database once it is full.
    ///
    /// # Errors
    /// Where it does not open.
    pub async fn store(&mut self, venue: Venue, name: &str) -> Result<Place> {
        Ok(match venue {
            Venue::Memory => Place::of(MemoryStore::new(), None),
            Venue::SqliteFull | Venue::SqliteNormal => {
                let path = self.file(name);
                Place::of(open_sqlite(&path, venue).await?, Some(display(&path)))
            }
            Venue::Postgres => {
                let uri = self.database(name).await?;
                let options = PostgresOptions::new();
                let store = PostgresStore::connect_with(&uri, options).await?;
                Place::of(store, Some(uri))
            }
            Venue::MessageDb => {
                let uri = self.message_db(name).await?;
                let store = MessageDbStore::connect(&uri).await?;
                Place::of(store, Some(uri))
            }
        })
    }

    /// Everybody who competes here and lives in this process.
    ///
    /// # Errors
    /// Where a store does not open.
    pub async fn contestants(&mut self, venue: Venue) -> Result<Vec<Arc<dyn Contestant>>> {
        let mut contestants: Vec<Arc<dyn Contestant>> = Vec::new();
        for way in Way::ALL {
            let place = self.store(venue, &format!("es_{}", way.key())).await?;
            contestants.push(Arc::new(Ours::new(way, place)?));
        }
        let full = venue == Venue::SqliteFull;
        match venue {
            Venue::Memory => {
                contestants.push(Arc::new(limits::Json::default()));
                contestants.push(Arc::new(limits::SerdeAlone::default()));
            }
            Venue::SqliteFull | Venue::SqliteNormal => {
                contestants.push(Arc::new(limits::File::new(self.file("raw"), full)?));
                let group = limits::GroupCommit::new(&self.file("raw_group"), full)?;
                contestants.push(Arc::new(group));
            }
            Venue::Postgres => {
                let uri = self.database("raw").await?;
                execute(&uri, &[limits::POSTGRES_SCHEMA]).await?;
                contestants.push(Arc::new(limits::Server::<limits::Inserts>::new(uri)));
                let uri = self.database("raw_group").await?;
                execute(&uri, &[limits::POSTGRES_SCHEMA]).await?;
                contestants.push(Arc::new(limits::OneBatchAtATime::new(&uri).await?));
            }
            Venue::MessageDb => {
                let uri = self.message_db("raw_message_db").await?;
                contestants.push(Arc::new(limits::Server::<limits::WriteMessage>::new(uri)));
            }
        }
        Ok(contestants)
    }

    /// Takes away the files of a venue that is over.
    ///
    /// # Errors
    /// Where they can not be removed.
    pub fn clear(&self) -> Result<()> {
        for entry in std::fs::read_dir(self.folder.path())? {
            let path = entry?.path();
            let removed = match path.is_dir() {
                true => std::fs::remove_dir_all(path),
                false => std::fs::remove_file(path),
            };
            match removed {
                // Who closes a file last removes its log.
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

/// A store, and the way to it for another process.
#[derive(Clone, Debug)]
pub struct Place {
    /// The store.
    pub store: Arc<dyn EventStore>,
    /// A file's path or a database's URI; memory has neither.
    pub way: Option<String>,
}

impl Place {
    fn of(store: impl EventStore, way: Option<String>) -> Self {
        let store = Arc::new(store);
        Self { store, way }
    }

    /// The same store by connections of its own.
    ///
    /// # Errors
    /// Where it does not open, or is in memory.
    pub async fn open(venue: Venue, way: &str) -> Result<Arc<dyn EventStore>> {
        Ok(match venue {
            Venue::Memory => anyhow::bail!("memory is this process's alone"),
            Venue::SqliteFull | Venue::SqliteNormal => {
                Arc::new(open_sqlite(Path::new(way), venue).await?)
            }
            Venue::Postgres => Arc::new(PostgresStore::connect(way).await?),
            Venue::MessageDb => Arc::new(MessageDbStore::connect(way).await?),
        })
    }

    /// What autovacuum does sooner or later.
    ///
    /// # Errors
    /// Where the server refuses.
    pub async fn vacuum(&self) -> Result<()> {
        match &self.way {
            Some(uri) if uri.starts_with("postgres") => execute(uri, &["VACUUM ANALYZE"]).await,
            _ => Ok(()),
        }
    }
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

async fn open_sqlite(path: &Path, venue: Venue) -> Result<SqliteStore> {
    let synchronous = match venue {
        Venue::SqliteNormal => Synchronous::Normal,
        _ => Synchronous::Full,
    };
    let options = SqliteOptions::new().synchronous(synchronous);
    Ok(SqliteStore::open_with(path, options).await?)
}

async fn execute(uri: &str, statements: &[&str]) -> Result<()> {
    let (client, connection) = tokio_postgres::connect(uri, NoTls).await?;
    let connection = tokio::spawn(connection);
    for statement in statements {
        let done = client.batch_execute(statement).await;
        done.with_context(|| format!("`{statement}`"))?;
    }
    drop(client);
    connection.await??;
    Ok(())
}
