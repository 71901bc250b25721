//! Dogs in memory: the declarative form, ids that come from the domain, and metadata.
//!
//! ```sh
//! cargo run --example dogs
//! ```

mod dog;

use dog::Dog;
use es_core::prelude::*;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let domain = Domain::builder("kennel").build()?;
    let dogs = domain.repository::<Dog>();

    let mut fido = Dog::register("Fido".to_owned());
    fido.teach("roll over")?;
    fido.teach("fetch the ball")?;
    dogs.add(&mut fido).await?;
    println!("{} is registered as {}", fido.name(), fido.id());

    // The id is known by the name alone: nothing has to be looked up.
    let fido = dogs.get(&Dog::id_of("FIDO")).await?;
    println!("he can {}", fido.tricks().join(" and "));

    let mut second = Dog::register("Fido".to_owned());
    match dogs.add(&mut second).await {
        Err(SaveError::Conflict(_)) => println!("a second Fido can not be registered"),
        other => anyhow::bail!("a second Fido was not refused: {other:?}"),
    }

    // Everything raised through this domain carries its context.
    let in_class = domain.with_context(Context::new().header("class", "puppies"));
    let pupils = in_class.repository::<Dog>();
    pupils
        .update(fido.id(), |dog| dog.teach("play dead"))
        .await?;
    match pupils.update(fido.id(), |dog| dog.teach("play dead")).await {
        Err(UpdateError::Rejected(unteachable)) => println!("rejected: {unteachable}"),
        other => anyhow::bail!("a trick was learned twice: {other:?}"),
    }

    println!("\nHis life:");
    let mut life = dogs.history(fido.id());
    while let Some(entry) = life.next().await? {
        let class = entry.metadata.header("class").unwrap_or("none");
        println!("  {} (class: {class})", entry.metadata.event_type);
    }
    Ok(())
}
