//! A program that knows its types: the verbs of `es`, with states.
//!
//! ```sh
//! ES_STORE_URI=sqlite://bank.db cargo run -p es-cli --example es-bank -- events history bank::account-ada
//! ```

use std::error::Error;
use std::process::ExitCode;

use es_core::prelude::*;
use es_stores::Config;

#[event]
struct Opened {
    owner: String,
}

#[event]
struct Deposited {
    cents: u64,
}

#[event]
struct Withdrawn {
    cents: u64,
}

#[aggregate(event_sourced, id = String)]
struct Account {
    owner: String,
    cents: u64,
}

#[aggregate]
impl Account {
    #[apply]
    fn opened(event: Opened) -> Self {
        Self {
            owner: event.owner,
            cents: 0,
        }
    }

    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }

    #[apply]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.cents -= event.cents;
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let config = Config::load()?.default_name("bank").as_it_is();
    let domain = config.builder().await?.aggregate::<Account>().build()?;
    Ok(es_cli::run(domain).await)
}
