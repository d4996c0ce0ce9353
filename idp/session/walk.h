/* SPDX-License-Identifier: AGPL-3.0-or-later
 * walk.h: a logout under way, as it is kept beside the tickets: a list of
 * services, what became of telling each, and where the browser goes next. */
#ifndef IDP_SESSION_WALK_H
#define IDP_SESSION_WALK_H

#include "idp/session/tell.h"

/* Who asked for it. */
struct walk_for {
	const char *front; /* NULL: the person */
	const char *issuer;
	json_t *request; /* front's own words; borrowed */
	const char *by;  /* the service that asked and is not among the rows */
};

/* Which of the parts are to be told: not who asked, and nobody who was never
 * told of the person.  They come first; returns how many. */
size_t walk_parts(struct part *parts, size_t count, const char *by);

json_t *walk_of(struct arena *a, const struct walk_for *who,
                const struct telling *told, size_t count);
bool walk_is(const json_t *walk);

/* The first row that the browser must still visit; NULL when there is none. */
json_t *walk_next(const json_t *walk);
bool walk_all_told(const json_t *walk);
/* Nobody but the asker to tell of: there is nothing to read. */
bool walk_is_short(const json_t *walk);

enum told walk_state(const json_t *row);
/* service has answered.  False where it is not among the rows; what is known
 * of it already stays. */
bool walk_answered(json_t *walk, const char *service, bool well);

/* {service: state}, for the receipt. */
json_t *walk_told(struct arena *a, const json_t *walk);

#endif
