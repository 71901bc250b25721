//! The race: in each round every contestant is measured once, in an order that rotates, so that
//! whatever else the machine does is done to all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use es_bench_race::{Contestant, Effort, Role, Scenario, Venue};
use indicatif::ProgressBar;
use serde::Serialize;

use crate::peers::Peers;
use crate::places::Places;

/// What is raced.
#[derive(Clone, Debug)]
pub struct Race {
    /// Where.
    pub venues: Vec<Venue>,
    /// Only scenarios whose key or text holds one of these; all where there is none.
    pub scenarios: Vec<String>,
    /// Only contestants whose name begins with one of these; all where there is none.
    pub contestants: Vec<String>,
    /// How many rounds.
    pub rounds: usize,
    /// How long and how much.
    pub effort: Effort,
}

/// What one contestant did in one scenario.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Where.
    pub venue: Venue,
    /// What was asked.
    pub scenario: Scenario,
    /// By which name.
    pub contestant: String,
    /// As what.
    pub role: Role,
    /// What was counted a second, round by round.
    pub samples: Vec<f64>,
    /// Why there are no samples.
    pub failed: Option<String>,
}

/// A contestant, here or in the peers' process.
struct Runner {
    name: String,
    role: Role,
    at: At,
}

enum At {
    Here(Arc<dyn Contestant>),
    There(Peers, usize),
}

impl Runner {
    async fn preload(&self, effort: Effort) -> Result<()> {
        match &self.at {
            At::Here(contestant) => es_bench_race::preload(contestant, effort).await,
            At::There(peers, nth) => peers.preload(*nth, effort).await,
        }
    }

    async fn sample(
        &self,
        venue: Venue,
        scenario: Scenario,
        effort: Effort,
    ) -> Result<Option<f64>> {
        match &self.at {
            At::Here(contestant) => {
                es_bench_race::sample(contestant, venue, scenario, effort).await
            }
            At::There(peers, nth) => peers.sample(*nth, scenario, effort).await,
        }
    }
}

impl Race {
    /// Runs it. Who can not hold the preloaded events, or fails, is told in the rows.
    ///
    /// # Errors
    /// Where a store of ours or a limit does not open, or no scenario has the name asked for.
    pub async fn run(
        &self,
        places: &mut Places,
        peers: Option<&Peers>,
        bar: &ProgressBar,
    ) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let venues = self.venues.iter();
        let plan: Vec<_> = venues
            .map(|venue| (*venue, self.scenarios_of(*venue)))
            .collect();
        let scenarios: usize = plan.iter().map(|(_, scenarios)| scenarios.len()).sum();
        if scenarios == 0 {
            bail!("no scenario is called so; `es-bench list` shows the names");
        }
        bar.set_length((scenarios * self.rounds) as u64);
        for (venue, scenarios) in plan {
            if scenarios.is_empty() {
                continue;
            }
            bar.set_message(format!("{venue}: preparing"));
            let runners = self.enter(venue, places, peers).await?;
            let runners = self.preload(venue, runners, &mut rows, bar).await;
            for scenario in scenarios {
                rows.extend(self.measure(venue, scenario, &runners, bar).await);
            }
            drop(runners);
            places.clear()?;
        }
        Ok(rows)
    }

    fn scenarios_of(&self, venue: Venue) -> Vec<Scenario> {
        let mut scenarios = Scenario::of(venue);
        if !self.scenarios.is_empty() {
            scenarios.retain(|scenario| {
                let (key, text) = (scenario.key(), scenario.to_string());
                let asked = |name: &String| key == *name || text.contains(name.as_str());
                self.scenarios.iter().any(asked)
            });
        } else if self.effort.quick {
            scenarios.retain(Scenario::is_quick);
        }
        scenarios
    }

    async fn enter(
        &self,
        venue: Venue,
        places: &mut Places,
        peers: Option<&Peers>,
    ) -> Result<Vec<Runner>> {
        let here = places.contestants(venue).await?;
        let mut runners: Vec<_> = here
            .into_iter()
            .map(|contestant| Runner {
                name: contestant.name(),
                role: contestant.role(),
                at: At::Here(contestant),
            })
            .collect();
        if let Some(peers) = peers {
            let there = peers.enter(places.entrance(venue)?).await?;
            let there = there.into_iter().enumerate();
            runners.extend(there.map(|(nth, (name, role))| Runner {
                name,
                role,
                at: At::There(peers.clone(), nth),
            }));
        }
        if !self.contestants.is_empty() {
            let asked = |runner: &Runner| {
                let mut names = self.contestants.iter();
                names.any(|name| runner.name.starts_with(name.as_str()))
            };
            runners.retain(asked);
        }
        Ok(runners)
    }

    async fn preload(
        &self,
        venue: Venue,
        runners: Vec<Runner>,
        rows: &mut Vec<Row>,
        bar: &ProgressBar,
    ) -> Vec<Runner> {
        let mut ready = Vec::new();
        for runner in runners {
            bar.set_message(format!("{venue}: filling {}", runner.name));
            match runner.preload(self.effort).await {
                Ok(()) => ready.push(runner),
                Err(error) => rows.push(Row {
                    venue,
                    scenario: Scenario::ReadAll,
                    contestant: runner.name,
                    role: runner.role,
                    samples: Vec::new(),
                    failed: Some(format!("could not be filled: {error:#}")),
                }),
            }
        }
        ready
    }

    async fn measure(
        &self,
        venue: Venue,
        scenario: Scenario,
        runners: &[Runner],
        bar: &ProgressBar,
    ) -> Vec<Row> {
        const MOST: Duration = Duration::from_mins(2);
        bar.set_message(format!("{venue}: {scenario}"));
        let mut measured: BTreeMap<usize, Row> = BTreeMap::new();
        let mut out: Vec<usize> = Vec::new();
        for round in 0..self.rounds {
            for step in 0..runners.len() {
                let nth = (round + step) % runners.len();
                if out.contains(&nth) {
                    continue;
                }
                let runner = &runners[nth];
                let sample = runner.sample(venue, scenario, self.effort);
                let sample = match tokio::time::timeout(MOST, sample).await {
                    Ok(sample) => sample,
                    Err(_) => Err(anyhow::anyhow!("took more than {} s", MOST.as_secs())),
                };
                let row = measured.entry(nth).or_insert_with(|| Row {
                    venue,
                    scenario,
                    contestant: runner.name.clone(),
                    role: runner.role,
                    samples: Vec::new(),
                    failed: None,
                });
                match sample {
                    Ok(Some(sample)) => row.samples.push(sample),
                    Ok(None) => out.push(nth),
                    Err(error) => {
                        row.failed = Some(format!("{error:#}"));
                        out.push(nth);
                    }
                }
            }
            bar.inc(1);
        }
        let rows = measured.into_values();
        rows.filter(|row| row.failed.is_some() || !row.samples.is_empty())
            .collect()
    }
}
