//! The request phases: what they are called, where their directives may stand, and
//! when each runs. Everything about a phase is its row here.

use super::section::{PhaseIndex, PhaseSet};
use std::sync::atomic::{AtomicU32, Ordering};

/// Where a phase's directive may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// The main server and virtual hosts: the phase runs before sections are known.
    Server,
    Everywhere,
}

/// The results after which the next handler of a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoesOnAfter {
    Ok,
    Declined,
    OkAndDeclined,
}

#[derive(Debug)]
pub struct Phase {
    pub row: Row,
    /// Its directive, which is also its name for scripts and in logs.
    pub directive: &'static str,
    /// The object that a handler without `::` names.
    pub default_object: &'static str,
    pub stands: Stands,
    pub goes_on_after: GoesOnAfter,
    /// Whether `req.add_handler` takes it.
    pub addable: bool,
    /// Whether the answer to the client is still open, so that PythonDebug may show a
    /// failure there.
    pub may_answer: bool,
    /// Whether it runs only where `r->handler` asks for this module.
    pub only_as_handler: bool,
    /// The phase that runs before it, unless it has run already.
    pub opens_with: Option<Row>,
    /// Whether it sees to it that PythonCleanupHandler runs at the request's end.
    pub arms_cleanup: bool,
    /// Whether it notes that a `<Location>` with handlers serves the request.
    pub notes_location: bool,
    /// Whether it counts the requests that the child serves, where any handler has a limit.
    pub counts_requests: bool,
}

impl Phase {
    pub const fn index(&self) -> PhaseIndex {
        self.row as PhaseIndex
    }

    /// Itself and what else its hook has to see to.
    pub const fn concerns(&self) -> PhaseSet {
        let opens_with = match self.opens_with {
            Some(row) => row.bit(),
            None => 0,
        };
        let cleanup = if self.arms_cleanup { Row::Cleanup.bit() } else { 0 };
        let location = if self.notes_location { LOCATION } else { 0 };
        let counted = if self.counts_requests { COUNTED } else { 0 };
        self.row.bit() | opens_with | cleanup | location | counted
    }

    /// Any of which makes the hook be entered.
    pub const fn of_hook(&self) -> PhaseSet {
        self.concerns() | if self.only_as_handler { BUILTIN } else { 0 }
    }

    /// The phase of that directive.
    pub fn named(directive: &[u8]) -> Option<&'static Phase> {
        PHASES.iter().find(|phase| phase.directive.as_bytes() == directive)
    }
}

impl Row {
    pub const fn bit(self) -> PhaseSet {
        1 << self as PhaseIndex
    }

    pub const fn phase(self) -> &'static Phase {
        &PHASES[self as usize]
    }
}

/// Among the bits of phases: a `<Location>` with handlers, which needs no file.
pub const LOCATION: PhaseSet = 1 << 31;

/// Among the bits of phases: a PythonRequestTimeout is set somewhere, so requests are counted.
pub const COUNTED: PhaseSet = 1 << 30;
/// Among the bits of phases: a handler of this module's own is configured.
pub const BUILTIN: PhaseSet = 1 << 29;

/// The phases that anything has handlers for, since the module was loaded. A request that
/// needs none of them pays for a look here, at each hook, and for no more.
static USED: AtomicU32 = AtomicU32::new(0);

/// A section or a request has handlers for these.
pub fn mark_used(phases: PhaseSet) {
    USED.fetch_or(phases, Ordering::Relaxed);
}

/// Whether anything has handlers for any of these.
#[inline]
pub fn are_used(phases: PhaseSet) -> bool {
    USED.load(Ordering::Relaxed) & phases != 0
}

/// Hands the rows to the macro named: `settings` makes data of them, `phases` hooks and
/// `directives` directives. The lists say which modules' hooks of the same phase run
/// earlier and which later, where both are loaded.
macro_rules! with_phases {
    ($use_them:ident) => {
        $use_them! {
            PostReadRequest {
                directive: "PythonPostReadRequestHandler", object: "postreadrequesthandler",
                does: "handlers that run as soon as a request has been read",
                stands: Server, goes_on_after: OkAndDeclined,
                addable: true, may_answer: true, only_as_handler: false,
                opens_with: Some(Row::Init), arms_cleanup: false,
                // Handlers see the client's address and the variables that these set.
                hooks: [PostReadRequest, after: [c"mod_remoteip.c", c"mod_setenvif.c"], before: []]
            }
            Trans {
                directive: "PythonTransHandler", object: "transhandler",
                does: "handlers that map the URL to a file",
                stands: Server, goes_on_after: Declined,
                addable: true, may_answer: true, only_as_handler: false,
                opens_with: None, arms_cleanup: false,
                // Rewriting comes first; what a site writes in Python is more particular
                // than an Alias.
                hooks: [TranslateName, after: [c"mod_rewrite.c"],
                    before: [c"mod_alias.c", c"mod_userdir.c", c"mod_vhost_alias.c"]]
            }
            HeaderParser {
                directive: "PythonHeaderParserHandler", object: "headerparserhandler",
                does: "handlers that run when the sections for a request are known",
                stands: Everywhere, goes_on_after: OkAndDeclined,
                addable: true, may_answer: true, only_as_handler: false,
                opens_with: Some(Row::Init), arms_cleanup: true,
                hooks: [HeaderParser, after: [c"mod_setenvif.c"], before: []]
            }
            Init {
                directive: "PythonInitHandler", object: "inithandler",
                does: "handlers that run once for each request, first of all",
                stands: Everywhere, goes_on_after: OkAndDeclined,
                addable: true, may_answer: true, only_as_handler: false,
                opens_with: None, arms_cleanup: false,
                hooks: []
            }
            Access {
                directive: "PythonAccessHandler", object: "accesshandler",
                does: "handlers that refuse clients by their address and the like",
                stands: Everywhere, goes_on_after: OkAndDeclined,
                addable: true, may_answer: true, only_as_handler: false,
                opens_with: None, arms_cleanup: false,
                hooks: [AccessChecker, after: [], before: []]
            }
            Authen {
                directive: "PythonAuthenHandler", object: "authenhandler",
                does: "handlers that find out who the user is",
                stands: Everywhere, goes_on_after: Declined,
                addable: true, may_answer: true, only_as_handler: false,
                opens_with: None, arms_cleanup: false,
                // They answer first for a known AuthType, and Python would not be asked.
                hooks: [CheckUserId, after: [],
                    before: [c"mod_auth_basic.c", c"mod_auth_digest.c", c"mod_auth_form.c"]]
            }
            Authz {
                directive: "PythonAuthzHandler", object: "authzhandler",
                does: "handlers that decide whether the user may",
                stands: Everywhere, goes_on_after: Declined,
                addable: true, may_answer: true, only_as_handler: false,
                opens_with: None, arms_cleanup: false,
                // It always answers, by the Require lines.
                hooks: [AuthChecker, after: [], before: [c"mod_authz_core.c"]]
            }
            Type {
                directive: "PythonTypeHandler", object: "typehandler",
                does: "handlers that set content type, encoding and the like",
                stands: Everywhere, goes_on_after: Declined,
                addable: true, may_answer: true, only_as_handler: false,
                opens_with: None, arms_cleanup: false,
                // They answer for every name that they know.
                hooks: [TypeChecker, after: [], before: [c"mod_mime.c", c"mod_mime_magic.c"]]
            }
            Fixup {
                directive: "PythonFixupHandler", object: "fixuphandler",
                does: "handlers that run last before the content",
                stands: Everywhere, goes_on_after: OkAndDeclined,
                addable: true, may_answer: true, only_as_handler: false,
                opens_with: None, arms_cleanup: true,
                // Handlers see rewritten requests, and see directories before mod_dir
                // redirects them.
                hooks: [Fixups, after: [c"mod_rewrite.c", c"mod_env.c"], before: [c"mod_dir.c"]]
            }
            Handler {
                directive: "PythonHandler", object: "handler",
                does: "handlers that answer requests",
                stands: Everywhere, goes_on_after: OkAndDeclined,
                addable: true, may_answer: true, only_as_handler: true,
                opens_with: None, arms_cleanup: false,
                hooks: [Handler, after: [], before: []]
            }
            Log {
                directive: "PythonLogHandler", object: "loghandler",
                does: "handlers that run when the answer has been sent",
                stands: Everywhere, goes_on_after: OkAndDeclined,
                addable: true, may_answer: false, only_as_handler: false,
                opens_with: None, arms_cleanup: true,
                // What handlers put into req.notes can stand in the access log.
                hooks: [LogTransaction, after: [], before: [c"mod_log_config.c"]]
            }
            Cleanup {
                directive: "PythonCleanupHandler", object: "cleanuphandler",
                does: "handlers that run when the request is destroyed",
                stands: Everywhere, goes_on_after: Ok,
                addable: false, may_answer: false, only_as_handler: false,
                opens_with: None, arms_cleanup: false,
                hooks: []
            }
        }
    };
}
#[cfg_attr(test, allow(unused_imports))]
pub(crate) use with_phases;

macro_rules! data {
    ($($name:ident {
        directive: $directive:literal, object: $object:literal, does: $does:literal,
        stands: $stands:ident, goes_on_after: $goes_on:ident,
        addable: $addable:literal, may_answer: $may_answer:literal,
        only_as_handler: $only:literal,
        opens_with: $opens_with:expr, arms_cleanup: $arms:literal,
        hooks: $hooks:tt
    })*) => {
        /// The phases, as positions in the table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Row { $($name),* }

        pub static PHASES: &[Phase] = &[$(Phase {
            row: Row::$name,
            directive: $directive,
            default_object: $object,
            stands: Stands::$stands,
            goes_on_after: GoesOnAfter::$goes_on,
            addable: $addable,
            may_answer: $may_answer,
            only_as_handler: $only,
            opens_with: $opens_with,
            arms_cleanup: $arms,
            notes_location: matches!(Row::$name, Row::Trans),
            counts_requests: matches!(Row::$name, Row::PostReadRequest),
        }),*];
    };
}

with_phases!(data);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_object_is_the_directive_without_python_in_lower_case() {
        for phase in PHASES {
            let expected = phase.directive.strip_prefix("Python").map(str::to_ascii_lowercase);
            assert_eq!(Some(phase.default_object.to_owned()), expected);
        }
    }

    #[test]
    fn every_phase_has_its_bit() {
        let all = PHASES.iter().fold(0, |all, phase| all | phase.row.bit());
        assert_eq!(all.count_ones() as usize, PHASES.len());
    }

    #[test]
    fn a_phase_is_found_by_its_directive_only() {
        assert_eq!(Phase::named(b"PythonFixupHandler").map(|phase| phase.row), Some(Row::Fixup));
        assert!(Phase::named(b"pythonfixuphandler").is_none());
    }
}
