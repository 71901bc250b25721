//! Between events and stored bytes: type names, and JSON payloads.

use std::io::Write;

use crate::event::{EventEnum, EventType};
use crate::stream::DomainName;

/// Writes `{Domain}.{Event}.v{version}` and then the payload; answers where the type ends.
pub(crate) fn encode<E: EventEnum>(
    domain: &DomainName,
    event: &E,
    bytes: &mut Vec<u8>,
) -> Result<usize, serde_json::Error> {
    write_type(domain, event.event_type(), bytes);
    let split = bytes.len();
    event.encode(bytes)?;
    Ok(split)
}

/// Writes `{Domain}.{Event}.v{version}`.
pub(crate) fn write_type(domain: &DomainName, event_type: EventType, bytes: &mut Vec<u8>) {
    let EventType { name, version } = event_type;
    write!(bytes, "{}.{name}.v{version}", domain.camel()).expect("a `Vec` takes all bytes");
}

/// Takes `{Domain}.{Event}.v{version}` apart; `None` where it is of another domain or form.
pub(crate) fn parse_type<'a>(domain: &DomainName, event_type: &'a str) -> Option<(&'a str, u32)> {
    let rest = event_type.strip_prefix(domain.camel())?.strip_prefix('.')?;
    let (name, version) = rest.rsplit_once(".v")?;
    Some((name, version.parse().ok()?))
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
