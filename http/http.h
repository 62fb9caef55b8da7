/* http: a small server and a small client.  The libraries behind them (libmicrohttpd,
 * libcurl) show in no header; DESIGN.md says what they reach and how we would leave them.
 */
#ifndef VT_HTTP_H
#define VT_HTTP_H

#include "http/client.h"
#include "http/server.h"

/* Statuses that Vitrine answers with. */
enum {
    VT_HTTP_OK = 200,
    VT_HTTP_CREATED = 201,
    VT_HTTP_ACCEPTED = 202,
    VT_HTTP_NOT_MODIFIED = 304,
    VT_HTTP_BAD_REQUEST = 400,
    VT_HTTP_UNAUTHORIZED = 401,
    VT_HTTP_FORBIDDEN = 403,
    VT_HTTP_NOT_FOUND = 404,
    VT_HTTP_METHOD_NOT_ALLOWED = 405,
    VT_HTTP_CONFLICT = 409,
    VT_HTTP_GONE = 410,
    VT_HTTP_TOO_LARGE = 413,
    VT_HTTP_UNSUPPORTED_TYPE = 415,
    VT_HTTP_MISDIRECTED = 421,
    VT_HTTP_UNPROCESSABLE = 422,
    VT_HTTP_TOO_MANY = 429,
    VT_HTTP_ERROR = 500,
    VT_HTTP_BAD_GATEWAY = 502,
    VT_HTTP_UNAVAILABLE = 503,
    VT_HTTP_GATEWAY_TIMEOUT = 504,
    VT_HTTP_NO_SPACE = 507,
};

#endif
