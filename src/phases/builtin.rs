//! Names for SetHandler that this module answers without running Python, a row for each.

use super::status;
use crate::httpd::config_tree::{self, Directive};
use crate::httpd::request::Request;
use crate::httpd::status::Status;
use crate::settings::phases::{BUILTIN, Phase, are_used, mark_used};

type Answer = fn(Request<'_>) -> Status;

static ROWS: &[(&[u8], Answer)] = &[(b"python-status", status::answer)];

/// What answers the request in this phase, if it is one of these.
pub fn of(phase: &Phase, request: Request<'_>) -> Option<Answer> {
    if !phase.only_as_handler || !are_used(BUILTIN) {
        return None;
    }
    let handler = request.handler()?;
    ROWS.iter().find(|(name, _)| *name == handler).map(|(_, answer)| *answer)
}

/// Looks in the configuration whether any of them is named, so that servers without do not
/// ask in each request.
pub fn look_for_use() -> bool {
    let is_used = any_names_one(&config_tree::read());
    if is_used {
        mark_used(BUILTIN);
    }
    is_used
}

fn any_names_one(directives: &[Directive]) -> bool {
    directives.iter().any(|directive| {
        let mentions = |name: &[u8]| directive.arguments.windows(name.len()).any(|part| part == name);
        ROWS.iter().any(|(name, _)| mentions(name)) || any_names_one(&directive.children)
    })
}
