//! What is asked of the contestants, and where.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where events are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Venue {
    /// The memory of the process.
    Memory,
    /// A SQLite file, every commit on the disk.
    SqliteFull,
    /// A SQLite file, commits on the disk now and then.
    SqliteNormal,
    /// A PostgreSQL server, every commit on the disk.
    Postgres,
    /// A Message DB on that server.
    MessageDb,
}

impl Venue {
    /// All, in the order of the table.
    pub const ALL: [Self; 5] = [
        Self::Memory,
        Self::SqliteFull,
        Self::SqliteNormal,
        Self::Postgres,
        Self::MessageDb,
    ];

    /// Its name on the command line.
    pub fn key(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::SqliteFull => "sqlite-full",
            Self::SqliteNormal => "sqlite-normal",
            Self::Postgres => "postgres",
            Self::MessageDb => "message-db",
        }
    }
}

impl fmt::Display for Venue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::SqliteFull => "SQLite, synchronous FULL",
            Self::SqliteNormal => "SQLite, synchronous NORMAL",
            Self::Postgres => "PostgreSQL",
            Self::MessageDb => "Message DB",
        })
    }
}

/// The categories of streams that several writers write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Categories {
    /// One for all.
    One,
    /// One for each writer.
    Each,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scenario {
    /// Load, decide and append one event, over 1,000 accounts.
    Command {
        /// How many at a time.
        writers: u64,
    },
    /// Append one event a commit.
    Append {
        /// How many at a time.
        writers: u64,
        /// To streams of one category or several; they are distinct streams in any case.
        categories: Categories,
    },
    /// Append several events in one commit, one writer.
    Batch {
        /// How many in a commit.
        events: u64,
    },
    /// Rebuild an account from all its events.
    Load {
        /// How many it has.
        events: u64,
    },
    /// Rebuild an account from a snapshot and the events behind it.
    LoadBySnapshot {
        /// How many it has.
        events: u64,
    },
    /// Rebuild an account as it was when it had half of its events.
    LoadAsOf {
        /// How many it has.
        events: u64,
    },
    /// Read a category.
    ReadCategory,
    /// Read everything.
    ReadAll,
}

impl Scenario {
    /// The scenarios of a venue, in the order of the table.
    pub fn of(venue: Venue) -> Vec<Self> {
        let append = |writers, categories| Self::Append {
            writers,
            categories,
        };
        let mut scenarios = vec![Self::Command { writers: 1 }];
        if venue != Venue::Memory {
            scenarios.push(Self::Command { writers: 16 });
        }
        for writers in [1, 16, 64] {
            scenarios.push(append(writers, Categories::One));
            if writers > 1 {
                scenarios.push(append(writers, Categories::Each));
            }
        }
        scenarios.extend([10, 100].map(|events| Self::Batch { events }));
        scenarios.extend([10, 1_000, 10_000, 1_000_000].map(|events| Self::Load { events }));
        scenarios.push(Self::LoadBySnapshot { events: 10_000 });
        scenarios.push(Self::LoadAsOf { events: 10_000 });
        scenarios.extend([Self::ReadCategory, Self::ReadAll]);
        scenarios
    }

    /// Whether it belongs to a race of a minute.
    pub fn is_quick(&self) -> bool {
        let categories = Categories::Each;
        let left_out = [
            Self::Command { writers: 16 },
            Self::Append {
                writers: 16,
                categories,
            },
            Self::Append {
                writers: 64,
                categories,
            },
            Self::Batch { events: 10 },
            Self::Load { events: 10 },
            Self::Load { events: 1_000_000 },
            Self::LoadBySnapshot { events: 10_000 },
            Self::LoadAsOf { events: 10_000 },
            Self::ReadAll,
        ];
        !left_out.contains(self)
    }

    /// Its name on the command line.
    pub fn key(&self) -> String {
        match self {
            Self::Command { writers } => format!("command-{writers}"),
            Self::Append {
                writers,
                categories: Categories::One,
            } => format!("append-{writers}"),
            Self::Append { writers, .. } => format!("append-{writers}-categories"),
            Self::Batch { events } => format!("batch-{events}"),
            Self::Load { events } => format!("load-{events}"),
            Self::LoadBySnapshot { events } => format!("snapshot-{events}"),
            Self::LoadAsOf { events } => format!("as-of-{events}"),
            Self::ReadCategory => "read-category".into(),
            Self::ReadAll => "read-all".into(),
        }
    }

    /// What is counted.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Command { .. } => "commands/s",
            Self::LoadBySnapshot { .. } | Self::LoadAsOf { .. } => "loads/s",
            _ => "events/s",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = |count: u64| if count == 1 { "" } else { "s" };
        match self {
            Self::Command { writers } => write!(
                f,
                "load, decide and append 1 event over 1,000 accounts, {writers} at a time"
            ),
            Self::Append {
                writers,
                categories,
            } => {
                write!(f, "append 1 event, {writers} writer{}", s(*writers))?;
                match categories {
                    Categories::One => Ok(()),
                    Categories::Each => f.write_str(", a category each"),
                }
            }
            Self::Batch { events } => write!(f, "append {events} events in one commit"),
            Self::Load { events } => write!(f, "load {} events", thousands(*events)),
            Self::LoadBySnapshot { events } => {
                write!(f, "load {} events by a snapshot", thousands(*events))
            }
            Self::LoadAsOf { events } => {
                write!(
                    f,
                    "load half of {} events, as of a time",
                    thousands(*events)
                )
            }
            Self::ReadCategory => f.write_str("read a category of 1,000,000 events"),
            Self::ReadAll => f.write_str("read everything, 1,000,000 events"),
        }
    }
}

/// A number with commas.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
