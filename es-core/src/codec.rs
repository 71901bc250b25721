//! Between events and what is stored of them.

use std::fmt::Write;
use std::ptr;

use memchr::memchr_iter;

use crate::event::{DecodeError, EventEnum, EventType};
use crate::stream::DomainName;

/// Writes `{Domain}.{Event}.v{version}`.
pub(crate) fn write_type(domain: &DomainName, event_type: EventType, types: &mut String) {
    let EventType { name, version } = event_type;
    write_named_type(domain, name, version, types);
}

/// Writes `{Domain}.{name}.v{version}`.
pub(crate) fn write_named_type(domain: &DomainName, name: &str, version: u32, types: &mut String) {
    for part in [domain.camel(), ".", name, ".v"] {
        types.push_str(part);
    }
    // Nearly always one digit, for which formatting would be most of the work.
    match char::from_digit(version, 10) {
        Some(digit) => types.push(digit),
        None => write!(types, "{version}").expect("a `String` takes all text"),
    }
}

/// Takes the types of one domain apart.
#[derive(Debug)]
pub(crate) struct Types<'a> {
    domain: &'a DomainName,
    /// What was taken apart last, and its parts.
    last: (&'a str, Option<(&'a str, u32)>),
}

impl<'a> Types<'a> {
    pub(crate) fn of(domain: &'a DomainName) -> Self {
        let last = ("", None);
        Self { domain, last }
    }

    /// Name and version; `None` where the type is of another domain or form. Pages keep types that
    /// repeat once, so one that stands at the same place as the last is the same.
    pub(crate) fn parse(&mut self, event_type: &'a str) -> Option<(&'a str, u32)> {
        if !ptr::eq(event_type, self.last.0) {
            self.last = (event_type, parse_type(self.domain, event_type));
        }
        self.last.1
    }
}

/// Takes `{Domain}.{Event}.v{version}` apart; `None` where it is of another domain or form.
fn parse_type<'a>(domain: &DomainName, event_type: &'a str) -> Option<(&'a str, u32)> {
    let rest = event_type.strip_prefix(domain.camel())?.strip_prefix('.')?;
    // A name may hold dots itself, so its version stands behind the last, and that one is near.
    let dot = rest.bytes().rposition(|byte| byte == b'.')?;
    let (name, version) = (&rest[..dot], &rest[dot + 1..]);
    Some((name, version.strip_prefix('v')?.parse().ok()?))
}

/// Refuses a payload that would be written and could never be read again.
///
/// JSON has no number for infinities and for what is not a number: they are written as `null`. And
/// it is read down to a depth of 127. Only a payload that may hold either is read back.
pub(crate) fn check_reads_back<E: EventEnum>(event: &E, data: &[u8]) -> serde_json::Result<()> {
    if !may_not_read_back(data) {
        return Ok(());
    }
    let EventType { name, version } = event.event_type();
    match E::decode(name, version, data) {
        Err(DecodeError::Payload(problem)) => Err(problem),
        _ => Ok(()),
    }
}

/// Whether JSON that was written may be JSON that can not be read as what it was written from.
pub(crate) fn may_not_read_back(data: &[u8]) -> bool {
    const DEPTH: usize = 127;
    let opened = || data.iter().filter(|byte| matches!(byte, b'{' | b'['));
    let is_flat = data.len() <= DEPTH || opened().count() <= DEPTH;
    !is_flat || memchr_iter(b'n', data).any(|n| data[n..].starts_with(b"null"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_come_apart_as_they_were_put_together() {
        let bank = DomainName::new("bank").unwrap();

        assert_eq!(
            parse_type(&bank, "Bank.Deposited.v1"),
            Some(("Deposited", 1))
        );
        assert_eq!(parse_type(&bank, "Bank.a.v2.v12"), Some(("a.v2", 12)));
        for version in [1, 9, 10, u32::MAX] {
            let mut written = String::new();
            let name = "Deposited";
            write_type(&bank, EventType { name, version }, &mut written);
            assert_eq!(parse_type(&bank, &written), Some((name, version)));
        }
        for foreign in [
            "Shop.Deposited.v1",
            "BankDeposited.v1",
            "Bank.Deposited",
            "Bank.X.vx",
            "",
        ] {
            assert_eq!(parse_type(&bank, foreign), None, "{foreign}");
        }
    }
}
