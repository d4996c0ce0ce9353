/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_end_audit.c: the audit event of the end of a session. */
#include "idp/session/session_end.h"
#include "lib/clock.h"

char *logout_audit(struct request_context *ctx,
                   const struct ended_session *ended, const char *initiator,
                   json_t *results)
{
	const struct audit_event e = {
		.cfg = ctx->cfg,
		.municipality = ended->municipality,
		.person = ended->person,
		.affiliation = ended->affiliation,
		.service = initiator,
		.address = ctx->request ? ctx->request->address : NULL,
		.sid = ended->sid,
		.took_ms = (int)(clock_monotonic_ms() - ctx->started_ms),
	};
	char *code;

	return audit_logout(ctx->backends->audit, ctx->arena, &e, ended->cause,
	                    results, &code, NULL)
	           ? code
	           : NULL;
}
