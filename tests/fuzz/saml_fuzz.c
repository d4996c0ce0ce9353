/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_fuzz.c: arbitrary bytes as a SAML request and as metadata. The response
 * to an accepted AuthnRequest goes to an assertion consumer service of the
 * metadata; accepted metadata has at least one.
 *
 * with: rooms.a
 */
#include "tests/fuzz/fuzz.h"

#include "idp/saml/request.h"
#include "lib/clock.h"

#define ACS   "https://okonomi.example/acs"
#define OTHER "https://okonomi.example/other"

static const struct issuer issuer = {
	.name = "region",
	.url = "https://login.example",
	.host = "login.example",
	.entity_id = "https://login.example/saml/metadata",
};

static struct partner_acs addresses[] = { { .url = ACS, .index = 0 },
	                                  { .url = OTHER, .index = 7 } };
static char *formats[] = { NULL };
static const struct partner partner = { .entity_id =
	                                    "https://okonomi.example/sp",
	                                .service = "okonomi",
	                                .issuer = "region",
	                                .acs = addresses,
	                                .acs_count = LENGTH(addresses),
	                                .formats = formats };
static char *receives[] = { (char[]){ "mail" }, NULL };
static const struct service service = { .name = "okonomi",
	                                .issuer = &issuer,
	                                .receives = receives };

static void is_printable(const char *text)
{
	for (; *text; text++)
		assert(*text > ' ' && *text <= '~');
}

/* 2026-11-21T10:00:00Z, the time of the seeds. */
enum { THEN = 1795255200 };

static void as_request(struct arena *a, const char *bytes, size_t size)
{
	struct envelope e = { .binding = BINDING_POST,
		              .xml = bytes,
		              .length = size };
	struct fault why = { 0 };
	struct message m;
	struct asked asked = { 0 };

	if (!gate_read(a, bytes, size, THEN, &m, &why)) {
		assert(why.kind == FAULT_INVALID &&
		       text_equal(why.reason, "bad-saml"));
		return;
	}
	assert(m.kind != MESSAGE_NONE && xml_is_name(m.id));
	is_printable(m.issuer);
	if (!request_read(a, &issuer, &service, &partner, &e, &m, &asked, &why))
		return;
	const char *acs = js_string(asked.ticket.request, "acs");

	assert(partner_owns(&partner, acs));
	assert(text_equal(acs, ACS) || text_equal(acs, OTHER));
}

static void as_metadata(struct arena *a, const char *bytes, size_t size)
{
	struct fault why = { 0 };
	struct partner p;

	if (!partner_read(a, bytes, size, &p, &why)) {
		assert(why.kind == FAULT_INVALID);
		return;
	}
	assert(p.acs_count > 0 && p.entity_id && *p.entity_id);
	is_printable(p.entity_id);
	assert(partner_owns(&p, partner_default_acs(&p)));
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
