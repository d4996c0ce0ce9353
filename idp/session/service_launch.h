/* SPDX-License-Identifier: AGPL-3.0-or-later
 * service_launch.h: the address that opens a service for the person who is
 * logged in now. */
#ifndef IDP_SESSION_SERVICE_LAUNCH_H
#define IDP_SESSION_SERVICE_LAUNCH_H

#include "region/config/config.h"

/* Returns initiate-login-uri with the parameters of the protocol (OpenID
 * Connect Core 4; SAML SP Request Initiation Protocol 2.2), so that the service
 * begins a login; otherwise launch-url, which may show the person who used the
 * service last; otherwise NULL.  Allocated in a. */
const char *service_launch_address(struct arena *a, const struct service *s);

#endif
