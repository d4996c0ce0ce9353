/* SPDX-License-Identifier: AGPL-3.0-or-later
 * A municipality leaves: what the keeper hands out, and above all what not. */
#include "tests/unit/region/fixture.h"

#include "idp/keeper/jwe.h"
#include "idp/keeper/keeper.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "region/keys_es256.h"
#include "region/keys_said.h"

#define NOTODDEN "https://innlogging.notodden.example"
#define SHA256 \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static struct fixture f;
static struct region *r;

/* Notodden's file with these lines more, and some of it gone. */
static void read_with(const char *lines, const char *without)
{
	struct conf_complaints wrong;
	const char *path = fixture_path(&f, "policies/notodden.conf");
	char *text = whole_file(f.arena, path);

	text = replaced(f.arena, text, "	domain ",
	                arena_print(f.arena, "%s	domain ", lines));
	if (without)
		text = replaced(f.arena, text, without, "");
	fixture_put(&f, "policies/notodden.conf", text);
	r = region_read(f.arena, fixture_path(&f, "region.conf"), &wrong);
	for (size_t i = 0; !r && i < wrong.count; i++)
		print_error("%s\n", conf_complaint_text(f.arena, &wrong.at[i]));
	assert_non_null(r);
}

static int open_all(void **state)
{
	(void)state;
	f = fixture_open();
	region_release(fixture_region(&f));
	read_with("", NULL);
	assert_true(keys_open(fixture_path(&f, "keeper"), NULL));
	assert_true(issued_open(fixture_path(&f, "keeper"), NULL));
	assert_true(issuers_ready(r, NULL));
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	region_release(r);
	arena_close(f.arena);
	return 0;
}

static void leaves_on(const char *date)
{
	region_release(r);
	read_with(arena_print(f.arena, "	leaves %s\n", date), NULL);
}

typedef bool answerer(const struct question *q, json_t **ret_answer,
                      struct fault *why);

static json_t *put_as(uid_t asker, answerer *answer, json_t *body)
{
	const struct question q = { .arena = f.arena,
		                    .body = js_keep(f.arena, body),
		                    .asker = asker,
		                    .region = r };
	struct fault why = { 0 };
	json_t *ret = NULL;

	return answer(&q, &ret, &why) ? ret : NULL;
}

static json_t *put(answerer *answer, json_t *body)
{
	return put_as(0, answer, body);
}

static json_t *transfer(void)
{
	json_t *jwk;
	const char *text = keys_transfer()->jwk;

	assert_true(js_read(f.arena, text, strlen(text), &jwk, NULL));
	return json_incref(jwk);
}

static json_t *export_question(const char *issuer)
{
	return json_pack("{s:s, s:o}", "issuer", issuer, "to", transfer());
}

/* RFC 7518, appendix C. */
static void a_key_is_derived_as_the_rfc_derives_it(void **state)
{
	static const unsigned char z[] = { 158, 86,  217, 29,  129, 113, 53,
		                           211, 114, 131, 66,  131, 191, 132,
		                           38,  156, 251, 49,  110, 163, 218,
		                           128, 106, 72,  246, 218, 167, 121,
		                           140, 254, 144, 196 };
	unsigned char key[32];

	(void)state;
	jwe_derive(f.arena, z, sizeof(z), "A128GCM", "Alice", "Bob", 128, key);
	assert_string_equal(base64url_write(f.arena, key, 16),
	                    "VqqN6vgjbSBcIijNcacQGg");
}

static void what_is_closed_opens_for_its_receiver_and_unchanged_only(
    void **state)
{
	struct fault why = { 0 };
	char *jwe, *opened;
	json_t *to = js_keep(f.arena, transfer());

	(void)state;
	assert_true(jwe_close(f.arena, to, "a secret", &jwe, &why));
	assert_null(strstr(jwe, "a secret"));
	assert_true(
	    jwe_open(f.arena, keys_transfer()->pkey, jwe, &opened, &why));
	assert_string_equal(opened, "a secret");
	assert_false(
	    jwe_open(f.arena, keys_record()->pkey, jwe, &opened, &why));
	for (size_t i = 0; i < strlen(jwe); i += 7) {
		char *other = arena_copy(f.arena, jwe);

		other[i] = other[i] == 'A' ? 'B' : 'A';
		assert_false(jwe_open(f.arena, keys_transfer()->pkey, other,
		                      &opened, &why));
	}
}

static void only_a_leaving_municipality_has_its_salt_closed(void **state)
{
	(void)state;
	assert_null(put(answer_export, export_question("notodden")));
	leaves_on("2099-01-01");
	assert_null(put(answer_export, export_question("region")));
	assert_null(put_as(54321, answer_export, export_question("notodden")));
	assert_null(
	    put(answer_export, json_pack("{s:s}", "issuer", "notodden")));
	json_t *answer = put(answer_export, export_question("notodden"));
	char *opened;

	assert_non_null(answer);
	assert_true(jwe_open(f.arena, keys_transfer()->pkey,
	                     js_string(answer, "sealed"), &opened, NULL));
	assert_non_null(
	    strstr(opened, base64url_write(f.arena, keys_salt("notodden"),
	                                   KEY_SECRET)));
	assert_non_null(
	    strstr(whole_file(f.arena, fixture_path(&f, "keeper/issued.log")),
	           "\"what\":\"salt\""));
}

static json_t *sealed_salt(const char *issuer, const char *salt)
{
	char *jwe;
	const char *text =
	    arena_print(f.arena, "{\"v\":1,\"issuer\":\"%s\",\"salt\":\"%s\"}",
	                issuer, salt);

	assert_true(
	    jwe_close(f.arena, js_keep(f.arena, transfer()), text, &jwe, NULL));
	return json_pack("{s:s, s:s}", "issuer", "notodden", "sealed", jwe);
}

static const char *name_of_somebody(void)
{
	json_t *answer =
	    put(answer_subject,
	        json_pack("{s:s, s:s, s:s, s:s}", "issuer", "notodden", "kind",
	                  "sub", "sector", "skole.example", "id", "somebody"));

	return js_string(answer, "value");
}

static void a_salt_is_taken_in_before_anybody_was_told_a_name(void **state)
{
	static const char salt[] =
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	const char *before = name_of_somebody();
	struct fault why = { 0 };

	(void)state;
	assert_null(
	    put(answer_take_in, sealed_salt("https://another.example", salt)));
	assert_null(put_as(54321, answer_take_in, sealed_salt(NOTODDEN, salt)));
	assert_string_equal(name_of_somebody(), before);
	assert_non_null(put(answer_take_in, sealed_salt(NOTODDEN, salt)));
	const char *after = name_of_somebody();

	assert_string_not_equal(after, before);
	assert_non_null(put(answer_take_in, sealed_salt(NOTODDEN, salt)));
	assert_true(keys_open(fixture_path(&f, "keeper"), NULL));
	assert_string_equal(name_of_somebody(), after);
	assert_true(issued_note("token:id", NOTODDEN, "skole", "k", &why));
	assert_non_null(put(answer_take_in, sealed_salt(NOTODDEN, salt)));
	assert_null(put(answer_take_in,
	                sealed_salt(NOTODDEN, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	                                      "AAAAAAAAAAE")));
	assert_string_equal(name_of_somebody(), after);
}

static json_t *public_of(const char *issuer)
{
	return put(answer_public, json_pack("{s:s}", "issuer", issuer));
}

static json_t *adopt_question(const char *jwk)
{
	json_t *key;

	assert_true(js_read(f.arena, jwk, strlen(jwk), &key, NULL));
	return json_pack("{s:s, s:O}", "issuer", "notodden", "jwk", key);
}

/* RFC 7515, A.3: the key, and its private part. */
#define ES_KEY                                                   \
	"\"kty\":\"EC\",\"crv\":\"P-256\","                      \
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define ES_PRIVATE ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\""

static void a_receivers_key_is_published_and_never_signs(void **state)
{
	const struct key *k;
	size_t before;

	(void)state;
	leaves_on("2099-01-01");
	before = json_array_size(
	    js_array(js_object(public_of("notodden"), "jwks"), "keys"));
	assert_null(
	    put(answer_adopt, adopt_question("{" ES_KEY ES_PRIVATE "}")));
	assert_null(
	    put(answer_adopt,
	        adopt_question("{\"kty\":\"EC\",\"crv\":\"P-256\","
	                       "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8"
	                       "Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tu"
	                       "e659LNpXW6pCyStikYjKIWI5a1\"}")));
	assert_null(
	    put_as(54321, answer_adopt, adopt_question("{" ES_KEY "}")));
	for (int twice = 0; twice < 2; twice++)
		assert_non_null(
		    put(answer_adopt,
		        adopt_question("{\"kid\":\"theirs\"," ES_KEY "}")));
	const json_t *keys =
	    js_array(js_object(public_of("notodden"), "jwks"), "keys");

	assert_int_equal(json_array_size(keys), before + 1);
	assert_string_equal(js_string(json_array_get(keys, before), "kid"),
	                    "theirs");
	assert_null(
	    put(answer_adopt, adopt_question(arena_print(
				  f.arena, "{\"kid\":\"%s\"," ES_KEY "}",
				  js_string(json_array_get(keys, 0), "kid")))));
	json_t *nameless = js_keep(f.arena, json_copy(json_array_get(keys, 0)));

	(void)json_object_del(nameless, "kid");
	assert_null(
	    put(answer_adopt, adopt_question(js_write(f.arena, nameless))));
	assert_true(
	    keys_signing("notodden", USE_OIDC, "ES256", clock_now(), &k, NULL));
	assert_string_not_equal(k->kid, "theirs");
}

static void a_receivers_certificate_stands_behind_ours(void **state)
{
	(void)state;
	leaves_on("2099-01-01");
	const char *theirs = json_string_value(
	    json_array_get(js_array(public_of("region"), "certificates"), 0));
	const char *ours = json_string_value(
	    json_array_get(js_array(public_of("notodden"), "certificates"), 0));

	assert_null(
	    put(answer_adopt, json_pack("{s:s, s:s}", "issuer", "notodden",
	                                "certificate", "AAAA")));
	assert_non_null(
	    put(answer_adopt, json_pack("{s:s, s:s}", "issuer", "notodden",
	                                "certificate", theirs)));
	const json_t *list = js_array(public_of("notodden"), "certificates");

	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(list, 0)), ours);
	assert_string_equal(json_string_value(json_array_get(list, 1)), theirs);
}

static json_t *say_question(const char *what, const char *sha256)
{
	return json_pack("{s:s, s:s, s:s}", "what", what, "municipality",
	                 "notodden", "sha256", sha256);
}

static void what_is_said_is_read_with_its_key_alone(void **state)
{
	struct fault why = { 0 };
	json_t *payload;

	(void)state;
	leaves_on("2099-01-01");
	assert_null(put(answer_say, say_question("token", SHA256)));
	assert_null(put(answer_say, say_question("bundle", "abc")));
	json_t *said = put(answer_say, say_question("bundle", SHA256));

	assert_non_null(said);
	const char *jws = js_string(said, "jws");
	const char *key = js_string(said, "thumbprint");

	assert_true(said_read(f.arena, jws, key, &payload, &why));
	assert_string_equal(js_string(payload, "sha256"), SHA256);
	assert_string_equal(js_string(payload, "municipality"), "notodden");
	assert_false(
	    said_read(f.arena, jws, keys_transfer()->kid, &payload, &why));
	assert_non_null(strstr(why.text, key));
	for (size_t i = 0; i < strlen(jws); i += 11) {
		char *other = arena_copy(f.arena, jws);

		other[i] = other[i] == 'A' ? 'B' : 'A';
		assert_false(said_read(f.arena, other, key, &payload, &why));
	}
}

static void keys_go_when_the_municipality_has_left_and_not_before(void **state)
{
	static const char issuer[] = "	issuer    " NOTODDEN "\n";
	const char *folder = fixture_path(&f, "keeper/notodden");
	json_t *question = json_pack("{s:s}", "municipality", "notodden");

	(void)state;
	leaves_on("2099-01-01");
	assert_null(put(answer_forget, json_incref(question)));
	region_release(r);
	read_with("", "	leaves 2099-01-01\n");
	leaves_on("2020-01-01");
	assert_null(put(answer_forget, json_incref(question)));
	assert_int_equal(access(folder, F_OK), 0);
	(void)unlink(fixture_path(&f, "services.d/skole.conf"));
	region_release(r);
	fixture_put(
	    &f, "services.d/skole.conf",
	    replaced(f.arena, fixture_skole, "	issuer notodden\n", ""));
	read_with("", issuer);
	assert_null(put_as(54321, answer_forget, json_incref(question)));
	assert_non_null(put(answer_forget, question));
	assert_int_equal(access(folder, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ONE(t) cmocka_unit_test_setup_teardown(t, open_all, close_all)
		ONE(a_key_is_derived_as_the_rfc_derives_it),
		ONE(what_is_closed_opens_for_its_receiver_and_unchanged_only),
		ONE(only_a_leaving_municipality_has_its_salt_closed),
		ONE(a_salt_is_taken_in_before_anybody_was_told_a_name),
		ONE(a_receivers_key_is_published_and_never_signs),
		ONE(a_receivers_certificate_stands_behind_ours),
		ONE(what_is_said_is_read_with_its_key_alone),
		ONE(keys_go_when_the_municipality_has_left_and_not_before),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}
