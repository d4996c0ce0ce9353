/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_staleness.h: for how long changes of people may have been missed.
 */
#ifndef IDP_SESSION_CATALOGUE_STALENESS_H
#define IDP_SESSION_CATALOGUE_STALENESS_H

#include "idp/session/session.h"

/* Sets *ret to whether neither the login of the session nor portvakt-revocation
 * has reached the catalogue within max-staleness.  A person who was disabled
 * meanwhile would not be noticed, so such a session must enter no service that
 * it does not use yet.  On error ERROR_UNAVAILABLE: Redis did not answer. */
bool catalogue_is_stale(const struct request_context *ctx,
                        const struct session *s, bool *ret,
                        struct error *err) must_check;

#endif
