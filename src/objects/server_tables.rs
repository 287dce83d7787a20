//! What `server.get_config()` and `server.get_options()` show: tables of a server that
//! every interpreter of the child sees and writes. A script that sets an option when it
//! is imported finds it in later requests.
//!
//! They lie outside of the configuration, which threads read without a lock. So what is
//! written here is for scripts: it changes neither httpd nor this module.

use super::entries::{Entries, Entry};
use super::slots;
use crate::httpd::server::Server;
use crate::settings::section::Setting;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    Config,
    Options,
}

type Shared = Arc<Mutex<Entries>>;

/// Made on first use, in a child only: a server that is kept exists nowhere else. Neither
/// this lock nor that of a table is held while Python runs.
static TABLES: Mutex<BTreeMap<(Server<'static>, Which), Shared>> = Mutex::new(BTreeMap::new());

pub fn of(server: Server<'static>, which: Which) -> Shared {
    let mut tables = TABLES.lock();
    let table = tables
        .entry((server, which))
        .or_insert_with(|| Arc::new(Mutex::new(configured(server, which).into())));
    Arc::clone(table)
}

/// As the configuration has it: options that an empty value removes are there, empty.
fn configured(server: Server<'static>, which: Which) -> Vec<Entry> {
    let Some(settings) = slots::server(server) else { return Vec::new() };
    let entry = |key: &[u8], value: &[u8]| (key.to_vec(), Some(value.to_vec()));
    match which {
        Which::Config => {
            let values = settings.values();
            let said = |setting: Setting| Some(entry(setting.name().as_bytes(), values.get(setting)?));
            Setting::ALL.into_iter().filter_map(said).collect()
        }
        Which::Options => settings.section.options.iter().map(|(key, value)| entry(key, value)).collect(),
    }
}
