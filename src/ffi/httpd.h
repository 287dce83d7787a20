/* What bindgen reads to write the declarations of src/ffi/httpd.rs. */
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_connection.h>
#include <util_filter.h>
#include <apr_buckets.h>
#include <ap_mpm.h>
#include <scoreboard.h>
#include <ap_release.h>
#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <apr_tables.h>
