//! The request phases' hooks, one for each row of `settings::phases` that has one.

use super::dispatch;
use crate::httpd::hook::{Hooks, Name, Order, RequestEntry, RequestHook};
use crate::httpd::request::Request;
use crate::httpd::status::Status;
use crate::settings::phases::{Row, are_used, with_phases};
use crate::settings::section::PhaseSet;

macro_rules! hooks {
    ($($name:ident {
        directive: $directive:literal, object: $object:literal, does: $does:literal,
        stands: $stands:ident, goes_on_after: $goes_on:ident,
        addable: $addable:literal, may_answer: $may_answer:literal,
        only_as_handler: $only:literal,
        opens_with: $opens_with:expr, arms_cleanup: $arms:literal,
        hooks: [$($hook:ident, after: [$($after:literal),*], before: [$($before:literal),*])?]
    })*) => {
        /// Hooks every row.
        pub fn register(hooks: &mut Hooks) {
            $($({
                struct $name;

                impl RequestEntry for $name {
                    const NAME: &'static str = $directive;

                    #[inline]
                    fn is_used() -> bool {
                        const PHASES: PhaseSet = Row::$name.phase().of_hook();
                        are_used(PHASES)
                    }

                    fn concerns(request: Request<'_>) -> bool {
                        dispatch::concerns(request, Row::$name.phase())
                    }

                    fn run(request: Request<'_>) -> Status {
                        dispatch::run(Row::$name.phase(), request)
                    }
                }

                static AFTER: &[Name] = &[$(Name::of($after),)* Name::END];
                static BEFORE: &[Name] = &[$(Name::of($before),)* Name::END];
                hooks.request::<$name>(RequestHook::$hook, Order::new(AFTER, BEFORE));
            })?)*
        }
    };
}

with_phases!(hooks);
