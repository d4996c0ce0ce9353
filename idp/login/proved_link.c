/* SPDX-License-Identifier: AGPL-3.0-or-later
 * proved_link.c: logins of one person in one browser with accounts of different
 * municipalities prove that these are one human; admin records it
 * (docs/decisions/0017). */
#include "idp/login/login_private.h"
#include "lib/log.h"
#include "lib/strbuf.h"

static bool proved_link_is_known(const struct affiliation *f, const char *id)
{
	for (char *const *link = f->proved_links; link && *link; link++)
		if (text_equal(*link, id))
			return true;
	return false;
}

static bool proved_link_is_new(const struct affiliation *f,
                               const struct affiliation *g)
{
	return f && g && !f->doubt && !g->doubt && f->status == STATUS_ACTIVE &&
	       g->status == STATUS_ACTIVE &&
	       !text_equal(f->municipality, g->municipality) &&
	       !(proved_link_is_known(f, g->id) &&
	         proved_link_is_known(g, f->id));
}

/* The session has both proofs, so a login does not fail without the record. */
static void proved_link_send(struct request_context *ctx,
                             const struct session *s, const char *earlier,
                             const char *receipt)
{
	const char *const ends[] = { earlier, s->authenticated_by };
	const struct link_proved_request request = {
		.person = s->person->id,
		.affiliations = ends,
		.affiliations_count = LENGTH(ends),
		.how = login_method_from_name(s->method),
		.receipt = receipt,
	};
	struct error err = { 0 };

	if (!link_proved_call(ctx->backends->admin, ctx->arena, ctx->cfg->hash,
	                      &request, NULL, &err))
		log_event(LOG_LINK_NOT_RECORDED, "receipt", receipt, "error",
		          err.text, NULL);
}

void proved_links_record(struct request_context *ctx, const struct session *s,
                         const char *receipt)
{
	const struct affiliation *latest =
	    person_find_affiliation(s->person, s->authenticated_by);

	for (size_t i = 0; i < s->proof_count; i++) {
		const char *earlier = s->proofs[i].affiliation;

		if (proved_link_is_new(
			latest, person_find_affiliation(s->person, earlier)))
			proved_link_send(ctx, s, earlier, receipt);
	}
}
