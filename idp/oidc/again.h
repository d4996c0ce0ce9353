/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_retry.h: sends back-channel logout requests (OpenID Connect
 * Back-Channel Logout 2.5) and retries failed ones. */
#ifndef IDP_OIDC_AGAIN_H
#define IDP_OIDC_AGAIN_H

#include "lib/arena.h"
#include "lib/fault.h"

#include <stdint.h>

/* Sends one POST of form, with a timeout in milliseconds.  Returns false
 * unless the response is 200 or 204: UNAVAILABLE, or an HTTP client error. */
bool again_post(struct arena *a, const char *url, const char *form,
                int64_t milliseconds, struct fault *why) must_check;

/* Retries in the background, every ten seconds for a minute.  The parameters
 * are copied. */
void again_later(const char *service, const char *url, const char *form);

#endif
