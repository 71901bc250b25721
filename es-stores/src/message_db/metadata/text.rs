//! Values of JSON taken as what they should be, and passed over where they are something else.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A string, or nothing.
#[derive(Debug, Default)]
pub(super) struct Text<'a>(pub(super) Option<Cow<'a, str>>);

/// An object, or the default.
#[derive(Debug, Default)]
pub(super) struct Object<T>(pub(super) T);

/// A whole number, or nothing.
#[derive(Debug, Default)]
pub(super) struct Number(pub(super) Option<i64>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Kind(PhantomData))
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Kind(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Kind(PhantomData))
    }
}

/// What a value is made of, where it has the right type; its default else.
trait Lenient<'de>: Default {
    fn text(_: &str) -> Self {
        Self::default()
    }

    fn borrowed(text: &'de str) -> Self {
        Self::text(text)
    }

    fn whole(_: i64) -> Self {
        Self::default()
    }

    fn object<M: MapAccess<'de>>(mut map: M) -> Result<Self, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

impl<'de: 'a, 'a> Lenient<'de> for Text<'a> {
    fn text(text: &str) -> Self {
        Self(Some(Cow::Owned(text.to_owned())))
    }

    fn borrowed(text: &'de str) -> Self {
        Self(Some(Cow::Borrowed(text)))
    }
}

impl Lenient<'_> for Number {
    fn whole(number: i64) -> Self {
        Self(Some(number))
    }
}

impl<'de, T: Deserialize<'de> + Default> Lenient<'de> for Object<T> {
    fn object<M: MapAccess<'de>>(map: M) -> Result<Self, M::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Self)
    }
}

struct Kind<L>(PhantomData<L>);

impl<'de, L: Lenient<'de>> Visitor<'de> for Kind<L> {
    type Value = L;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<L, E> {
        Ok(L::text(text))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<L, E> {
        Ok(L::borrowed(text))
    }

    fn visit_i64<E>(self, number: i64) -> Result<L, E> {
        Ok(L::whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<L, E> {
        Ok(i64::try_from(number).map_or_else(|_| L::default(), L::whole))
    }

    fn visit_f64<E>(self, _: f64) -> Result<L, E> {
        Ok(L::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<L, E> {
        Ok(L::default())
    }

    fn visit_unit<E>(self) -> Result<L, E> {
        Ok(L::default())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<L, S::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(L::default())
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<L, M::Error> {
        L::object(map)
    }
}
