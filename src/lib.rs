//! mod_python: Python in every phase of an Apache httpd request.
#![allow(dead_code)]
mod ffi;
#[macro_use]
mod httpd;
mod parse;
mod python;
mod settings;
