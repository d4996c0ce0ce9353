/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ended_services.h: what became of the services of sessions that ended, as a
 * part of a page. */
#ifndef IDP_PAGE_ENDED_SERVICES_H
#define IDP_PAGE_ENDED_SERVICES_H

#include "idp/logout/single_logout.h"
#include "idp/page/page.h"

/* The status of a service in the language of the request, and the colour of its
 * tag. */
struct service_status {
	const char *text, *colour;
};
struct service_status page_service_status(const struct request_context *ctx,
                                          const struct logout_result *result);

/* Returns whether a service of the report may still be open. */
bool page_service_is_open(const struct logout_report *report);

/* Returns markup: each service of a session in another browser, or in this one,
 * with its status, and what to do about those that may still be open. */
const char *page_ended_elsewhere(struct request_context *ctx,
                                 const struct logout_report *report);
const char *page_ended_here(struct request_context *ctx,
                            const struct logout_report *report);

#endif
