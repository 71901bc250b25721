//! Between events and stored types.

use std::fmt::Write;

use crate::event::EventType;
use crate::stream::DomainName;

/// Writes `{Domain}.{Event}.v{version}`.
pub(crate) fn write_type(domain: &DomainName, event_type: EventType, types: &mut String) {
    let EventType { name, version } = event_type;
    for part in [domain.camel(), ".", name, ".v"] {
        types.push_str(part);
    }
    write!(types, "{version}").expect("a `String` takes all text");
}

/// Takes `{Domain}.{Event}.v{version}` apart; `None` where it is of another domain or form.
pub(crate) fn parse_type<'a>(domain: &DomainName, event_type: &'a str) -> Option<(&'a str, u32)> {
    let rest = event_type.strip_prefix(domain.camel())?.strip_prefix('.')?;
    // A name may hold dots itself, so its version stands behind the last.
    let (name, version) = rest.rsplit_once('.')?;
    Some((name, version.strip_prefix('v')?.parse().ok()?))
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
