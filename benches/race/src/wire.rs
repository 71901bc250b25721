//! How contestants in another process are asked: a line of JSON each way over a local socket, so
//! that what they print is nobody's business.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::sample::{self, Effort};
use crate::{Contestant, Role, Scenario, Venue};

/// What the other process is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Make the contestants of a venue.
    Enter(Entrance),
    /// Give one what it holds before the race.
    Preload {
        /// Which.
        contestant: usize,
        /// How much.
        effort: Effort,
    },
    /// Measure one.
    Sample {
        /// Which.
        contestant: usize,
        /// What.
        scenario: Scenario,
        /// How long.
        effort: Effort,
    },
}

/// Where the contestants of a venue keep their events.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entrance {
    /// The venue.
    pub venue: Venue,
    /// A server, by the URI of its superuser: each makes a database of its own there.
    pub server: Option<String>,
    /// A folder for files.
    pub folder: PathBuf,
}

/// What the other process answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The contestants, by name and role.
    Entered(Vec<(String, Role)>),
    /// It was done.
    Preloaded,
    /// What is counted a second, or nothing where there is no such operation.
    Sample(Option<f64>),
    /// It went wrong.
    Failed(String),
}

/// A connection to the other side, whichever this one is.
#[derive(Debug)]
pub struct Wire {
    lines: BufReader<OwnedReadHalf>,
    out: OwnedWriteHalf,
}

impl Wire {
    /// Speaks over `stream`.
    pub fn new(stream: TcpStream) -> Self {
        let (lines, out) = stream.into_split();
        Self {
            lines: BufReader::new(lines),
            out,
        }
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// Where the other side has gone, or says that it failed.
    pub async fn ask(&mut self, request: &Request) -> Result<Answer> {
        self.send(request).await?;
        match self.receive().await? {
            Some(Answer::Failed(why)) => bail!("{why}"),
            Some(answer) => Ok(answer),
            None => bail!("the other process has ended"),
        }
    }

    async fn send(&mut self, message: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        Ok(self.out.write_all(&line).await?)
    }

    async fn receive<T: for<'de> Deserialize<'de>>(&mut self) -> Result<Option<T>> {
        let mut line = String::new();
        match self.lines.read_line(&mut line).await? {
            0 => Ok(None),
            _ => Ok(Some(serde_json::from_str(&line)?)),
        }
    }
}

/// Answers requests until the other side has gone; `enter` makes the contestants of a venue.
///
/// # Errors
/// Where the connection breaks.
pub async fn serve<E>(mut wire: Wire, enter: E) -> Result<()>
where
    E: AsyncFn(&Entrance) -> Result<Vec<Arc<dyn Contestant>>>,
{
    let mut venue = Venue::Memory;
    let mut contestants: Vec<Arc<dyn Contestant>> = Vec::new();
    while let Some(request) = wire.receive().await? {
        let answer = match request {
            Request::Enter(entrance) => {
                // Those of the venue before let go of their files and connections first.
                contestants = Vec::new();
                venue = entrance.venue;
                enter(&entrance).await.map(|entered| {
                    contestants = entered;
                    let who = contestants.iter();
                    Answer::Entered(who.map(|it| (it.name(), it.role())).collect())
                })
            }
            Request::Preload { contestant, effort } => match find(&contestants, contestant) {
                Ok(it) => sample::preload(it, effort)
                    .await
                    .map(|()| Answer::Preloaded),
                Err(error) => Err(error),
            },
            Request::Sample {
                contestant,
                scenario,
                effort,
            } => match find(&contestants, contestant) {
                Ok(it) => sample::sample(it, venue, scenario, effort)
                    .await
                    .map(Answer::Sample),
                Err(error) => Err(error),
            },
        };
        let answer = answer.unwrap_or_else(|error| Answer::Failed(format!("{error:#}")));
        wire.send(&answer).await?;
    }
    Ok(())
}

fn find(contestants: &[Arc<dyn Contestant>], which: usize) -> Result<&Arc<dyn Contestant>> {
    contestants
        .get(which)
        .context("there is no such contestant")
}
