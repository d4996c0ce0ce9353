/* SPDX-License-Identifier: AGPL-3.0-or-later
 * protocol_registry.c: finds a protocol by name in the table of
 * idp/web/routes.c. */
#include "idp/protocol.h"

#include "lib/strbuf.h"

const struct protocol *protocol_find(const struct request_context *ctx,
                                     const char *name)
{
	for (const struct protocol *const *p = ctx->backends->protocols; *p;
	     p++)
		if (text_equal((*p)->name, name))
			return *p;
	return NULL;
}
