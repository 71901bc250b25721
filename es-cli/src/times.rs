//! Times on the command line.

use chrono::{DateTime, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};

/// A time as people write it: `2024-06-15`, `2024-06-15T12:00`, `2024-06-15 12:00:00`, with a zone
/// or local, or so long ago: `90s`, `15m`, `2h`, `7d`.
pub(crate) fn parse(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    if let Some(ago) = ago(text) {
        return Ok(Utc::now() - ago);
    }
    let formats = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ];
    let (text, utc) = match text.strip_suffix(['Z', 'z']) {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let naive = formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(|| {
            Some(
                NaiveDate::parse_from_str(text, "%Y-%m-%d")
                    .ok()?
                    .and_time(NaiveTime::MIN),
            )
        });
    let Some(naive) = naive else {
        return Err(
            "write a time as in `2024-06-15T12:00:00Z` or `2024-06-15` (local), or how long ago, \
             as in `2h`"
                .to_owned(),
        );
    };
    if utc {
        return Ok(naive.and_utc());
    }
    match Local.from_local_datetime(&naive).earliest() {
        Some(local) => Ok(local.to_utc()),
        None => Err("there is no such local time: the clocks were put forward over it".to_owned()),
    }
}

fn ago(text: &str) -> Option<TimeDelta> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number = digits.parse().ok()?;
    match &text[digits.len()..] {
        "s" => TimeDelta::try_seconds(number),
        "m" => TimeDelta::try_minutes(number),
        "h" => TimeDelta::try_hours(number),
        "d" => TimeDelta::try_days(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_write_them() {
        let noon = "2024-06-15T12:00:00Z".parse::<DateTime<Utc>>().unwrap();

        for text in [
            "2024-06-15T12:00:00Z",
            "2024-06-15 12:00Z",
            "2024-06-15T14:00:00+02:00",
        ] {
            assert_eq!(parse(text), Ok(noon), "{text}");
        }
        assert!(parse("2024-06-15").is_ok());
        assert!(parse("2h").is_ok_and(|time| time < Utc::now()));
        for wrong in ["yesterday", "2024-13-01", "h", ""] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
