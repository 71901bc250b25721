//! The domain in its declarative form: the method is the event, and its body applies it.

use es_core::prelude::*;

/// A dog and what it can do.
#[aggregate(event_sourced)]
pub struct Dog {
    name: String,
    tricks: Vec<String>,
}

/// The rejection: a dog learns a trick once.
#[derive(Debug, thiserror::Error)]
#[error("{name} knows `{trick}` already")]
pub struct Unteachable {
    name: String,
    trick: String,
}

#[aggregate]
impl Dog {
    /// Registers a dog. The id comes from the name, so a name is registered once.
    #[event(DogRegistered, name = "Registered", id = Dog::id_of(&name))]
    pub fn register(name: String) -> Self {
        Self {
            name,
            tricks: Vec::new(),
        }
    }

    /// Adds a trick. It raises `TrickAdded`; this body is what every replay does.
    #[event(TrickAdded)]
    fn add_trick(&mut self, trick: String) {
        self.tricks.push(trick);
    }

    /// Teaches a trick that the dog does not know yet: the guard stands outside of the event.
    pub fn teach(&mut self, trick: &str) -> Result<(), Unteachable> {
        if self.tricks.iter().any(|known| known == trick) {
            return Err(Unteachable {
                name: self.name.clone(),
                trick: trick.to_owned(),
            });
        }
        self.add_trick(trick.to_owned());
        Ok(())
    }

    /// The id of the dog of this name, whether it is registered or not.
    pub fn id_of(name: &str) -> Uuid {
        let page = format!("https://dogs.example/{}", name.to_lowercase());
        Uuid::new_v5(&Uuid::NAMESPACE_URL, page.as_bytes())
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it can do, in the order of learning.
    pub fn tricks(&self) -> &[String] {
        &self.tricks
    }
}
