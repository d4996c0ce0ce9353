/* SPDX-License-Identifier: AGPL-3.0-or-later
 * mail_domain.c: writes a domain with letters such as ø in ASCII.  The only
 * file that includes libidn2. */
#include "sync/engine/source/mail_domain.h"

#include <idn2.h>

char *mail_domain_ascii(struct arena *a, const char *domain)
{
	char *found = NULL;

	/* IDN2_NONTRANSITIONAL also composes and folds case (UTS 46). */
	if (idn2_to_ascii_8z(domain, &found, IDN2_NONTRANSITIONAL) != IDN2_OK)
		return NULL;
	char *ascii = arena_strdup(a, found);

	idn2_free(found);
	return ascii;
}
