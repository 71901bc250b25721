//! Which of the events read are wanted.

mod condition;
mod lexer;
mod parser;

use chrono::{DateTime, Utc};
use clap::Args;
use es_core::record::RecordedEvent;

use crate::failure::Failure;
use crate::times;
pub(crate) use condition::Condition;

/// What every verb that picks events takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct FilterArguments {
    /// Only events of this type: all of it where it holds a dot, else a part of its name. May be
    /// given several times
    #[arg(long = "type", value_name = "TYPE", help_heading = "Which events")]
    types: Vec<String>,
    /// Only events that happened then or later: `2024-06-15T12:00:00Z`, `2024-06-15`, or `2h` ago
    #[arg(long, value_name = "TIME", value_parser = times::parse, help_heading = "Which events")]
    since: Option<DateTime<Utc>>,
    /// Only events that happened before
    #[arg(long, value_name = "TIME", value_parser = times::parse, help_heading = "Which events")]
    until: Option<DateTime<Utc>>,
}

/// Which events are wanted.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    types: Vec<TypeFilter>,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    condition: Option<Condition>,
}

#[derive(Debug)]
enum TypeFilter {
    Exactly(String),
    /// In lower case.
    Part(String),
}

impl FilterArguments {
    pub(crate) fn filter(&self, condition: Option<&str>) -> Result<Filter, Failure> {
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since >= until
        {
            return Err(Failure::usage("`--since` is not before `--until`")
                .help("exchange the two, or leave one out"));
        }
        Ok(Filter {
            types: self.types.iter().map(|text| TypeFilter::of(text)).collect(),
            since: self.since,
            until: self.until,
            condition: condition.map(Condition::parse).transpose()?,
        })
    }
}

impl TypeFilter {
    fn of(text: &str) -> Self {
        match text.contains('.') {
            true => Self::Exactly(text.to_owned()),
            false => Self::Part(text.to_lowercase()),
        }
    }

    fn matches(&self, event_type: &str) -> bool {
        match self {
            Self::Exactly(wanted) => event_type == wanted,
            Self::Part(part) => contains_in_lower_case(event_type, part),
        }
    }
}

/// `part` is in lower case.
fn contains_in_lower_case(text: &str, part: &str) -> bool {
    if text.is_ascii() && part.is_ascii() {
        let part = part.as_bytes();
        return part.is_empty()
            || text
                .as_bytes()
                .windows(part.len())
                .any(|window| window.eq_ignore_ascii_case(part));
    }
    text.to_lowercase().contains(part)
}

impl Filter {
    /// Whether everything is wanted.
    pub(crate) fn is_open(&self) -> bool {
        self.types.is_empty()
            && self.since.is_none()
            && self.until.is_none()
            && self.condition.is_none()
    }

    pub(crate) fn matches(&self, event: &RecordedEvent<'_>) -> bool {
        (self.types.is_empty() || self.types.iter().any(|it| it.matches(&event.event_type)))
            && self.since.is_none_or(|since| event.time >= since)
            && self.until.is_none_or(|until| event.time < until)
            && self.condition.as_ref().is_none_or(|it| it.holds(event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_meant_whole_with_a_dot_and_in_part_without() {
        assert!(TypeFilter::of("deposit").matches("Bank.Deposited.v1"));
        assert!(TypeFilter::of("BANK").matches("Bank.Deposited.v1"));
        assert!(!TypeFilter::of("deposit.").matches("Bank.Deposited.v1"));
        assert!(TypeFilter::of("Bank.Deposited.v1").matches("Bank.Deposited.v1"));
        assert!(TypeFilter::of("ähre").matches("Bank.Ähre.v1"));
    }
}
