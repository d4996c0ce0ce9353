/* SPDX-License-Identifier: AGPL-3.0-or-later
 * previous_person.h: several people in one browser.  Before a person goes on,
 * the services that another one has used in this browser are logged out, and
 * those that are not are named. */
#ifndef IDP_LOGOUT_PREVIOUS_PERSON_H
#define IDP_LOGOUT_PREVIOUS_PERSON_H

#include "idp/logout/single_logout.h"

struct previous_person {
	struct open_participants open;
	bool is_replaced; /* by this login: it was not over before */
};

/* Finds an earlier session of another person than that of s in this browser
 * (previous_sessions.h), which s replaced or whose services may be open.
 * *ret_found is false where there is none.  Error: UNAVAILABLE. */
bool previous_person_find(struct request_context *ctx, const struct session *s,
                          struct previous_person *ret, bool *ret_found,
                          struct error *err) must_check;

/* Logs out of its services, shows the result of each, and continues at the
 * path of the login host.  It is settled once the person continues. */
void previous_person_show(struct request_context *ctx,
                          const struct previous_person *previous,
                          const char *path);

/* Continues after that page; for complete_logout of protocol "portal".  Returns
 * false for another request. */
bool previous_person_continue(struct request_context *ctx,
                              const json_t *request);

#endif
