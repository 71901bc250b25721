//! Words that are near: what was meant, in the words of an error.

/// That `what` is unknown, with what `word` may have been meant to be, or all that are known.
pub(crate) fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("{what} is unknown, did you mean `{near}`?"),
        None => {
            let are = if known.len() == 1 { "is" } else { "are" };
            let known = list(known.iter().copied(), "and");
            format!("{what} is unknown, known {are} {known}")
        }
    }
}

/// As in "`a`, `b` and `c`".
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let words = words.into_iter().map(|word| format!("`{word}`"));
    let words = words.collect::<Vec<_>>();
    match words.as_slice() {
        [rest @ .., end] if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        words => words.concat(),
    }
}

/// The word that was probably meant, if any.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = plain(word);
    let far = |known: &&str| distance(&word, &plain(known));
    let near = known.iter().copied().min_by_key(far)?;
    // A third of a word is a slip, half of it another word.
    let allowed = (word.len().min(near.len()) / 3).min(2);
    (far(&near) <= allowed).then_some(near)
}

/// Spelling alone is no difference: `Message-DB` is near `message_db`.
fn plain(word: &str) -> Vec<char> {
    let letters = word.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// How many letters are to be changed, added, removed or swapped with their neighbour (optimal
/// string alignment).
fn distance(from: &[char], to: &[char]) -> usize {
    let mut rows = vec![(0..=to.len()).collect::<Vec<_>>()];
    for (i, letter) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in to.iter().enumerate() {
            let changed = rows[i][j] + usize::from(letter != other);
            let mut least = changed.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == to[j - 1] && from[i - 1] == *other {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}
