//! A member of a club, and all that was ever stored of one.

use es_core::prelude::*;

/// Somebody joined. In version 1 a name was one text.
#[event(version = 2, upcast(1 => in_two_names))]
pub struct Joined {
    pub first: String,
    pub last: String,
}

/// What `Joined` looked like in version 1.
#[value]
struct JoinedV1 {
    name: String,
}

fn in_two_names(old: JoinedV1) -> Joined {
    let JoinedV1 { name } = old;
    let (first, last) = name.split_once(' ').unwrap_or((&name, ""));
    Joined {
        first: first.into(),
        last: last.into(),
    }
}

/// Somebody has another last name.
#[event]
pub struct NameChanged {
    pub last: String,
}

/// Somebody lives elsewhere.
#[event]
pub struct AddressChanged {
    pub address: String,
}

/// Somebody left. It was called `Resigned`, and nobody asked for the reason.
#[event(alias = "Resigned")]
pub struct Left {
    #[serde(default)]
    pub reason: Option<String>,
}

/// One form was for both, until most changed only one of the two.
#[event(retired)]
pub struct NameAndAddressChanged {
    pub last: String,
    pub address: String,
}

/// Letters are another program's business now.
#[event(retired)]
pub struct NewsletterSent {
    pub issue: u32,
}

/// A member of the club.
#[aggregate(event_sourced, id = u64, domain = "club")]
pub struct Member {
    name: String,
    address: Option<String>,
    left: bool,
}

#[aggregate]
impl Member {
    pub fn join(id: u64, first: &str, last: &str) -> Self {
        let (first, last) = (first.into(), last.into());
        Self::raise_new_as(id, Joined { first, last })
    }

    pub fn move_to(&mut self, address: &str) {
        let address = address.into();
        self.raise_(AddressChanged { address });
    }

    /// How a letter to the member begins.
    pub fn address(&self) -> String {
        let address = self.address.as_deref().unwrap_or("address unknown");
        let former = if self.left { ", who left" } else { "" };
        format!("{}, {address}{former}", self.name)
    }

    #[upcast]
    fn split(old: NameAndAddressChanged) -> (NameChanged, AddressChanged) {
        let address = old.address;
        (NameChanged { last: old.last }, AddressChanged { address })
    }

    #[upcast]
    fn forget_letters(_: NewsletterSent) -> Option<NameChanged> {
        None
    }

    #[apply]
    fn joined(event: Joined) -> Self {
        Self {
            name: format!("{} {}", event.first, event.last),
            address: None,
            left: false,
        }
    }

    #[apply]
    fn name_changed(&mut self, event: &NameChanged) {
        let first = self.name.split(' ').next().unwrap_or_default();
        self.name = format!("{first} {}", event.last);
    }

    #[apply]
    fn address_changed(&mut self, event: AddressChanged) {
        self.address = Some(event.address);
    }

    #[apply]
    fn left(&mut self, _: &Left) {
        self.left = true;
    }
}
