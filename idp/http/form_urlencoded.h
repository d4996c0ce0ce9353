/* SPDX-License-Identifier: AGPL-3.0-or-later
 * form_urlencoded.h: strict parser of application/x-www-form-urlencoded (WHATWG
 * URL 5.1): input that two parsers could read differently is an error. */
#ifndef IDP_HTTP_FORM_URLENCODED_H
#define IDP_HTTP_FORM_URLENCODED_H

#include "idp/http/request.h"
#include "lib/error.h"

enum { FORM_PARAMS_MAX = 200 };

/* Parses a query or form; the parameters are allocated in a.  On error
 * ERROR_INVALID, reason "bad-request": invalid percent-encoding, a NUL, invalid
 * UTF-8, or more than FORM_PARAMS_MAX parameters. */
bool form_decode(struct arena *a, const char *bytes, size_t length,
                 struct http_field **ret_params, size_t *ret_count,
                 struct error *err) must_check;

#endif
