//! Guards: each phase is one row that says its hook, its order against other modules
//! and which results let a handler list go on. What httpd calls ends here as a status.
#![forbid(unsafe_code)]

mod child;
mod dispatch;
mod failure;
mod imports;
mod locks;
mod outcome;
mod startup;
pub mod table;

use crate::httpd::hook::Hooks;

/// Hooks everything that this module does.
pub fn register(hooks: &mut Hooks) {
    hooks.post_config(startup::post_config);
    hooks.child_init(child::child_init);
    table::register(hooks);
}
