//! Between PostgreSQL's signed numbers and ours.

/// A number as PostgreSQL counts; what is too large for it is the largest.
pub(crate) fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number as we count; there are none below zero.
pub(crate) fn number(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
