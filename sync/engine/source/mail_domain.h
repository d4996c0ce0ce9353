/* SPDX-License-Identifier: AGPL-3.0-or-later
 * mail_domain.h: internationalised domains of mail addresses. */
#ifndef SYNC_ENGINE_SOURCE_MAIL_DOMAIN_H
#define SYNC_ENGINE_SOURCE_MAIL_DOMAIN_H

#include "lib/arena.h"

/* Returns the domain in ASCII, with A-labels (RFC 5891 4.4), allocated in a;
 * NULL if it is not a valid one. */
char *mail_domain_ascii(struct arena *a, const char *domain);

#endif
