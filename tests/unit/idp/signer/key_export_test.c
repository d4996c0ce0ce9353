/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Off-boarding: which requests portvakt-signer serves, and which it
 * refuses. */
#include "tests/unit/region/config/fixture.h"

#include "idp/signer/jwe.h"
#include "idp/signer/signer.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "region/audit/es256.h"
#include "region/audit/signed_manifest.h"

#define NOTODDEN "https://innlogging.notodden.example"
#define SHA256 \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static struct fixture f;
static struct config *r;

/* Notodden's file with these lines added, and the value of without removed. */
static void read_config_with(const char *lines, const char *without)
{
	struct conf_errors wrong;
	const char *path = fixture_path(&f, "policies/notodden.conf");
	char *text = whole_file(f.arena, path);

	text = replaced(f.arena, text, "	domain ",
	                arena_printf(f.arena, "%s	domain ", lines));
	if (without)
		text = replaced(f.arena, text, without, "");
	fixture_put(&f, "policies/notodden.conf", text);
	r = config_load(f.arena, fixture_path(&f, "region.conf"), &wrong);
	for (size_t i = 0; !r && i < wrong.count; i++)
		print_error("%s\n", conf_error_format(f.arena, &wrong.at[i]));
	assert_non_null(r);
}

static int open_all(void **state)
{
	(void)state;
	f = fixture_open();
	config_unref(fixture_region(&f));
	read_config_with("", NULL);
	assert_true(keys_open(fixture_path(&f, "signer"), NULL));
	assert_true(signing_log_open(fixture_path(&f, "signer"), NULL));
	for (size_t i = 0; i < r->issuer_count; i++)
		assert_true(
		    keys_init(r->issuers[i].name, r->issuers[i].url, NULL));
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	config_unref(r);
	arena_close(f.arena);
	return 0;
}

static void set_offboarding_date(const char *date)
{
	config_unref(r);
	read_config_with(
	    arena_printf(f.arena, "	offboarding-date %s\n", date), NULL);
}

static json_t *call_handler_as(uid_t asker, enum ipc_message_type type,
                               json_t *body)
{
	const struct ipc_request q = { .arena = f.arena,
		                       .peer_uid = asker,
		                       .cfg = r };
	struct error err = { 0 };
	json_t *ret = NULL;

	return ipc_message_serve(&signer_handlers, &q, type,
	                         js_own(f.arena, body), &ret, &err)
	           ? ret
	           : NULL;
}

static json_t *call_handler(enum ipc_message_type type, json_t *body)
{
	return call_handler_as(0, type, body);
}

static json_t *transfer(void)
{
	json_t *jwk;
	const char *text = keys_transfer()->jwk;

	assert_true(js_parse(f.arena, text, strlen(text), &jwk, NULL));
	return json_incref(jwk);
}

static json_t *export_request(const char *issuer)
{
	return json_pack("{s:s, s:o}", "issuer", issuer, "to", transfer());
}

/* RFC 7518, appendix C. */
static void concat_kdf_matches_rfc_7518_vector(void **state)
{
	static const unsigned char z[] = { 158, 86,  217, 29,  129, 113, 53,
		                           211, 114, 131, 66,  131, 191, 132,
		                           38,  156, 251, 49,  110, 163, 218,
		                           128, 106, 72,  246, 218, 167, 121,
		                           140, 254, 144, 196 };
	unsigned char key[32];

	(void)state;
	jwe_concat_kdf(f.arena, z, sizeof(z), "A128GCM", "Alice", "Bob", 128,
	               key);
	assert_string_equal(base64url_encode(f.arena, key, 16),
	                    "VqqN6vgjbSBcIijNcacQGg");
}

static void jwe_decrypts_unmodified_for_recipient_only(void **state)
{
	struct error err = { 0 };
	char *jwe, *opened;
	json_t *to = js_own(f.arena, transfer());

	(void)state;
	assert_true(jwe_encrypt(f.arena, to, "a secret", &jwe, &err));
	assert_null(strstr(jwe, "a secret"));
	assert_true(
	    jwe_decrypt(f.arena, keys_transfer()->pkey, jwe, &opened, &err));
	assert_string_equal(opened, "a secret");
	assert_false(
	    jwe_decrypt(f.arena, keys_audit()->pkey, jwe, &opened, &err));
	for (size_t i = 0; i < strlen(jwe); i += 7) {
		char *other = arena_strdup(f.arena, jwe);

		other[i] = other[i] == 'A' ? 'B' : 'A';
		assert_false(jwe_decrypt(f.arena, keys_transfer()->pkey, other,
		                         &opened, &err));
	}
}

static void salt_is_exported_only_with_offboarding_date(void **state)
{
	(void)state;
	assert_null(call_handler(IPC_EXPORT_SALT, export_request("notodden")));
	set_offboarding_date("2099-01-01");
	assert_null(call_handler(IPC_EXPORT_SALT, export_request("region")));
	assert_null(call_handler_as(54321, IPC_EXPORT_SALT,
	                            export_request("notodden")));
	assert_null(call_handler(IPC_EXPORT_SALT,
	                         json_pack("{s:s}", "issuer", "notodden")));
	json_t *answer =
	    call_handler(IPC_EXPORT_SALT, export_request("notodden"));
	char *opened;

	assert_non_null(answer);
	assert_true(jwe_decrypt(f.arena, keys_transfer()->pkey,
	                        js_string(answer, "sealed"), &opened, NULL));
	assert_non_null(
	    strstr(opened, base64url_encode(f.arena, keys_salt("notodden"),
	                                    KEY_SECRET_BYTES)));
	assert_non_null(
	    strstr(whole_file(f.arena, fixture_path(&f, "signer/signing.log")),
	           "\"what\":\"salt\""));
}

static json_t *sealed_salt(const char *issuer, const char *salt)
{
	char *jwe;
	const char *text =
	    arena_printf(f.arena, "{\"v\":1,\"issuer\":\"%s\",\"salt\":\"%s\"}",
	                 issuer, salt);

	assert_true(jwe_encrypt(f.arena, js_own(f.arena, transfer()), text,
	                        &jwe, NULL));
	return json_pack("{s:s, s:s}", "issuer", "notodden", "sealed", jwe);
}

static const char *subject_of_test_person(void)
{
	json_t *answer = call_handler(
	    IPC_SUBJECT_IDENTIFIER,
	    json_pack("{s:s, s:s, s:s, s:s}", "issuer", "notodden", "kind",
	              "sub", "sector", "skole.example", "id", "somebody"));

	return js_string(answer, "value");
}

static void salt_is_imported_only_before_first_signature(void **state)
{
	static const char salt[] =
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	const char *before = subject_of_test_person();
	struct error err = { 0 };

	(void)state;
	assert_null(call_handler(IPC_IMPORT_SALT,
	                         sealed_salt("https://another.example", salt)));
	assert_null(call_handler_as(54321, IPC_IMPORT_SALT,
	                            sealed_salt(NOTODDEN, salt)));
	assert_string_equal(subject_of_test_person(), before);
	assert_non_null(
	    call_handler(IPC_IMPORT_SALT, sealed_salt(NOTODDEN, salt)));
	const char *after = subject_of_test_person();

	assert_string_not_equal(after, before);
	assert_non_null(
	    call_handler(IPC_IMPORT_SALT, sealed_salt(NOTODDEN, salt)));
	assert_true(keys_open(fixture_path(&f, "signer"), NULL));
	assert_true(keys_require_region(NULL));
	assert_string_equal(subject_of_test_person(), after);
	assert_true(
	    signing_log_append("token:id", NOTODDEN, "skole", "k", &err));
	assert_non_null(
	    call_handler(IPC_IMPORT_SALT, sealed_salt(NOTODDEN, salt)));
	assert_null(call_handler(IPC_IMPORT_SALT,
	                         sealed_salt(NOTODDEN,
	                                     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	                                     "AAAAAAAAAAE")));
	assert_string_equal(subject_of_test_person(), after);
}

static json_t *public_keys_of(const char *issuer)
{
	return call_handler(IPC_PUBLIC_KEYS,
	                    json_pack("{s:s}", "issuer", issuer));
}

static json_t *import_request(const char *jwk)
{
	json_t *key;

	assert_true(js_parse(f.arena, jwk, strlen(jwk), &key, NULL));
	return json_pack("{s:s, s:O}", "issuer", "notodden", "jwk", key);
}

/* RFC 7515, A.3: the public key, and the private value. */
#define ES_KEY                                                   \
	"\"kty\":\"EC\",\"crv\":\"P-256\","                      \
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define ES_PRIVATE ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\""

static void imported_key_is_published_and_never_signs(void **state)
{
	const struct key *k;
	size_t before;

	(void)state;
	set_offboarding_date("2099-01-01");
	before = json_array_size(
	    js_array(js_object(public_keys_of("notodden"), "jwks"), "keys"));
	assert_null(call_handler(IPC_IMPORT_PUBLIC_KEY,
	                         import_request("{" ES_KEY ES_PRIVATE "}")));
	assert_null(call_handler(
	    IPC_IMPORT_PUBLIC_KEY,
	    import_request("{\"kty\":\"EC\",\"crv\":\"P-256\","
	                   "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8"
	                   "Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tu"
	                   "e659LNpXW6pCyStikYjKIWI5a1\"}")));
	assert_null(call_handler_as(54321, IPC_IMPORT_PUBLIC_KEY,
	                            import_request("{" ES_KEY "}")));
	for (int twice = 0; twice < 2; twice++)
		assert_non_null(call_handler(
		    IPC_IMPORT_PUBLIC_KEY,
		    import_request("{\"kid\":\"theirs\"," ES_KEY "}")));
	const json_t *keys =
	    js_array(js_object(public_keys_of("notodden"), "jwks"), "keys");

	assert_int_equal(json_array_size(keys), before + 1);
	assert_string_equal(js_string(json_array_get(keys, before), "kid"),
	                    "theirs");
	assert_null(
	    call_handler(IPC_IMPORT_PUBLIC_KEY,
	                 import_request(arena_printf(
			     f.arena, "{\"kid\":\"%s\"," ES_KEY "}",
			     js_string(json_array_get(keys, 0), "kid")))));
	json_t *nameless = js_own(f.arena, json_copy(json_array_get(keys, 0)));

	(void)json_object_del(nameless, "kid");
	assert_null(call_handler(IPC_IMPORT_PUBLIC_KEY,
	                         import_request(js_dump(f.arena, nameless))));
	assert_true(
	    keys_active("notodden", USE_OIDC, "ES256", clock_now(), &k, NULL));
	assert_string_not_equal(k->kid, "theirs");
}

static void imported_certificate_follows_own(void **state)
{
	(void)state;
	set_offboarding_date("2099-01-01");
	const char *theirs = json_string_value(json_array_get(
	    js_array(public_keys_of("region"), "certificates"), 0));
	const char *ours = json_string_value(json_array_get(
	    js_array(public_keys_of("notodden"), "certificates"), 0));

	assert_null(call_handler(IPC_IMPORT_PUBLIC_KEY,
	                         json_pack("{s:s, s:s}", "issuer", "notodden",
	                                   "certificate", "AAAA")));
	assert_non_null(call_handler(
	    IPC_IMPORT_PUBLIC_KEY, json_pack("{s:s, s:s}", "issuer", "notodden",
	                                     "certificate", theirs)));
	const json_t *list =
	    js_array(public_keys_of("notodden"), "certificates");

	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(list, 0)), ours);
	assert_string_equal(json_string_value(json_array_get(list, 1)), theirs);
}

static json_t *manifest_request(const char *what, const char *sha256)
{
	return json_pack("{s:s, s:s, s:s}", "what", what, "municipality",
	                 "notodden", "sha256", sha256);
}

static void manifest_verifies_with_its_key_only(void **state)
{
	struct error err = { 0 };
	json_t *payload;

	(void)state;
	set_offboarding_date("2099-01-01");
	assert_null(
	    call_handler(IPC_SIGN_MANIFEST, manifest_request("token", SHA256)));
	assert_null(
	    call_handler(IPC_SIGN_MANIFEST, manifest_request("bundle", "abc")));
	json_t *reply =
	    call_handler(IPC_SIGN_MANIFEST, manifest_request("bundle", SHA256));

	assert_non_null(reply);
	const char *jws = js_string(reply, "jws");
	const char *key = js_string(reply, "thumbprint");

	assert_true(signed_manifest_verify(f.arena, jws, key, &payload, &err));
	assert_string_equal(js_string(payload, "sha256"), SHA256);
	assert_string_equal(js_string(payload, "municipality"), "notodden");
	assert_false(signed_manifest_verify(f.arena, jws, keys_transfer()->kid,
	                                    &payload, &err));
	assert_non_null(strstr(err.text, key));
	for (size_t i = 0; i < strlen(jws); i += 11) {
		char *other = arena_strdup(f.arena, jws);

		other[i] = other[i] == 'A' ? 'B' : 'A';
		assert_false(signed_manifest_verify(f.arena, other, key,
		                                    &payload, &err));
	}
}

static void keys_are_deleted_only_after_offboarding(void **state)
{
	static const char issuer[] = "	issuer               " NOTODDEN "\n";
	const char *folder = fixture_path(&f, "signer/notodden");
	json_t *question = json_pack("{s:s}", "municipality", "notodden");

	(void)state;
	set_offboarding_date("2099-01-01");
	assert_null(
	    call_handler(IPC_PURGE_MUNICIPALITY, json_incref(question)));
	config_unref(r);
	read_config_with("", "	offboarding-date 2099-01-01\n");
	set_offboarding_date("2020-01-01");
	assert_null(
	    call_handler(IPC_PURGE_MUNICIPALITY, json_incref(question)));
	assert_int_equal(access(folder, F_OK), 0);
	(void)unlink(fixture_path(&f, "services.d/skole.conf"));
	config_unref(r);
	fixture_put(
	    &f, "services.d/skole.conf",
	    replaced(f.arena, fixture_skole, "	issuer notodden\n", ""));
	read_config_with("", issuer);
	assert_null(call_handler_as(54321, IPC_PURGE_MUNICIPALITY,
	                            json_incref(question)));
	assert_non_null(call_handler(IPC_PURGE_MUNICIPALITY, question));
	assert_int_equal(access(folder, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ONE(t) cmocka_unit_test_setup_teardown(t, open_all, close_all)
		ONE(concat_kdf_matches_rfc_7518_vector),
		ONE(jwe_decrypts_unmodified_for_recipient_only),
		ONE(salt_is_exported_only_with_offboarding_date),
		ONE(salt_is_imported_only_before_first_signature),
		ONE(imported_key_is_published_and_never_signs),
		ONE(imported_certificate_follows_own),
		ONE(manifest_verifies_with_its_key_only),
		ONE(keys_are_deleted_only_after_offboarding),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}
