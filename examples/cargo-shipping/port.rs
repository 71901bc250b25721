//! Where ships call.

use std::fmt;

use es_core::prelude::*;

/// A port.
#[value]
#[derive(Copy, Eq)]
pub enum Port {
    /// Hamburg.
    Hamburg,
    /// Hong Kong.
    HongKong,
    /// Rotterdam.
    Rotterdam,
    /// Stockholm.
    Stockholm,
    /// Tokyo.
    Tokyo,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hamburg => "Hamburg",
            Self::HongKong => "Hong Kong",
            Self::Rotterdam => "Rotterdam",
            Self::Stockholm => "Stockholm",
            Self::Tokyo => "Tokyo",
        })
    }
}
