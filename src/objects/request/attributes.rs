//! The attributes of `mp_request`, a row for each.

use super::rows::{integer, linked, row, table, text, texts, time};
use super::{
    CONFIGURATION, HEADER, PATH, RequestObject, Self_, TableSlot, URL, handlers, linked, meta, not_deleted,
    related, url,
};
use crate::objects::slots;
use crate::objects::text::Kind as TextKind;
use crate::python::class::Property;
use crate::python::convert::{Codec, to_str, to_str_or_none};
use crate::python::error::Result;
use crate::python::object::Object;

pub const PROPERTIES: &[Property<RequestObject>] = &[
    // the request line
    text!(URL the_request, c"str: the first line of the request (r->the_request); a redirect does not change it."),
    text!(URL method, c"str: the request method (r->method)."),
    integer!(method_number, c"int: the method as one of M_*; M_GET for HEAD too (r->method_number)."),
    text!(URL protocol, c"str: the protocol, such as 'HTTP/1.1' (r->protocol)."),
    integer!(proto_num, c"int: the protocol as 1000 * major + minor (r->proto_num)."),
    integer!(assbackwards / set_assbackwards, c"int: 1 for HTTP/0.9, which has no headers (r->assbackwards)."),
    integer!(header_only, c"int: 1 for HEAD (r->header_only)."),
    integer!(proxyreq / set_proxyreq, c"int: one of PROXYREQ_*; 0 for a request to this server (r->proxyreq)."),
    time!(request_time, c"float: when the request line was read, in seconds since 1970 (r->request_time)."),
    // the URL and what it leads to
    text!(URL unparsed_uri, c"str: the URL as the client sent it (r->unparsed_uri)."),
    text!(URL uri / set_uri, c"str: the path of the URL, decoded (r->uri)."),
    text!(URL or None args / set_args, c"str or None: the query string (r->args)."),
    row!(parsed_uri, url::parsed_uri, c"tuple of str or int or None: the URL's scheme, hostinfo, user, password, hostname, port, path, query and fragment, by URI_*; int for the port, None for what is not there (r->parsed_uri)."),
    text!(URL hostname, c"str or None: the host that the client asked for, without a port (r->hostname)."),
    text!(PATH filename / set_filename, c"str or None: the file that the URL maps to (r->filename)."),
    text!(PATH canonical_filename / set_canonical_filename, c"str or None: the same in true case (r->canonical_filename)."),
    row!(finfo, meta::finfo, meta::set_finfo, c"mp_finfo: what is known about the file, read anew at each access; of type APR_NOFILE if there is none; assigning copies another one's content (r->finfo)."),
    text!(URL path_info / set_path_info, c"str or None: what follows the file in the URL (r->path_info)."),
    integer!(used_path_info / set_used_path_info, c"int: one of AP_REQ_*_PATH_INFO: whether what follows the file is accepted; 2, as the handler likes it, at first (r->used_path_info)."),
    // the client
    text!(URL useragent_ip, c"str: the client's address, as mod_remoteip may have found it (r->useragent_ip)."),
    row!(useragent_addr, url::useragent_addr, c"(str, int) or None: the client's address and port (r->useragent_addr)."),
    text!(URL user / set_user, c"str or None: the authenticated user (r->user)."),
    text!(URL ap_auth_type / set_ap_auth_type, c"str or None: how the user was authenticated, such as 'Basic' (r->ap_auth_type)."),
    // the request's body
    text!(URL range, c"str or None: the Range header (r->range)."),
    integer!(remaining, c"int: bytes of the body, 0 once its end was read or if it has no known length (r->remaining)."),
    integer!(read_length, c"int: bytes of the body that were read (r->read_length)."),
    row!(read_body, read_body, c"int: how the body is read, one of REQUEST_*; 0 before the first read (r->read_body)."),
    integer!(read_chunked, c"int: 1 if the body is chunked and being read (r->read_chunked)."),
    integer!(expecting_100, c"int: 1 if the client waits for 100 Continue (r->expecting_100)."),
    // the answer
    integer!(status / set_status, c"int: the HTTP status of the answer (r->status); 200 at first."),
    text!(HEADER status_line / set_status_line, c"str or None: status and reason, such as '404 Not Found'; httpd uses it if its number is that of status (r->status_line)."),
    row!(content_type, |this| super::text(this, URL, |request| request.content_type()), set_content_type, c"str or None: the Content-Type of the answer (r->content_type)."),
    row!(_content_type_set, content_type_set, c"int: 1 if a script has set content_type."),
    text!(URL content_encoding, c"str or None: the Content-Encoding of the answer (r->content_encoding)."),
    texts!(content_languages, c"tuple of str: the Content-Language of the answer (r->content_languages)."),
    text!(URL vlist_validator, c"str or None: the validator of a negotiated variant list (r->vlist_validator)."),
    integer!(clength, c"int: the length of the answer's body, as set_content_length() set it (r->clength)."),
    integer!(chunked / set_chunked, c"int: 1 if the answer is sent chunked (r->chunked)."),
    integer!(sent_bodyct, c"int: 1 once the headers are on their way (r->sent_bodyct)."),
    integer!(bytes_sent, c"int: bytes of the body that were sent (r->bytes_sent)."),
    row!(_bytes_queued, bytes_queued, c"int: bytes that were handed to write() and sendfile()."),
    integer!(eos_sent, c"int: 1 once the end of the answer was sent (r->eos_sent)."),
    time!(mtime, c"float: when the answer's content was modified, in seconds since 1970; 0.0 if nobody has said so; see update_mtime() (r->mtime)."),
    integer!(no_cache / set_no_cache, c"int: 1 to tell the client not to keep the answer, with an Expires header (r->no_cache)."),
    integer!(no_local_copy / set_no_local_copy, c"int: 1 if there is no local copy: never answer 304 (r->no_local_copy)."),
    integer!(allowed, c"int: a bit for each method that is allowed, 1 << M_* (r->allowed)."),
    texts!(allowed_xmethods, c"tuple of str: extension methods that are allowed (r->allowed_xmethods)."),
    texts!(allowed_methods, c"tuple of str: methods that allow_methods() allowed and that httpd has no number for (r->allowed_methods)."),
    // tables
    table!(TextKind::Header, headers_in: HeadersIn, c"table: the request's headers (r->headers_in)."),
    table!(TextKind::Header, headers_out: HeadersOut, c"table: the answer's headers (r->headers_out)."),
    table!(TextKind::Header, err_headers_out: ErrHeadersOut, c"table: headers of the answer that are sent with an error page too (r->err_headers_out)."),
    table!(URL, subprocess_env: SubprocessEnv, c"table: variables for CGI, SSI and WSGI; a value may be None (r->subprocess_env)."),
    table!(URL, notes: Notes, c"table: what modules tell each other (r->notes)."),
    // who answers
    text!(CONFIGURATION or None handler / set_handler, c"str or None: the name of the handler that answers (r->handler)."),
    row!(phase, phase, c"str or None: the directive of the phase that runs, such as 'PythonHandler'."),
    row!(hlist, handlers::hlist, c"mp_hlist or None: the handlers of the phase that runs."),
    row!(extension, extension, c"str or None: the extension of the file's name by which the running phase's handlers were chosen, '' for a name without one; None where the list is not restricted to an extension."),
    row!(server, related::server, c"mp_server: the virtual host, or the main server, that serves the request (r->server)."),
    row!(connection, related::connection, c"mp_conn: the connection that the request came on (r->connection)."),
    row!(interpreter, |this| to_str(this.py, Codec::Utf8, this.py.interpreter().name()), c"str: the name of the interpreter that this code runs in."),
    // other requests
    linked!(main, c"mp_request or None: the request that this sub-request was made for (r->main)."),
    linked!(prev, c"mp_request or None: the request that was redirected to this one (r->prev)."),
    linked!(next, c"mp_request or None: the request that this one was redirected to (r->next)."),
    row!(_request_rec, linked::request_rec, c"PyCapsule: the address of the request_rec, for C modules, in a capsule without a name. It is the same object each time; once the request has ended, PyCapsule_GetPointer fails for it."),
    Property::END,
];

fn set_content_type<'py>(this: Self_<'_, 'py>, value: Option<&Object<'py>>) -> Result<'py, ()> {
    let text = HEADER.read(this.py, not_deleted(value)?)?;
    this.with_state(|request, state| {
        request.set_content_type(text.as_text());
        state.note_content_type();
    })
}

fn content_type_set<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    Object::int(this.py, i64::from(this.with_state(|_, state| state.is_content_type_set())?))
}

fn bytes_queued<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let bytes = this.with_state(|_, state| state.bytes_queued())?;
    Object::int(this.py, i64::try_from(bytes).unwrap_or(i64::MAX))
}

fn read_body<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    Object::int(this.py, i64::from(this.with(|request| request.body_policy())?))
}

fn phase<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let phase = this.with_state(|_, state| state.phase())?;
    to_str_or_none(this.py, Codec::Utf8, phase.map(|phase| phase.directive.as_bytes()))
}

fn extension<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let extension = this.with_state(|request, state| {
        slots::chain(request)?.matched_extension(state.phase()?.index(), request.filename())
    })?;
    to_str_or_none(this.py, Codec::Path, extension.as_deref())
}
