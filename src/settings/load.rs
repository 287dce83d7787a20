//! What it takes to load a handler once more, in the interpreter that replaces the one that
//! has it.

use super::handlers::Handler;

#[derive(Debug, Clone)]
pub struct Load {
    pub handler: Handler,
    /// PythonPath in force.
    pub path: Option<Vec<u8>>,
    /// Of the handler, patterns resolved; None for locations.
    pub directory: Option<Vec<u8>>,
    /// The handler root.
    pub root: Option<Vec<u8>>,
    /// The option mod_python.importer.path.
    pub import_path: Option<Vec<u8>>,
}

/// The loads of an interpreter, in order.
#[derive(Debug, Default, Clone)]
pub struct Loads(Vec<Load>);

impl Loads {
    /// Remembers it, unless it is known. Of so many directories with handlers of their own that
    /// there is no end, the later ones are left to the requests for them.
    pub fn remember(&mut self, load: Load) {
        const AT_MOST: usize = 1000;
        let is_same = |known: &Load| {
            known.handler.key() == load.handler.key()
                && known.directory == load.directory
                && known.path == load.path
        };
        if self.0.len() < AT_MOST && !self.0.iter().any(is_same) {
            self.0.push(load);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Load> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::super::handlers::Place;
    use super::*;

    fn load(module: &str, directory: &str) -> Load {
        let place = Place::Directory(directory.into());
        let handler = Handler::new(module.into(), module.into(), b"handler".to_vec(), place);
        let (path, root, import_path) = (None, None, None);
        Load { handler, path, directory: Some(directory.into()), root, import_path }
    }

    #[test]
    fn each_is_kept_once_and_in_order() {
        let mut loads = Loads::default();
        for (module, directory) in [("b", "/x/"), ("a", "/x/"), ("b", "/x/"), ("b", "/y/")] {
            loads.remember(load(module, directory));
        }
        let names: Vec<_> =
            loads.iter().map(|load| (&load.handler.module[..], load.directory.as_deref())).collect();
        assert_eq!(
            names,
            [(&b"b"[..], Some(&b"/x/"[..])), (&b"a"[..], Some(&b"/x/"[..])), (&b"b"[..], Some(&b"/y/"[..]))]
        );
    }
}
