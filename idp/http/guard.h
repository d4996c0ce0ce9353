/* SPDX-License-Identifier: AGPL-3.0-or-later
 * guard.h: that a form was ours, was shown to this browser, and for this.
 * A browser is known by a random secret in a cookie; a form carries a word
 * made of that secret and the form's purpose. */
#ifndef IDP_HTTP_GUARD_H
#define IDP_HTTP_GUARD_H

#include "idp/http/answer.h"
#include "lib/fault.h"

#define GUARD_BROWSER "__Host-portvakt-browser" /* on the login host */
#define GUARD_HAND    "__Host-portvakt-hand"    /* on issuers' own hosts */
#define GUARD_FIELD   "word"

/* The browser's secret in that cookie, or NULL. */
const char *guard_known(const struct request *r, const char *cookie);

/* The same; where there is none, a new one that the answer sets. */
const char *guard_secret(const struct request *r, struct answer *a,
                         const char *cookie);

/* What the form for purpose carries in GUARD_FIELD. */
char *guard_word(struct arena *a, const char *secret, const char *purpose);

/* Whether this POST comes from a page of origin (https://host[:port]) and
 * carries the word for purpose.  INVALID, reason "form-expired". */
bool guard_check(const struct request *r, const char *origin,
                 const char *purpose, struct fault *why) must_check;

#endif
