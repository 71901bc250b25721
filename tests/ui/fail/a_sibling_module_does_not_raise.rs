use es_core::prelude::*;
mod dogs {
    use super::*;
    #[aggregate(event_sourced)] #[derive(Default)] pub struct Dog {}
    #[aggregate]
    impl Dog {
        #[event(Barked)] pub fn bark(&mut self) {}
    }
}
mod cats {
    fn tease(dog: &mut super::dogs::Dog) { dog.raise_(super::dogs::Barked); }
}
fn main() {}
