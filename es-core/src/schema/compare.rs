//! Two shapes of one version: what of the older one the newer one still reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};

use serde_json::Value;

/// How one shape differs from an earlier one.
#[derive(Debug, PartialEq)]
pub(super) struct Difference {
    /// The field, as in `address.street`; empty where it is the event itself.
    pub path: String,
    pub kind: Kind,
}

#[derive(Debug, PartialEq)]
pub(super) enum Kind {
    Gone,
    /// It is gone, and one of the same type is there as well.
    Renamed {
        to: String,
    },
    /// It is gone by its name, and read by it all the same.
    Aliased,
    NewRequired,
    NewOptional,
    BecameRequired,
    BecameOptional,
    VariantGone(String),
    VariantNew(String),
    TypeChanged {
        from: String,
        to: String,
    },
    TypeWidened {
        from: String,
        to: String,
    },
}

impl Kind {
    /// Whether what was stored before is read.
    pub(super) fn is_compatible(&self) -> bool {
        match self {
            Self::Aliased
            | Self::NewOptional
            | Self::BecameOptional
            | Self::VariantNew(_)
            | Self::TypeWidened { .. } => true,
            Self::Gone
            | Self::Renamed { .. }
            | Self::NewRequired
            | Self::BecameRequired
            | Self::VariantGone(_)
            | Self::TypeChanged { .. } => false,
        }
    }
}

impl Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str("the payload ")?,
            path => write!(f, "the field `{path}` ")?,
        }
        match &self.kind {
            Kind::Gone => f.write_str("is gone"),
            Kind::Renamed { to } => write!(f, "is gone, and `{to}` of the same type is new"),
            Kind::Aliased => f.write_str("has another name, and is read by this one as well"),
            Kind::NewRequired => f.write_str("is new, and what is stored has none"),
            Kind::NewOptional => f.write_str("is new"),
            Kind::BecameRequired => f.write_str("must be there now, and need not before"),
            Kind::BecameOptional => f.write_str("need not be there any more"),
            Kind::VariantGone(variant) => write!(f, "can not be `{variant}` any more"),
            Kind::VariantNew(variant) => write!(f, "can be `{variant}` as well"),
            Kind::TypeChanged { from, to } => write!(f, "was {from} and is {to}"),
            Kind::TypeWidened { from, to } => write!(f, "was {from} and is {to}, which holds both"),
        }
    }
}

/// How `new` differs from `old`; `known` are the names that fields of the event are read by.
pub(super) fn compare(old: &Value, new: &Value, known: &[&str]) -> Vec<Difference> {
    let mut found = Comparison::default();
    found.values(old, new, "");
    found.aliases(known);
    found.renames();
    found.differences
}

#[derive(Default)]
struct Comparison {
    differences: Vec<Difference>,
    /// The types of fields that are gone and of those that are new.
    types: BTreeMap<String, Value>,
}

impl Comparison {
    fn add(&mut self, path: &str, kind: Kind) {
        let path = path.to_owned();
        self.differences.push(Difference { path, kind });
    }

    fn values(&mut self, old: &Value, new: &Value, path: &str) {
        if old == new {
            return;
        }
        let kept = self.differences.len();
        let both = |key| Some((old.get(key)?, new.get(key)?));
        if both("properties").is_some() && alike(old, new, &["properties", "required"]) {
            return self.fields(old, new, path);
        }
        for (key, within) in [("items", "[]"), ("additionalProperties", ".*")] {
            if let Some((old_part, new_part)) = both(key)
                && alike(old, new, &[key])
            {
                return self.values(old_part, new_part, &format!("{path}{within}"));
            }
        }
        if let (Some(old_choices), Some(new_choices)) = (choices(old), choices(new))
            && alike(old, new, &["enum", "oneOf", "type"])
        {
            return self.variants(&old_choices, &new_choices, path);
        }
        if holds_more(old, new) {
            let (from, to) = (describe(old), describe(new));
            return self.add(path, Kind::TypeWidened { from, to });
        }
        if let (None, Some(not_null)) = (without_null(old), without_null(new)) {
            self.values(old, &not_null, path);
            let compatible = |found: &Difference| found.kind.is_compatible();
            if self.differences[kept..].iter().all(compatible) {
                let (from, to) = (describe(old), describe(new));
                return self.add(path, Kind::TypeWidened { from, to });
            }
            self.differences.truncate(kept);
        }
        let (from, to) = (describe(old), describe(new));
        self.add(path, Kind::TypeChanged { from, to });
    }

    fn fields(&mut self, old: &Value, new: &Value, path: &str) {
        let is_required = |shape: &Value, name: &str| {
            let required = shape["required"].as_array();
            required.is_some_and(|names| names.iter().any(|required| required == name))
        };
        let fields = |shape: &Value| -> BTreeSet<String> {
            let fields = shape["properties"].as_object();
            fields.into_iter().flat_map(|f| f.keys().cloned()).collect()
        };
        let (before, after) = (fields(old), fields(new));
        for name in before.union(&after) {
            let within = match path {
                "" => name.clone(),
                path => format!("{path}.{name}"),
            };
            let (was, is) = (&old["properties"][name], &new["properties"][name]);
            let required = (is_required(old, name), is_required(new, name));
            match (before.contains(name), after.contains(name)) {
                (true, true) => {
                    self.values(was, is, &within);
                    match required {
                        (false, true) => self.add(&within, Kind::BecameRequired),
                        (true, false) => self.add(&within, Kind::BecameOptional),
                        _ => {}
                    }
                }
                (true, false) => {
                    self.types.insert(within.clone(), was.clone());
                    self.add(&within, Kind::Gone);
                }
                (false, _) => {
                    self.types.insert(within.clone(), is.clone());
                    self.add(
                        &within,
                        match required.1 {
                            true => Kind::NewRequired,
                            false => Kind::NewOptional,
                        },
                    );
                }
            }
        }
    }

    /// Variants by their names, in an `enum` of texts or a `oneOf` of objects.
    fn variants(&mut self, old: &[Value], new: &[Value], path: &str) {
        let named = |choices: &[Value]| -> BTreeMap<String, Value> {
            let choices = choices.iter();
            choices.map(|one| (variant(one), one.clone())).collect()
        };
        let (old, new) = (named(old), named(new));
        for (name, was) in &old {
            match new.get(name) {
                Some(is) => self.values(was, is, path),
                None => self.add(path, Kind::VariantGone(name.clone())),
            }
        }
        for name in new.keys().filter(|name| !old.contains_key(*name)) {
            self.add(path, Kind::VariantNew(name.clone()));
        }
    }

    /// A field that is gone and read all the same is another one's alias.
    fn aliases(&mut self, known: &[&str]) {
        let mut read = Vec::new();
        for found in &mut self.differences {
            if found.kind == Kind::Gone && known.contains(&found.path.as_str()) {
                found.kind = Kind::Aliased;
                read.extend(self.types.get(&found.path));
            }
        }
        self.differences.retain(|found| {
            let stands_for = found.kind == Kind::NewRequired
                && !found.path.contains('.')
                && (read.iter()).any(|ty| Some(*ty) == self.types.get(&found.path));
            !stands_for
        });
    }

    fn renames(&mut self) {
        let new = self.differences.iter();
        let new: Vec<String> = new
            .filter(|found| found.kind == Kind::NewRequired)
            .map(|found| found.path.clone())
            .collect();
        for found in &mut self.differences {
            let ty = self.types.get(&found.path);
            let beside = parent(&found.path);
            let like = new
                .iter()
                .filter(|path| parent(path) == beside && self.types.get(*path) == ty);
            if let (Kind::Gone, [to]) = (&found.kind, &like.collect::<Vec<_>>()[..]) {
                found.kind = Kind::Renamed { to: (*to).clone() };
            }
        }
    }
}

/// The path of what a field is part of.
fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// The variants of an enum: texts, and objects.
fn choices(shape: &Value) -> Option<Vec<Value>> {
    if let Some(texts) = shape["enum"].as_array() {
        return Some(texts.clone());
    }
    let choices = shape["oneOf"].as_array()?.iter();
    let several = choices.flat_map(|choice| match choice["enum"].as_array() {
        Some(texts) => texts.clone(),
        None => vec![choice.clone()],
    });
    Some(several.collect())
}

/// Whether two shapes are the same but for what stands under `keys`.
fn alike(old: &Value, new: &Value, keys: &[&str]) -> bool {
    let rest = |shape: &Value| -> Option<BTreeMap<String, Value>> {
        let rest = shape.as_object()?.iter();
        let rest = rest.filter(|(key, _)| !keys.contains(&key.as_str()));
        Some(rest.map(|(k, v)| (k.clone(), v.clone())).collect())
    };
    rest(old) == rest(new)
}

/// What a choice is known by: its text, the one field around it, or the value of its tag.
fn variant(choice: &Value) -> String {
    if let Some(text) = choice.as_str() {
        return text.to_owned();
    }
    let fields = choice["properties"].as_object();
    let tag = fields.and_then(|fields| fields.values().find_map(|field| field["const"].as_str()));
    if let Some(tag) = tag {
        return tag.to_owned();
    }
    match fields.map(|fields| fields.keys().collect::<Vec<_>>()) {
        Some(names) if names.len() == 1 => names[0].clone(),
        _ => describe(choice),
    }
}

/// Whether both are numbers, and every old one is a new one.
fn holds_more(old: &Value, new: &Value) -> bool {
    let bits = |shape: &Value| -> Option<(bool, u32)> {
        let format = shape["format"].as_str()?;
        let (signed, bits) = match format.strip_prefix('u') {
            Some(rest) => (false, rest.strip_prefix("int")?),
            None => (true, format.strip_prefix("int")?),
        };
        Some((signed, bits.parse().ok()?))
    };
    if old["format"] == "float" && new["format"] == "double" {
        return true;
    }
    match (bits(old), bits(new)) {
        (Some((false, old)), Some((true, new))) => old < new,
        (Some((old_sign, old)), Some((new_sign, new))) => old_sign == new_sign && old < new,
        _ => false,
    }
}

/// The shape that is not null, of one that may be.
fn without_null(shape: &Value) -> Option<Value> {
    if let Some(types) = shape["type"].as_array() {
        let mut rest: Vec<Value> = types.iter().filter(|ty| *ty != "null").cloned().collect();
        if rest.len() == types.len() {
            return None;
        }
        let mut shape = shape.clone();
        shape["type"] = match rest.len() {
            1 => rest.remove(0),
            _ => Value::Array(rest),
        };
        return Some(shape);
    }
    let choices = shape["anyOf"].as_array()?;
    let null = |choice: &&Value| choice["type"] == "null";
    let mut rest: Vec<&Value> = choices.iter().filter(|choice| !null(choice)).collect();
    (rest.len() == 1 && choices.len() == 2).then(|| rest.remove(0).clone())
}

/// A shape in a few words.
fn describe(shape: &Value) -> String {
    if let Some(not_null) = without_null(shape) {
        return format!("{} or null", describe(&not_null));
    }
    match (shape["format"].as_str(), &shape["type"]) {
        (Some(format), Value::String(ty)) if ty == "integer" || ty == "number" => {
            format!("`{format}`")
        }
        (Some(format), Value::String(ty)) => format!("`{ty}` ({format})"),
        (None, Value::String(ty)) if ty == "array" && shape.get("items").is_some() => {
            format!("a list of {}", describe(&shape["items"]))
        }
        (None, Value::String(ty)) => match shape["enum"].as_array() {
            Some(_) => format!("one of {}", shape["enum"]),
            None => format!("`{ty}`"),
        },
        _ => {
            let text: String = shape.to_string().chars().take(80).collect();
            format!("`{text}`")
        }
    }
}
