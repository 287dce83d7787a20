//! Guards: each phase is one row that says its hook, its order against other modules
//! and which results let a handler list go on. What httpd calls ends here as a status.
#![forbid(unsafe_code)]

mod auth_providers;
mod authen;
mod builtin;
mod call;
mod child;
mod child_cleanup;
mod cleanup;
mod connection;
mod counting;
mod deadlines;
mod dispatch;
mod enter;
mod exports;
mod failure;
mod filters;
mod imports;
mod include;
mod leaving;
mod location;
mod locks;
mod outcome;
mod refusals;
mod startup;
mod status;
mod table;
mod timeout;

use crate::httpd::hook::Hooks;

/// Hooks everything that this module does.
pub fn register(hooks: &mut Hooks) {
    hooks.post_config(startup::post_config);
    hooks.child_init(child::child_init);
    table::register(hooks);
    location::register(hooks);
    auth_providers::register(hooks);
    exports::register(hooks);
    connection::register(hooks);
    filters::register(hooks);
    hooks.status_part(status::part);
}
