/* What bindgen reads to write the declarations of src/ffi/httpd.rs. */
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <ap_mpm.h>
#include <ap_release.h>
#include <unixd.h>
#include <util_cfgtree.h>
#include <apr_file_info.h>
#include <apr_fnmatch.h>
#include <apr_proc_mutex.h>
#include <apr_strings.h>
#include <apr_tables.h>
