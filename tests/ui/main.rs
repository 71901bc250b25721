//! What the macros refuse, and in which words: a case for each refusal, named after it.
//!
//! `TRYBUILD=overwrite cargo test -p es-tests --test ui` writes the answers anew; read them before
//! they are committed.

#[test]
fn refusals_point_at_the_users_own_words() {
    trybuild::TestCases::new().compile_fail("ui/fail/*.rs");
}
