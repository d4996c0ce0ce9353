/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_fuzz.c: arbitrary bytes as a SAML request and as metadata. The response
 * to an accepted AuthnRequest goes to an assertion consumer service of the
 * metadata; accepted metadata has at least one.
 *
 * with: rooms.a
 */
#include "tests/fuzz/fuzz.h"

#include "idp/saml/authn_request.h"
#include "lib/clock.h"

#define ACS   "https://okonomi.example/acs"
#define OTHER "https://okonomi.example/other"

static const struct issuer issuer = {
	.name = "region",
	.url = "https://login.example",
	.host = "login.example",
	.entity_id = "https://login.example/saml/metadata",
};

static struct sp_acs addresses[] = { { .url = ACS, .index = 0 },
	                             { .url = OTHER, .index = 7 } };
static char *formats[] = { NULL };
static const struct sp_metadata partner = { .entity_id =
	                                        "https://okonomi.example/sp",
	                                    .service = "okonomi",
	                                    .issuer = "region",
	                                    .acs = addresses,
	                                    .acs_count = LENGTH(addresses),
	                                    .nameid_formats = formats };
static char *receives[] = { (char[]){ "mail" }, NULL };
static const struct service service = { .name = "okonomi",
	                                .issuer = &issuer,
	                                .attributes = receives };

static void is_printable(const char *text)
{
	for (; *text; text++)
		assert(*text > ' ' && *text <= '~');
}

/* 2026-11-21T10:00:00Z, the time of the seeds. */
enum { THEN = 1795255200 };

static void as_request(struct arena *a, const char *bytes, size_t size)
{
	struct saml_envelope e = { .binding = BINDING_POST,
		                   .xml = bytes,
		                   .length = size };
	struct error err = { 0 };
	struct saml_message m;
	struct authn_request asked = { 0 };

	if (!saml_message_parse(a, bytes, size, THEN, &m, &err)) {
		assert(err.kind == ERROR_INVALID &&
		       text_equal(err.reason, "bad-saml"));
		return;
	}
	assert(m.kind != MESSAGE_NONE && xml_is_ncname(m.id));
	is_printable(m.issuer);
	if (!authn_request_parse(a, &issuer, &service, &partner, &e, &m, &asked,
	                         &err))
		return;
	const char *acs = js_string(asked.txn.request, "acs");

	assert(sp_metadata_has_acs(&partner, acs));
	assert(text_equal(acs, ACS) || text_equal(acs, OTHER));
}

static void as_metadata(struct arena *a, const char *bytes, size_t size)
{
	struct error err = { 0 };
	struct sp_metadata p;

	if (!sp_metadata_parse(a, bytes, size, &p, &err)) {
		assert(err.kind == ERROR_INVALID);
		return;
	}
	assert(p.acs_count > 0 && p.entity_id && *p.entity_id);
	is_printable(p.entity_id);
	assert(sp_metadata_has_acs(&p, sp_metadata_default_acs(&p)));
	for (size_t i = 0; i < p.acs_count; i++) {
		is_printable(p.acs[i].url);
		assert(text_starts(p.acs[i].url, "https://"));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	const char *bytes = fuzz_exact(a, data, size);

	as_request(a, bytes, size);
	as_metadata(a, bytes, size);
	arena_close(a);
	return 0;
}
