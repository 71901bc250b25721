//! Stored events that are decoded as others: by an alias, or by `#[upcast]`.

use crate::event::{DecodeError, EventEnum, KnownEvent};

/// What an upcast may return: events that the aggregate applies.
#[diagnostic::on_unimplemented(
    message = "no upcast can return `{Self}`: the aggregate does not apply it",
    label = "not one of `{E}`, for lack of an `#[apply]` handler",
    note = "an upcast returns an event, a tuple, an `Option` or a `Vec` of events, each with a handler: `#[apply] fn handler(&mut self, event: &{Self}) {{ .. }}`"
)]
pub trait UpcastInto<E> {
    #[doc(hidden)]
    fn push(self, events: &mut Vec<E>);
}

#[diagnostic::do_not_recommend]
impl<E: EventEnum> UpcastInto<E> for E {
    fn push(self, events: &mut Vec<E>) {
        events.push(self);
    }
}

impl<E, T: UpcastInto<E>> UpcastInto<E> for Option<T> {
    fn push(self, events: &mut Vec<E>) {
        if let Some(event) = self {
            event.push(events);
        }
    }
}

impl<E, T: UpcastInto<E>> UpcastInto<E> for Vec<T> {
    fn push(self, events: &mut Vec<E>) {
        for event in self {
            event.push(events);
        }
    }
}

macro_rules! tuples {
    ($(($($part:ident),+))+) => {$(
        impl<Events, $($part: UpcastInto<Events>),+> UpcastInto<Events> for ($($part,)+) {
            fn push(self, events: &mut Vec<Events>) {
                #[expect(non_snake_case, reason = "a part is named after its type")]
                let ($($part,)+) = self;
                $($part.push(events);)+
            }
        }
    )+};
}

// Inside an `Option` or a `Vec`; the macro takes others apart.
tuples!((A)(A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E)(
    A, B, C, D, E, F
));

/// Decodes what is stored under a name that no event has: an alias, or unknown.
///
/// # Errors
/// [`DecodeError`]
#[cold]
pub fn decode_by_alias<E: EventEnum>(
    name: &str,
    version: u32,
    data: &[u8],
) -> Result<E, DecodeError> {
    E::decode(name_of(E::KNOWN, name)?, version, data)
}

/// As [`decode_by_alias`], among the events that became others.
///
/// # Errors
/// [`DecodeError`]
#[cold]
pub fn upcast_by_alias<E: EventEnum>(
    name: &str,
    version: u32,
    data: &[u8],
) -> Result<Vec<E>, DecodeError> {
    E::upcast(name_of(E::UPCASTS, name)?, version, data)
}

fn name_of(known: &[KnownEvent], alias: &str) -> Result<&'static str, DecodeError> {
    let mut known = known.iter();
    let event = known.find(|event| event.aliases.contains(&alias));
    Ok(event.ok_or(DecodeError::UnknownName)?.event_type.name)
}
