//! What a user may name, hide, destructure and derive without meeting the generated code.

mod aggregates;
mod cfgs;
mod events;
mod literals;
mod names;
mod shadows;
