//! The methods of `mp_request`, a row for each; what they do is in the files by topic.

use super::configuration::{config_table, options_table};
use super::{
    CONFIGURATION, RequestObject, Self_, TableSlot, auth, cgi, configuration, filters, handlers, input,
    linked, meta, output, table, url, wsgi,
};
use crate::httpd::log::{self, Target};
use crate::httpd::request::Request;
use crate::objects::arguments::none;
use crate::objects::ended::ended;
use crate::objects::log_entry::LogEntry;
use crate::python::class::Method;
use crate::python::error::Result;
use crate::python::object::Object;

pub const METHODS: &[Method<RequestObject>] = &[
    Method::new(c"write", output::write, c"write($self, data, flush=1, /)\n--\n\nSends str (as UTF-8) or any bytes-like object to the client; with flush, at once, else httpd may keep up to 8000 bytes back. ClientDisconnected or ClientTimeout, both OSError, if the client takes no more; BufferError for a buffer that is not contiguous."),
    Method::new(c"flush", output::flush, c"flush($self, /)\n--\n\nSends what was written so far, headers first. ClientDisconnected or ClientTimeout, both OSError, if the client takes no more."),
    Method::new(c"sendfile", output::sendfile, c"sendfile($self, path, offset=0, len=-1, /)\n--\n\nSends part of a regular file, and returns how many bytes: len, or what there is from offset on if that is less or len is -1. path: str, bytes or os.PathLike; symbolic links are followed. By the kernel's sendfile under EnableSendfile. OSError, before anything is sent, for what is no readable regular file; ValueError for a negative offset or length."),
    Method::new(c"read", input::read, c"read($self, len=-1, /)\n--\n\nUp to len bytes of the request's body, as bytes, fewer only at its end; all that is left if len is negative; b'' at its end. ClientDisconnected, ClientTimeout, BodyTooLarge or BodyMalformed, all OSError, if there is no more to be had; SERVER_RETURN for a body that httpd refuses."),
    Method::new(c"readline", input::readline, c"readline($self, len=-1, /)\n--\n\nThe next line of the request's body, as bytes with its '\\n', at most len bytes of it if len is not negative; b'' at its end. Errors as of read()."),
    Method::new(c"readlines", input::readlines, c"readlines($self, sizehint=-1, /)\n--\n\nThe lines of the request's body, as a list of bytes; with a positive sizehint, only so many that they have that many bytes. Errors as of read()."),
    Method::new(c"discard_request_body", input::discard, c"discard_request_body($self, /)\n--\n\nReads the rest of the request's body and forgets it. Returns OK, or the HTTP status that stands for what failed."),
    Method::new(c"log_error", log_error, c"log_error($self, message, level=3, /)\n--\n\nAn entry in the error log, with the request's client. message: str, or None for no entry; level: one of APLOG_*, of which 3 is APLOG_ERR."),
    Method::new(c"get_config", |this, args| none(args).and_then(|()| table(this, TableSlot::Config, config_table, CONFIGURATION)), c"get_config($self, /)\n--\n\nThe Python* settings in effect for this request, as a table; flags are '1' and '0'."),
    Method::new(c"get_options", |this, args| none(args).and_then(|()| table(this, TableSlot::Options, options_table, CONFIGURATION)), c"get_options($self, /)\n--\n\nThe PythonOption values in effect for this request, as a table."),
    Method::new(c"get_addhandler_exts", configuration::get_addhandler_exts, c"get_addhandler_exts($self, /)\n--\n\nThe extensions that AddHandler maps to mod_python, without their dots, each followed by a space: of the server, the virtual host and all of their sections, but not of .htaccess files; '' if there is none."),
    Method::new(c"allow_methods", meta::allow_methods, c"allow_methods($self, methods, reset=0, /)\n--\n\nAdds to the methods that an Allow header names, as with 405 (RFC 9110, 10.2.1); with reset, those that were there are forgotten first. methods: a sequence of str."),
    Method::new(c"set_content_length", meta::set_content_length, c"set_content_length($self, length, /)\n--\n\nSets the Content-Length header and clength, in bytes (ap_set_content_length). ValueError below 0."),
    Method::new(c"send_http_header", meta::send_http_header, c"send_http_header($self, /)\n--\n\nDoes nothing: headers are sent with the first data."),
    Method::new(c"set_etag", meta::set_etag, c"set_etag($self, /)\n--\n\nSets the ETag header from the file (ap_set_etag)."),
    Method::new(c"set_last_modified", meta::set_last_modified, c"set_last_modified($self, /)\n--\n\nSets the Last-Modified header from mtime (ap_set_last_modified)."),
    Method::new(c"update_mtime", meta::update_mtime, c"update_mtime($self, seconds, /)\n--\n\nRaises mtime to that time, in seconds since 1970, whole ones; an earlier time changes nothing (ap_update_mtime)."),
    Method::new(c"meets_conditions", meta::meets_conditions, c"meets_conditions($self, /)\n--\n\nOK, or the status that the request's conditions ask for, such as HTTP_NOT_MODIFIED (RFC 9110, 13; ap_meets_conditions)."),
    Method::new(c"construct_url", url::construct_url, c"construct_url($self, path, /)\n--\n\nThe path as a URL of this server, with scheme, host and, unless it is the usual one, port; see UseCanonicalName (ap_construct_url)."),
    Method::new(c"document_root", url::document_root, c"document_root($self, /)\n--\n\nThe DocumentRoot in effect, a str (ap_document_root)."),
    Method::new(c"get_remote_host", url::get_remote_host, c"get_remote_host($self, type=1, str_is_ip=None, /)\n--\n\nThe client's name or address, by one of REMOTE_*; may look up names, see HostnameLookups. None if there is no name. With a str_is_ip other than None a tuple of that and 1 for an address, 0 for a name (ap_get_useragent_host)."),
    Method::new(c"is_https", url::is_https, c"is_https($self, /)\n--\n\n1 if the connection is encrypted by mod_ssl, else 0."),
    Method::new(c"ssl_var_lookup", url::ssl_var_lookup, c"ssl_var_lookup($self, name, /)\n--\n\nThe value of a variable of mod_ssl's, such as 'SSL_PROTOCOL'; None if it has none, or without mod_ssl."),
    Method::new(c"auth_name", auth::auth_name, c"auth_name($self, /)\n--\n\nAuthName in effect, a str or None (ap_auth_name)."),
    Method::new(c"auth_type", auth::auth_type, c"auth_type($self, /)\n--\n\nAuthType in effect, a str or None (ap_auth_type)."),
    Method::new(c"get_basic_auth_pw", auth::get_basic_auth_pw, c"get_basic_auth_pw($self, /)\n--\n\nThe password that the client sent for Basic authentication (RFC 7617), as ISO-8859-1 text; sets user and ap_auth_type. None if it sent none, or if the configuration does not ask for it with AuthType Basic and AuthName; a missing header is noted for the answer (ap_get_basic_auth_pw)."),
    Method::new(c"internal_redirect", linked::internal_redirect, c"internal_redirect($self, uri, /)\n--\n\nRuns a new request for another path of this server, which answers in place of this one; it is done when this returns. RuntimeError in another thread than the handler's (ap_internal_redirect)."),
    Method::new(c"add_common_vars", cgi::add_common_vars, c"add_common_vars($self, /)\n--\n\nAdds the variables that CGI and SSI share to subprocess_env (ap_add_common_vars); may look up the client's name."),
    Method::new(c"add_cgi_vars", cgi::add_cgi_vars, c"add_cgi_vars($self, /)\n--\n\nAdds the variables of CGI (RFC 3875) to subprocess_env, but for PATH_TRANSLATED. REQUEST_URI is uri, without the query."),
    Method::new(c"build_wsgi_env", wsgi::build_wsgi_env, c"build_wsgi_env($self, /)\n--\n\nThe environment of a WSGI application (PEP 3333), a dict; path_info becomes what follows the base URI, which is PythonOption mod_python.wsgi.base_uri or the path of the handler's <Location>. None if the URL is not below that option's; ValueError if the option ends with a slash."),
    Method::new(c"wsgi_start_response", wsgi::wsgi_start_response, c"wsgi_start_response($self, status, headers, exc_info=None, /)\n--\n\nBegins the answer of a WSGI application (PEP 3333) and returns write. With exc_info, what was begun before is replaced, or the exception raised again if headers were sent. TypeError if headers is no list of tuples of str; ValueError for a status that does not begin with 200 to 599, for what cannot stand in a header, and for headers of the connection; RuntimeError for a second call without exc_info."),
    Method::new(c"add_handler", handlers::add_handler, c"add_handler($self, phase, handler, dir=None, /)\n--\n\nAdds a handler, given as in the configuration, to a phase of this request, such as 'PythonFixupHandler'; to the end of the running list if it is that phase's. dir: a directory to look for its module in. IndexError for what is no such phase."),
    Method::new(c"register_cleanup", handlers::register_cleanup, c"register_cleanup($self, callable, data=None, /)\n--\n\nCalls callable(data) when the request is destroyed, after it was logged; the last one registered first. ValueError if it is not callable."),
    Method::new(c"add_input_filter", filters::add_input, c"add_input_filter($self, name, /)\n--\n\nPlaces a filter between the client and who reads the body: one that was registered on this request under exactly this name, or else one of httpd's. An unknown name is logged."),
    Method::new(c"add_output_filter", filters::add_output, c"add_output_filter($self, name, /)\n--\n\nPlaces a filter between who writes the answer and the client: one that was registered on this request under exactly this name, or else one of httpd's. An unknown name is logged."),
    Method::new(c"register_input_filter", filters::register_input, c"register_input_filter($self, name, handler, dir=None, /)\n--\n\nRegisters an input filter for this request; add_input_filter places it. handler: as in the configuration; dir: a directory to look for its module in."),
    Method::new(c"register_output_filter", filters::register_output, c"register_output_filter($self, name, handler, dir=None, /)\n--\n\nRegisters an output filter for this request; add_output_filter places it. handler: as in the configuration; dir: a directory to look for its module in."),
    Method::END,
];

fn log_error<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    if let Some(entry) = LogEntry::read(this.py, arguments)? {
        let handle = &this.handle;
        let write = |request: Request<'_>| {
            log::script(Target::Request(request), entry.level, entry.message.as_bytes())
        };
        this.py.detach(|| handle.lend(write)).map_err(ended)?;
    }
    Ok(Object::none(this.py))
}
