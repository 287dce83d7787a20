/*
 * The least that an httpd module can do to answer a request: the floor that
 * every other row of the benchmark is compared with.
 *
 *   SetHandler bench-hello        13 bytes, the server chooses when to send
 *   SetHandler bench-hello-flush  13 bytes, pushed to the network at once
 */
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"

#include <string.h>

static const char body[] = "Hello, World!";

static int answer(request_rec *r)
{
    ap_set_content_type(r, "text/plain");
    return ap_rwrite(body, sizeof(body) - 1, r) < 0 ? HTTP_INTERNAL_SERVER_ERROR : OK;
}

static int hello(request_rec *r)
{
    int flush, status;

    if (!r->handler)
        return DECLINED;
    flush = !strcmp(r->handler, "bench-hello-flush");
    if (!flush && strcmp(r->handler, "bench-hello"))
        return DECLINED;

    status = answer(r);
    if (status == OK && flush && ap_rflush(r) < 0)
        return HTTP_INTERNAL_SERVER_ERROR;
    return status;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_handler(hello, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(bench) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
};
