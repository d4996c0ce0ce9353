/* SPDX-License-Identifier: AGPL-3.0-or-later
 * nameid.c: name identifiers (SAML Core 8.3): persistent (pairwise per SP),
 * transient, or the e-mail address. */
#include "idp/saml/nameid.h"

#include <string.h>

#include "idp/saml/saml_uris.h"
#include "lib/random.h"
#include "lib/strbuf.h"
#include "lib/xml.h"

static const struct {
	const char *name, *format;
} nameid_formats[] = {
	{ "persistent", FORMAT_PERSISTENT },
	{ "transient", FORMAT_TRANSIENT },
	{ "mail", FORMAT_MAIL },
};

/* docs/decisions/0001: derived from the person's or the affiliation's id. */
static bool nameid_persistent(struct request_context *ctx,
                              const struct login_result *login,
                              const char *entity_id, const char **ret_value,
                              struct error *err)
{
	bool by_affiliation = login->service->subject == SUBJECT_AFFILIATION;
	const struct subject_identifier_request request = {
		.issuer = login->issuer->name,
		.kind = SUBJECT_KIND_NAMEID,
		.sector = entity_id,
		.id = by_affiliation ? login->affiliation->id
		                     : person_subject_source_id(
					   login->person, login->affiliation),
	};
	struct subject_identifier_reply reply;

	if (!subject_identifier_call(ctx->backends->signer, ctx->arena,
	                             ctx->cfg->hash, &request, &reply, err))
		return false;
	*ret_value = reply.value;
	return true;
}

static const char *nameid_transient(struct request_context *ctx,
                                    const struct login_result *login)
{
	struct name_id earlier;

	if (login->participant &&
	    nameid_from_string(ctx->arena, login->participant->name_id,
	                       &earlier) &&
	    text_equal(earlier.format, FORMAT_TRANSIENT))
		return earlier.value;
	return arena_printf(ctx->arena, "_%s", random_secret(ctx->arena));
}

bool nameid_create(struct request_context *ctx,
                   const struct login_result *login, const char *entity_id,
                   const char *format, struct name_id *ret_name,
                   struct error *err)
{
	struct name_id name_id = { .format = format };

	if (text_equal(format, FORMAT_TRANSIENT))
		name_id.value = nameid_transient(ctx, login);
	else if (text_equal(format, FORMAT_MAIL))
		name_id.value = xml_is_valid_text(login->affiliation->mail)
		                    ? login->affiliation->mail
		                    : NULL;
	else if (!nameid_persistent(ctx, login, entity_id, &name_id.value, err))
		return false;
	*ret_name = name_id;
	return true;
}

char *nameid_to_string(struct arena *a, const struct name_id *n)
{
	for (size_t i = 0; i < LENGTH(nameid_formats); i++)
		if (text_equal(nameid_formats[i].format, n->format))
			return arena_printf(a, "%s %s", nameid_formats[i].name,
			                    n->value);
	return NULL;
}

bool nameid_from_string(struct arena *a, const char *text,
                        struct name_id *ret_name)
{
	const char *space = text ? strchr(text, ' ') : NULL;

	for (size_t i = 0; space && i < LENGTH(nameid_formats); i++) {
		size_t length = strlen(nameid_formats[i].name);

		if ((size_t)(space - text) != length ||
		    strncmp(text, nameid_formats[i].name, length) != 0)
			continue;
		ret_name->format = nameid_formats[i].format;
		ret_name->value = arena_strdup(a, space + 1);
		return true;
	}
	return false;
}
