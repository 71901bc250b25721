//! The words of a condition, and where each stands.

use serde_json::Number;

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    /// A name, or a part of a path.
    Name(String),
    /// A text between quotes.
    Text(String),
    Number(Number),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`, `~`, `.`, `(`, `)`, `[`, `]`.
    Sign(&'static str),
    End,
}

/// A word and the letter it begins with, counted from 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) word: Word,
    pub(super) at: usize,
}

/// What is wrong, and at which letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) at: usize,
    pub(super) what: String,
}

const SIGNS: [&str; 15] = [
    "==", "!=", "<>", "<=", ">=", "=", "<", ">", "~", ".", "(", ")", "[", "]", "!",
];

/// Takes a condition apart.
pub(super) fn words(text: &str) -> Result<Vec<Placed>, Problem> {
    let letters = text.chars().collect::<Vec<_>>();
    let mut words = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        if letter.is_whitespace() {
            at += 1;
            continue;
        }
        let (word, end) = match letter {
            '"' | '\'' => quoted(&letters, at)?,
            '0'..='9' => number(&letters, at)?,
            '-' if letters.get(at + 1).is_some_and(char::is_ascii_digit) => number(&letters, at)?,
            letter if is_name(letter) => name(&letters, at),
            _ => sign(&letters, at)?,
        };
        words.push(Placed { word, at });
        at = end;
    }
    words.push(Placed {
        word: Word::End,
        at,
    });
    Ok(words)
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '$' | '@')
}

fn name(letters: &[char], at: usize) -> (Word, usize) {
    // A field may hold a dash in its middle, as `content-type` does.
    let inside = |end: usize| {
        is_name(letters[end])
            || (letters[end] == '-' && letters.get(end + 1).is_some_and(|next| is_name(*next)))
    };
    let end = (at..letters.len()).find(|end| !inside(*end));
    let end = end.unwrap_or(letters.len());
    (Word::Name(letters[at..end].iter().collect()), end)
}

fn number(letters: &[char], at: usize) -> Result<(Word, usize), Problem> {
    let inside = |end: usize| {
        let letter = letters[end];
        letter.is_ascii_alphanumeric()
            || matches!(letter, '.' | '_')
            || (matches!(letter, '-' | '+') && (end == at || matches!(letters[end - 1], 'e' | 'E')))
    };
    let end = (at..letters.len()).find(|end| !inside(*end));
    let end = end.unwrap_or(letters.len());
    let text = letters[at..end].iter().collect::<String>();
    let plain = text.replace('_', "");
    // A whole number keeps all its digits.
    let whole = plain.parse::<i64>().map(Number::from);
    let whole = whole.or_else(|_| plain.parse::<u64>().map(Number::from));
    let number = whole.ok().or_else(|| Number::from_f64(plain.parse().ok()?));
    match number {
        Some(number) => Ok((Word::Number(number), end)),
        None => Err(Problem {
            at,
            what: format!("`{text}` is no number; put a text between quotes"),
        }),
    }
}

fn quoted(letters: &[char], at: usize) -> Result<(Word, usize), Problem> {
    let quote = letters[at];
    let mut text = String::new();
    let mut next = at + 1;
    while let Some(letter) = letters.get(next) {
        match letter {
            letter if *letter == quote => return Ok((Word::Text(text), next + 1)),
            '\\' if letters.get(next + 1).is_some() => {
                next += 1;
                text.push(match letters[next] {
                    'n' => '\n',
                    't' => '\t',
                    other => other,
                });
            }
            letter => text.push(*letter),
        }
        next += 1;
    }
    let what = format!("the text that begins here does not end; close it by `{quote}`");
    Err(Problem { at, what })
}

fn sign(letters: &[char], at: usize) -> Result<(Word, usize), Problem> {
    let begins = |sign: &&&str| {
        let mut rest = letters[at..].iter();
        sign.chars().all(|letter| rest.next() == Some(&letter))
    };
    match SIGNS.iter().find(begins) {
        Some(sign) => {
            let end = at + sign.len();
            let sign = match *sign {
                "==" => "=",
                "<>" => "!=",
                sign => sign,
            };
            Ok((Word::Sign(sign), end))
        }
        None => Err(Problem {
            at,
            what: format!("`{}` has no meaning here", letters[at]),
        }),
    }
}
