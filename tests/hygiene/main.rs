//! What a user may name, hide, destructure and derive without meeting the generated code.

#![allow(clippy::needless_pass_by_value, reason = "a test reads better so")]
#![allow(
    clippy::struct_field_names,
    reason = "a name that meets another is the subject"
)]
#![allow(
    clippy::unnecessary_wraps,
    reason = "a literal inside an expression is the subject"
)]

mod aggregates;
mod cfgs;
mod commands;
mod events;
mod literals;
mod names;
mod shadows;
