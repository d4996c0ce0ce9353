/* SPDX-License-Identifier: AGPL-3.0-or-later
 * again.h: posting to a service's back channel, and posting again later what
 * it did not take. */
#ifndef IDP_OIDC_AGAIN_H
#define IDP_OIDC_AGAIN_H

#include "lib/arena.h"
#include "lib/fault.h"

#include <stdint.h>

/* One POST; UNAVAILABLE unless the service took it. */
bool again_post(struct arena *a, const char *url, const char *form,
                int64_t milliseconds, struct fault *why) must_check;

/* Every ten seconds for a minute, in the background; each copied. */
void again_later(const char *service, const char *url, const char *form);

#endif
