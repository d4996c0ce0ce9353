/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_retry.h: sends back-channel logout requests (OpenID Connect
 * Back-Channel Logout 2.5) and retries failed ones. */
#ifndef IDP_OIDC_LOGOUT_RETRY_H
#define IDP_OIDC_LOGOUT_RETRY_H

#include "lib/arena.h"
#include "lib/error.h"

#include <stdint.h>

/* Sends one POST of form, with a timeout in milliseconds.  Returns false
 * unless the response is 200 or 204: UNAVAILABLE, or an HTTP client error. */
bool backchannel_logout_post(struct arena *a, const char *url, const char *form,
                             int64_t timeout_ms, struct error *err) must_check;

/* Retries in the background, every ten seconds for a minute.  The parameters
 * are copied. */
void logout_retry_enqueue(const char *service, const char *url,
                          const char *form);

#endif
