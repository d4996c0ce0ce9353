/* SPDX-License-Identifier: AGPL-3.0-or-later
 * past_session.h: what became of the session whose cookie a browser still has,
 * where it ended without this browser: for the page that it gets next. */
#ifndef IDP_LOGOUT_PAST_SESSION_H
#define IDP_LOGOUT_PAST_SESSION_H

#include "idp/logout/logout_report.h"

/* Returns why it ended (session_end.h), and in ret its services and the status
 * of each, as known now; NULL where there is no such session.  An error counts
 * as none: the page is not about it. */
const char *past_session_of_browser(struct request_context *ctx,
                                    struct logout_report *ret);

/* Returns the key of the session whose cookie the browser has, NULL where it
 * has none. */
const char *past_session_key(struct request_context *ctx);

/* Returns the past session with this key in ret, allocated in ctx->arena;
 * *ret_found is false where there is none. */
bool past_session_find_open(struct request_context *ctx, const char *hex,
                            struct open_participants *ret, bool *ret_found,
                            struct error *err) must_check;

#endif
