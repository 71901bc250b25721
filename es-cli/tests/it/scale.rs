//! A million events: what it takes to look at them. By hand:
//! `cargo test --release -p es-cli --test it scale -- --ignored --nocapture`
