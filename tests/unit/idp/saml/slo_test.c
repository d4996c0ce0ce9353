/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/saml/nameid.h"
#include "idp/saml/saml_uris.h"
#include "idp/saml/slo.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

#define NAME(attributes, value) \
	"<saml:NameID" attributes ">" value "</saml:NameID>"
#define FORMAT(uri)  " Format=\"" uri "\""
#define INDEX(value) "<samlp:SessionIndex>" value "</samlp:SessionIndex>"
#define OLA          NAME(FORMAT(FORMAT_PERSISTENT), "ola")

/* The participant: persistent NameID ola, SessionIndex _1. */
static const struct {
	const char *name, *children;
	bool is_about;
} rows[] = {
	{ "name and index", OLA INDEX("_1"), true },
	{ "V38 no index", OLA, true },
	{ "V38 several, one of them ours", OLA INDEX("_0") INDEX("_1"), true },
	{ "no format", NAME("", "ola") INDEX("_1"), true },
	{ "qualified",
	  NAME(FORMAT(FORMAT_PERSISTENT) " SPNameQualifier=\"x\"", "ola"),
	  true },
	{ "S93 another's name", NAME(FORMAT(FORMAT_PERSISTENT), "kari"),
	  false },
	{ "S93 another's index", OLA INDEX("_2"), false },
	{ "S93 another format", NAME(FORMAT(FORMAT_TRANSIENT), "ola"), false },
	{ "S93 a mail address", NAME(FORMAT(FORMAT_MAIL), "ola"), false },
	{ "S70 a leading space", NAME(FORMAT(FORMAT_PERSISTENT), " ola"),
	  false },
	{ "S70 a letter of another script",
	  NAME(FORMAT(FORMAT_PERSISTENT), "\u043Ela"), false },
	{ "S70 a letter of no width",
	  NAME(FORMAT(FORMAT_PERSISTENT), "o\u200Bla"), false },
	{ "another case", NAME(FORMAT(FORMAT_PERSISTENT), "Ola"), false },
	{ "an empty name", NAME(FORMAT(FORMAT_PERSISTENT), ""), false },
	{ "no name", INDEX("_1"), false },
	{ "two names", OLA OLA, false },
	{ "an index beside nothing", NAME("", "") INDEX("_1"), false },
};

static struct saml_message message_of(struct arena *a, const char *children)
{
	struct saml_message m;
	struct error err = { 0 };
	char *xml =
	    arena_printf(a,
	                 "<samlp:LogoutRequest xmlns:samlp=\"" NS_PROTOCOL
	                 "\" xmlns:saml=\"" NS_ASSERTION
	                 "\" ID=\"_1\" Version=\"2.0\" IssueInstant=\"%s\">"
	                 "<saml:Issuer>https://sp.example/</saml:Issuer>%s"
	                 "</samlp:LogoutRequest>",
	                 clock_format_iso(a, clock_now()), children);

	if (!saml_message_parse(a, xml, strlen(xml), clock_now(), &m, &err))
		fail_msg("%s", err.text);
	return m;
}

static void a_logout_request_must_match_the_participant(void **state)
{
	static const struct session_participant part = { .issuer = "region",
		                                         .service = "erp",
		                                         .name_id =
		                                             "persistent ola",
		                                         .index = "_1" };

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = arena_open();
		struct saml_message m = message_of(a, rows[i].children);

		if (slo_matches_participant(a, &m, &part) != rows[i].is_about)
			fail_msg("%s", rows[i].name);
		arena_close(a);
	}
}

static void a_participant_without_a_name_id_never_matches(void **state)
{
	static const struct session_participant parts[] = {
		{ .name_id = NULL, .index = "_1" },
		{ .name_id = "ola", .index = "_1" },
		{ .name_id = "sub ola", .index = "_1" },
		{ .name_id = "persistent ola", .index = NULL },
	};
	struct arena *a = arena_open();
	struct saml_message m = message_of(a, OLA INDEX("_1"));

	(void)state;
	for (size_t i = 0; i < LENGTH(parts); i++)
		assert_false(slo_matches_participant(a, &m, &parts[i]));
	arena_close(a);
}

static void a_name_id_is_stored_with_its_format(void **state)
{
	static const char *const formats[] = { FORMAT_PERSISTENT,
		                               FORMAT_TRANSIENT, FORMAT_MAIL };
	struct arena *a = arena_open();
	struct name_id back;

	(void)state;
	for (size_t i = 0; i < LENGTH(formats); i++) {
		const struct name_id n = { formats[i], "a name with blanks" };

		assert_true(
		    nameid_from_string(a, nameid_to_string(a, &n), &back));
		assert_string_equal(back.format, n.format);
		assert_string_equal(back.value, n.value);
	}
	assert_false(nameid_from_string(a, NULL, &back));
	assert_false(nameid_from_string(a, "persistent", &back));
	assert_false(nameid_from_string(a, "persist ola", &back));
	arena_close(a);
}

static void a_request_id_is_derived_from_logout_and_service(void **state)
{
	struct arena *a = arena_open();
	const char *id = slo_request_id(a, "walk", "erp");

	(void)state;
	assert_true(xml_is_ncname(id));
	assert_string_equal(id, slo_request_id(a, "walk", "erp"));
	assert_string_not_equal(id, slo_request_id(a, "walk", "crm"));
	assert_string_not_equal(id, slo_request_id(a, "other", "erp"));
	arena_close(a);
}

TESTS(a_logout_request_must_match_the_participant,
      a_participant_without_a_name_id_never_matches,
      a_name_id_is_stored_with_its_format,
      a_request_id_is_derived_from_logout_and_service)
