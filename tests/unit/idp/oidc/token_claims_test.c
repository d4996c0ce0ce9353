/* SPDX-License-Identifier: AGPL-3.0-or-later
 * The claims of ID tokens and logout tokens. */
#include "tests/unit/test.h"

#include "idp/oauth/id_token.h"
#include "idp/oidc/logout.h"

static const struct issuer issuer = { .name = "region",
	                              .url = "https://idp.example" };
static const struct oidc_client client = { .id = "arkiv" };
static const struct service service = { .name = "arkiv",
	                                .issuer = &issuer,
	                                .oidc = &client };

static struct grant grant(json_t *in_token)
{
	return (struct grant){
		.issuer = "region",
		.service = "arkiv",
		.client = "arkiv",
		.sub = "abc",
		.scope = "openid",
		.sid = "sid-1",
		.person = "p",
		.affiliation = "f",
		.municipality = "tinn",
		.acr = "idporten-loa-low",
		.method = "pwd",
		.issued_at = 1000,
		.auth_time = 900,
		.id_token_claims = in_token,
	};
}

static void an_id_token_has_the_claims_of_core_2(void **state)
{
	struct arena *a = arena_open();
	const struct grant g = grant(NULL);
	json_t *c = id_token_build_claims(
	    a, &issuer, &g, "n-1",
	    "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", 1000);

	(void)state;
	assert_string_equal(js_string(c, "iss"), issuer.url);
	assert_string_equal(js_string(c, "aud"), "arkiv");
	assert_string_equal(js_string(c, "sub"), "abc");
	assert_string_equal(js_string(c, "nonce"), "n-1");
	assert_string_equal(js_string(c, "sid"), "sid-1");
	/* The example of Core A.3. */
	assert_string_equal(js_string(c, "at_hash"), "77QmUPtjPfzWtF2AnpK9RQ");
	assert_int_equal(js_number(c, "iat", 0), 1000);
	assert_int_equal(js_number(c, "auth_time", 0), 900);
	assert_int_equal(js_number(c, "exp", 0), 1000 + ID_TOKEN_LIFETIME_S);
	assert_null(json_object_get(
	    id_token_build_claims(a, &issuer, &g, NULL, "x", 1000), "nonce"));
	arena_close(a);
}

static void no_requested_claim_can_replace_a_protocol_claim(void **state)
{
	struct arena *a = arena_open();
	json_t *evil =
	    js_own(a, json_pack("{s:s, s:s, s:s, s:s}", "sub", "another person",
	                        "iss", "evil", "aud", "other", "name", "Kari"));
	const struct grant g = grant(evil);
	json_t *c = id_token_build_claims(a, &issuer, &g, NULL, "x", 1000);

	(void)state;
	assert_string_equal(js_string(c, "sub"), "abc");
	assert_string_equal(js_string(c, "iss"), issuer.url);
	assert_string_equal(js_string(c, "aud"), "arkiv");
	assert_string_equal(js_string(c, "name"), "Kari");
	arena_close(a);
}

static void a_grant_is_read_as_it_was_written(void **state)
{
	struct arena *a = arena_open();
	const struct grant g = grant(NULL);
	const struct grant *back = grant_from_json(a, grant_to_json(a, &g));

	(void)state;
	assert_non_null(back);
	assert_string_equal(back->sub, g.sub);
	assert_string_equal(back->municipality, "tinn");
	assert_int_equal(back->auth_time, 900);
	assert_null(back->userinfo_claims);
	assert_null(grant_from_json(a, js_own(a, json_object())));
	json_t *half = grant_to_json(a, &g);

	(void)json_object_del(half, "person");
	assert_null(grant_from_json(a, half));
	arena_close(a);
}

static void a_logout_token_has_no_nonce(void **state)
{
	struct arena *a = arena_open();
	json_t *c = logout_token_claims(a, &service, "abc", "sid-1", 1000);
	json_t *events = js_object(c, "events");

	(void)state;
	assert_int_equal(json_object_size(events), 1);
	assert_non_null(js_object(
	    events, "http://schemas.openid.net/event/backchannel-logout"));
	assert_null(json_object_get(c, "nonce"));
	assert_string_equal(js_string(c, "aud"), "arkiv");
	assert_string_equal(js_string(c, "sid"), "sid-1");
	assert_non_null(js_string(c, "jti"));
	assert_in_range(js_number(c, "exp", 0), 1001, 1120);
	assert_null(json_object_get(
	    logout_token_claims(a, &service, "abc", NULL, 1000), "sid"));
	arena_close(a);
}

TESTS(an_id_token_has_the_claims_of_core_2,
      no_requested_claim_can_replace_a_protocol_claim,
      a_grant_is_read_as_it_was_written, a_logout_token_has_no_nonce)
