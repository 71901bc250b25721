//! From words to a condition, by recursive descent.

use serde_json::Value;

use super::condition::{Expression, Operator, Path, Root, Step};
use super::lexer::{Placed, Problem, Word, words};

/// How deep parentheses may go.
const DEPTH: usize = 64;

/// Parses all of a text.
pub(super) fn parse(text: &str) -> Result<Expression, Problem> {
    let mut parser = Parser {
        words: words(text)?,
        next: 0,
        depth: 0,
    };
    let expression = parser.any_of()?;
    match parser.peek() {
        Word::End => Ok(expression),
        found => {
            let what = format!(
                "expected was `and`, `or` or the end, found {}",
                shown(found)
            );
            Err(parser.problem(what))
        }
    }
}

struct Parser {
    words: Vec<Placed>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Word {
        &self.words[self.next].word
    }

    fn take(&mut self) -> Word {
        let word = self.words[self.next].word.clone();
        // The last one stays.
        self.next = (self.next + 1).min(self.words.len() - 1);
        word
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let is = matches!(self.peek(), Word::Name(name) if name.eq_ignore_ascii_case(wanted));
        if is {
            self.take();
        }
        is
    }

    fn take_sign(&mut self, wanted: &str) -> bool {
        let is = matches!(self.peek(), Word::Sign(sign) if *sign == wanted);
        if is {
            self.take();
        }
        is
    }

    fn problem(&self, what: String) -> Problem {
        let at = self.words[self.next].at;
        Problem { at, what }
    }

    fn any_of(&mut self) -> Result<Expression, Problem> {
        let mut parts = vec![self.all_of()?];
        while self.take_word("or") {
            parts.push(self.all_of()?);
        }
        Ok(Expression::or(parts))
    }

    fn all_of(&mut self) -> Result<Expression, Problem> {
        let mut parts = vec![self.one()?];
        while self.take_word("and") {
            parts.push(self.one()?);
        }
        Ok(Expression::and(parts))
    }

    fn one(&mut self) -> Result<Expression, Problem> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.problem(format!("more than {DEPTH} stand inside each other")));
        }
        let one = if self.take_word("not") || self.take_sign("!") {
            Expression::Not(Box::new(self.one()?))
        } else if self.take_sign("(") {
            let inside = self.any_of()?;
            if !self.take_sign(")") {
                let what = format!("expected was `)`, found {}", shown(self.peek()));
                return Err(self.problem(what));
            }
            inside
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(one)
    }

    fn comparison(&mut self) -> Result<Expression, Problem> {
        let path = self.path()?;
        if self.take_word("exists") {
            return Ok(Expression::Exists(path));
        }
        let operator = match self.peek() {
            Word::Sign("=") => Operator::Equal,
            Word::Sign("!=") => Operator::Unequal,
            Word::Sign("<") => Operator::Less,
            Word::Sign("<=") => Operator::AtMost,
            Word::Sign(">") => Operator::More,
            Word::Sign(">=") => Operator::AtLeast,
            Word::Sign("~") => Operator::Contains,
            Word::Name(name) if name.eq_ignore_ascii_case("contains") => Operator::Contains,
            found => {
                let what = format!(
                    "expected was a comparison (=, !=, <, <=, >, >=, ~) or `exists`, found {}",
                    shown(found)
                );
                return Err(self.problem(what));
            }
        };
        self.take();
        Ok(Expression::Compare(path, operator, self.value()?))
    }

    fn path(&mut self) -> Result<Path, Problem> {
        let mut steps = vec![self.field("a field, as in `cents` or `metadata.headers.tenant`")?];
        loop {
            if self.take_sign(".") {
                steps.push(self.field("a field behind the dot")?);
            } else if self.take_sign("[") {
                steps.push(self.index()?);
            } else {
                return Ok(Path::of(steps));
            }
        }
    }

    fn field(&mut self, wanted: &str) -> Result<Step, Problem> {
        match self.peek() {
            Word::Name(name) if is_reserved(name) => {
                let what = format!(
                    "expected was {wanted}, found `{name}`; a field of that name is written \
                     between quotes"
                );
                Err(self.problem(what))
            }
            Word::Name(_) | Word::Text(_) => match self.take() {
                Word::Name(name) => Ok(Step::Field {
                    name,
                    quoted: false,
                }),
                Word::Text(name) => Ok(Step::Field { name, quoted: true }),
                _ => unreachable!("it was looked at"),
            },
            found => Err(self.problem(format!("expected was {wanted}, found {}", shown(found)))),
        }
    }

    fn index(&mut self) -> Result<Step, Problem> {
        let index = match self.peek() {
            Word::Number(number) => {
                let whole = number
                    .as_u64()
                    .and_then(|whole| usize::try_from(whole).ok());
                whole.ok_or_else(|| self.problem("expected was a whole number".to_owned()))?
            }
            found => {
                let what = format!("expected was a number from 0, found {}", shown(found));
                return Err(self.problem(what));
            }
        };
        self.take();
        if !self.take_sign("]") {
            let what = format!("expected was `]`, found {}", shown(self.peek()));
            return Err(self.problem(what));
        }
        Ok(Step::Index(index))
    }

    fn value(&mut self) -> Result<Value, Problem> {
        let value = match self.peek() {
            Word::Text(text) => Value::String(text.clone()),
            Word::Number(number) => Value::Number(number.clone()),
            Word::Name(name) => match name.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                name => {
                    let what = format!(
                        "expected was a value, found `{name}`; a text stands between quotes: \
                         \"{name}\""
                    );
                    return Err(self.problem(what));
                }
            },
            found => {
                let what = format!(
                    "expected was a value (a number, a text between quotes, true, false, null), \
                     found {}",
                    shown(found)
                );
                return Err(self.problem(what));
            }
        };
        self.take();
        Ok(value)
    }
}

fn is_reserved(name: &str) -> bool {
    ["and", "or", "not", "exists", "contains"]
        .iter()
        .any(|word| name.eq_ignore_ascii_case(word))
}

fn shown(word: &Word) -> String {
    match word {
        Word::Name(name) => format!("`{name}`"),
        Word::Text(text) => format!("the text {text:?}"),
        Word::Number(number) => format!("the number {number}"),
        Word::Sign(sign) => format!("`{sign}`"),
        Word::End => "the end".to_owned(),
    }
}

/// What stands before a path, and says where it leads from.
impl Path {
    fn of(mut steps: Vec<Step>) -> Self {
        let root = match &steps[0] {
            Step::Field {
                name,
                quoted: false,
            } if steps.len() > 1 => Root::named(name),
            _ => None,
        };
        if root.is_some() {
            steps.remove(0);
        }
        Self {
            root: root.unwrap_or(Root::Data),
            steps,
        }
    }
}
