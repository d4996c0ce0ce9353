/* SPDX-License-Identifier: AGPL-3.0-or-later
 * words.h: application/x-www-form-urlencoded and cookies, read strictly: what
 * two readers could read in two ways is refused. */
#ifndef IDP_HTTP_WORDS_H
#define IDP_HTTP_WORDS_H

#include "idp/http/request.h"
#include "lib/fault.h"

enum { WORDS_MOST = 200 };

/* The words of a query or form, living in a.  INVALID for a broken escape, a
 * NUL, bytes that are not UTF-8, or more than WORDS_MOST words. */
bool words_read(struct arena *a, const char *bytes, size_t length,
                struct pair **ret_words, size_t *ret_count,
                struct fault *why) must_check;

/* Adds the cookies of one Cookie header to those that are there; what is not
 * a cookie of visible ASCII is passed over, for other hosts set those too. */
void words_read_cookies(struct arena *a, const char *header,
                        struct pair **cookies, size_t *count);

#endif
