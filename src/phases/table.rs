//! The request phases, a row for each.

use super::dispatch;
use crate::httpd::hook::{Hooks, Name, Order, RequestEntry, RequestHook};
use crate::httpd::request::Request;
use crate::httpd::status::Status;
use crate::settings::section::PhaseIndex;

pub struct Phase {
    pub index: PhaseIndex,
    /// Its directive, which is also its name in logs.
    pub directive: &'static str,
    /// The object that a handler without `::` names.
    pub default_object: &'static str,
    /// Results after which the next handler of the list runs.
    pub goes_on_after: &'static [Status],
    /// Whether it runs only where `r->handler` asks for this module.
    pub only_as_handler: bool,
}

macro_rules! phases {
    ($($name:ident {
        directive: $directive:literal, object: $object:literal,
        hook: $hook:ident, order: $order:expr,
        goes_on_after: $goes_on:expr, only_as_handler: $only:expr
    })*) => {
        /// Positions in the table.
        #[derive(Clone, Copy)]
        pub enum Row { $($name),* }

        pub static PHASES: &[Phase] = &[$(Phase {
            index: Row::$name as PhaseIndex,
            directive: $directive,
            default_object: $object,
            goes_on_after: $goes_on,
            only_as_handler: $only,
        }),*];

        /// Hooks every row.
        pub fn register(hooks: &mut Hooks) {
            $(
                struct $name;

                impl RequestEntry for $name {
                    const NAME: &'static str = $directive;

                    fn run(request: Request<'_>) -> Status {
                        dispatch::run(&PHASES[Row::$name as usize], request)
                    }
                }

                hooks.request::<$name>(RequestHook::$hook, $order);
            )*
        }
    };
}

const ANYWHERE: Order = Order::new(&[Name::END], &[Name::END]);

phases! {
    Handler {
        directive: "PythonHandler", object: "handler",
        hook: Handler, order: ANYWHERE,
        goes_on_after: &[Status::OK, Status::DECLINED], only_as_handler: true
    }
}
