//! The filters that sections name, and what handles each.

use super::handlers::Handler;
use std::sync::Arc;

/// Which way the data goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The body of a request, on its way to who reads it.
    Input,
    /// The body of an answer, on its way to the client.
    Output,
}

impl Direction {
    /// The object that a handler without `::` names.
    pub const fn default_object(self) -> &'static [u8] {
        match self {
            Direction::Input => b"inputfilter",
            Direction::Output => b"outputfilter",
        }
    }
}

/// The filters of one section. Names ignore case, as httpd's do.
#[derive(Debug, Default)]
pub struct Filters(Vec<(Direction, Vec<u8>, Arc<Handler>)>);

impl Filters {
    /// The last one of a name counts.
    pub fn set(&mut self, direction: Direction, name: &[u8], handler: Handler) {
        self.0.retain(|(of, known, _)| *of != direction || !known.eq_ignore_ascii_case(name));
        self.0.push((direction, name.to_vec(), Arc::new(handler)));
    }

    pub fn get(&self, direction: Direction, name: &[u8]) -> Option<&Arc<Handler>> {
        let found = self.0.iter().find(|(of, known, _)| *of == direction && known.eq_ignore_ascii_case(name));
        found.map(|(_, _, handler)| handler)
    }
}

#[cfg(test)]
mod tests {
    use super::super::handlers::Place;
    use super::*;

    fn handler(name: &str) -> Handler {
        Handler::new(name.into(), name.into(), b"outputfilter".to_vec(), Place::Server)
    }

    #[test]
    fn a_name_ignores_case_and_is_one_for_each_direction() {
        let mut filters = Filters::default();
        filters.set(Direction::Output, b"Upper", handler("a"));
        filters.set(Direction::Input, b"upper", handler("b"));
        filters.set(Direction::Output, b"UPPER", handler("c"));
        let text = |direction| filters.get(direction, b"upper").map(|handler| handler.text.clone());
        assert_eq!(text(Direction::Output), Some(b"c".to_vec()));
        assert_eq!(text(Direction::Input), Some(b"b".to_vec()));
        assert!(filters.get(Direction::Output, b"lower").is_none());
    }
}
