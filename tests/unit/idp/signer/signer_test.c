/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Which requests portvakt-signer signs, and which it refuses. */
#include "tests/unit/region/config/fixture.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "idp/saml/signature_verify.h"
#include "idp/signer/signer.h"
#include "lib/aead.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/inflate.h"
#include "lib/xml.h"

#define ISSUER    "https://innlogging.kongsbergregionen.example"
#define ENTITY    ISSUER "/saml/metadata"
#define NOTODDEN  "https://innlogging.notodden.example"
#define OKONOMI   "https://okonomi.kongsbergregionen.example/saml"
#define ACS       "https://sp.okonomi.example/acs?a=1&amp;b=2"
#define SAML_NS   "xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\""
#define SAMLP_NS  "xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\""
#define BINDING   "urn:oasis:names:tc:SAML:2.0:bindings:"
#define POST      BINDING "HTTP-POST"
#define ARTIFACT  BINDING "HTTP-Artifact"
#define SUCCESS   "urn:oasis:names:tc:SAML:2.0:status:Success"
#define RESPONDER "urn:oasis:names:tc:SAML:2.0:status:Responder"

static struct fixture f;
static struct config *r;

static int open_all(void **state)
{
	struct conf_errors wrong;

	(void)state;
	f = fixture_open();
	r = fixture_region(&f);
	config_unref(r);
	fixture_put(&f, "metadata/okonomi.xml",
	            "<?xml version=\"1.0\"?>\n<!-- <EntityDescriptor "
	            "entityID=\"https://another.example\"> -->\n"
	            "<md:EntityDescriptor xmlns:md='x'\n  entityID='" OKONOMI
	            "'><md:SPSSODescriptor>"
	            "<!-- <md:AssertionConsumerService Binding=\"" POST
	            "\" Location=\"https://comment.example/acs\"/> -->"
	            "<![CDATA[><md:AssertionConsumerService Binding=\"" POST
	            "\" Location=\"https://cdata.example/acs\"/>]]>"
	            "<md:SingleLogoutService Binding=\"" POST
	            "\" Location=\"https://logout.example/slo\"/>"
	            "<md:AssertionConsumerService Binding=\"" ARTIFACT
	            "\" Location=\"https://artifact.example/acs\"/>"
	            "<md:AssertionConsumerService Binding=\"" POST
	            "\" Location=\"https://first.example/acs\"/>"
	            "<md:AssertionConsumerService Binding='" POST
	            "'\n Location='" ACS "' index=\"2\"/>"
	            "</md:SPSSODescriptor></md:EntityDescriptor>");
	fixture_put(&f, "services.d/lonn.conf",
	            "service lonn {\n\tname \"Lønn\"\n\tissuer region\n"
	            "\tlaunch-url https://lonn.example/\n"
	            "\tsaml metadata/lonn.xml\n\tattributes name\n"
	            "\trequire from closed\n}\n");
	fixture_put(&f, "metadata/lonn.xml",
	            "<EntityDescriptor entityID=\"https://lonn.example/saml\">"
	            "<AssertionConsumerService Binding=\"" POST
	            "\" Location=\"https://lonn.example/acs\"/>"
	            "</EntityDescriptor>");
	r = config_load(f.arena, fixture_path(&f, "region.conf"), &wrong);
	assert_non_null(r);
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

/* Returns the response, allocated in the fixture; on error NULL, and err. */
static json_t *call_process(const struct ipc_handlers *handlers,
                            enum ipc_message_type type, json_t *body,
                            struct error *err)
{
	const struct ipc_request q = { .arena = f.arena, .cfg = r };
	json_t *ret = NULL;

	*err = (struct error){ 0 };
	return ipc_message_serve(handlers, &q, type, js_own(f.arena, body),
	                         &ret, err)
	           ? ret
	           : NULL;
}

static json_t *call_handler(enum ipc_message_type type, json_t *body,
                            struct error *err)
{
	return call_process(&signer_handlers, type, body, err);
}

/* The signer of synchronisation. */
static json_t *call_id_crypto(enum ipc_message_type type, json_t *body,
                              struct error *err)
{
	return call_process(&id_crypto_handlers, type, body, err);
}

/* ---- tokens */

static json_t *claims_for(const char *text)
{
	char now[32];
	const long long at = clock_now(); /* once: a second may end */
	json_t *claims;

	(void)snprintf(now, sizeof(now), "%lld", at);
	/* NOW, HOUR, ... in the tables are replaced by values. */
	char *all = replaced(f.arena, text, "NOW", now);
	(void)snprintf(now, sizeof(now), "%lld", at + 3600);
	all = replaced(f.arena, all, "HOUR", now);
	(void)snprintf(now, sizeof(now), "%lld", at + 600);
	all = replaced(f.arena, all, "TENMIN", now);
	(void)snprintf(now, sizeof(now), "%lld", at + 10 * 365 * 86400);
	all = replaced(f.arena, all, "TENYEARS", now);
	(void)snprintf(now, sizeof(now), "%lld", at + 90);
	all = replaced(f.arena, all, "SOON", now);
	assert_true(js_parse(f.arena, all, strlen(all), &claims, NULL));
	return claims;
}

static json_t *token_request(const char *issuer, const char *alg,
                             const char *use, const char *claims)
{
	return json_pack("{s:s, s:s, s:s, s:O}", "issuer", issuer, "alg", alg,
	                 "use", use, "claims", claims_for(claims));
}

#define ID(rest) "{\"iss\":\"" ISSUER "\",\"aud\":\"arkiv\",\"sub\":\"x\"," rest
#define EVENT                                            \
	"\"events\":{\"http://schemas.openid.net/event/" \
	"backchannel-logout\":{}}"

static void token_is_signed_or_refused(void **state)
{
	static const struct {
		const char *label, *issuer, *alg, *use, *claims;
		bool good;
	} rows[] = {
		{ "an ordinary ID token", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR}"), true },
		{ "a wrong audience", "region", "RS256", "id",
		  "{\"iss\":\"" ISSUER "\",\"aud\":\"stranger\",\"sub\":\"x\","
		  "\"iat\":NOW,\"exp\":HOUR}",
		  false },
		{ "another issuer's client", "region", "RS256", "id",
		  "{\"iss\":\"" ISSUER "\",\"aud\":\"skole\",\"sub\":\"x\","
		  "\"iat\":NOW,\"exp\":HOUR}",
		  false },
		{ "a foreign issuer", "region", "RS256", "id",
		  "{\"iss\":\"https://evil.example\",\"aud\":\"arkiv\","
		  "\"sub\":\"x\",\"iat\":NOW,\"exp\":HOUR}",
		  false },
		{ "another issuer of ours", "region", "RS256", "id",
		  "{\"iss\":\"" NOTODDEN "\",\"aud\":\"arkiv\",\"sub\":\"x\","
		  "\"iat\":NOW,\"exp\":HOUR}",
		  false },
		{ "an unknown issuer", "unknown", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR}"), false },
		{ "Notodden's own client", "notodden", "RS256", "id",
		  "{\"iss\":\"" NOTODDEN "\",\"aud\":\"skole\",\"sub\":\"x\","
		  "\"iat\":NOW,\"exp\":HOUR}",
		  true },
		{ "ten years", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":TENYEARS}"), false },
		{ "no end", "region", "RS256", "id", ID("\"iat\":NOW}"),
		  false },
		{ "an end that is a text", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":\"HOUR\"}"), false },
		{ "a fraction", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR.5}"), false },
		{ "an end before its beginning", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":1}"), false },
		{ "iat ahead", "region", "RS256", "id",
		  ID("\"iat\":SOON,\"exp\":HOUR}"), false },
		{ "iat long ago", "region", "RS256", "id",
		  ID("\"iat\":1000,\"exp\":2000}"), false },
		{ "the smallest iat", "region", "RS256", "id",
		  ID("\"iat\":-9223372036854775808,\"exp\":HOUR}"), false },
		{ "no iat", "region", "RS256", "id", ID("\"exp\":HOUR}"),
		  false },
		{ "two audiences", "region", "RS256", "id",
		  "{\"iss\":\"" ISSUER "\",\"aud\":[\"arkiv\",\"skole\"],"
		  "\"sub\":\"x\",\"iat\":NOW,\"exp\":HOUR}",
		  false },
		{ "no subject", "region", "RS256", "id",
		  "{\"iss\":\"" ISSUER
		  "\",\"aud\":\"arkiv\",\"iat\":NOW,\"exp\":HOUR}",
		  false },
		{ "another party", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR,\"azp\":\"skole\"}"), false },
		{ "another algorithm than the client's", "region", "ES256",
		  "id", ID("\"iat\":NOW,\"exp\":HOUR}"), false },
		{ "no algorithm", "region", "none", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR}"), false },
		{ "a shared secret", "region", "HS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR}"), false },
		{ "an unknown use", "region", "RS256", "access",
		  ID("\"iat\":NOW,\"exp\":HOUR}"), false },
		{ "an ID token with a logout event", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR," EVENT "}"), false },
		{ "a password", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR,\"auth_time\":NOW,\"acr\":"
		     "\"idporten-loa-low\",\"amr\":[\"pwd\"]}"),
		  true },
		{ "a higher level", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR,\"acr\":"
		     "\"idporten-loa-high\"}"),
		  false },
		{ "two factors as acr", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR,\"acr\":"
		     "\"https://refeds.org/profile/mfa\"}"),
		  false },
		{ "two levels", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR,\"acr\":"
		     "[\"idporten-loa-low\"]}"),
		  false },
		{ "a second factor", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR,\"amr\":[\"pwd\",\"otp\"]}"),
		  false },
		{ "a method that is no list", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR,\"amr\":\"pwd\"}"), false },
		{ "a login long ago", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR,\"auth_time\":1000}"), false },
		{ "a login in future", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR,\"auth_time\":HOUR}"), false },
		{ "a login that is no number", "region", "RS256", "id",
		  ID("\"iat\":NOW,\"exp\":HOUR,\"auth_time\":\"NOW\"}"),
		  false },
		{ "a logout token", "region", "RS256", "logout",
		  ID("\"iat\":NOW,\"exp\":TENMIN,\"jti\":\"1\"," EVENT "}"),
		  true },
		{ "a logout token of an hour", "region", "RS256", "logout",
		  ID("\"iat\":NOW,\"exp\":HOUR,\"jti\":\"1\"," EVENT "}"),
		  false },
		{ "a logout token with a nonce", "region", "RS256", "logout",
		  ID("\"iat\":NOW,\"exp\":TENMIN,\"jti\":\"1\",\"nonce\":"
		     "\"n\"," EVENT "}"),
		  false },
		{ "a logout token of no event", "region", "RS256", "logout",
		  ID("\"iat\":NOW,\"exp\":TENMIN,\"jti\":\"1\"}"), false },
		{ "without an end, as userinfo", "region", "RS256", "userinfo",
		  ID("\"iat\":NOW}"), false },
		{ "without an end", "region", "RS256", "id", ID("\"iat\":NOW}"),
		  false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct error err;
		json_t *answer =
		    call_handler(IPC_SIGN_TOKEN,
		                 token_request(rows[i].issuer, rows[i].alg,
		                               rows[i].use, rows[i].claims),
		                 &err);

		if ((answer != NULL) != rows[i].good)
			fail_msg("%s: %s", rows[i].label, err.text);
	}
}

/* Returns whether k signed the token, and the token's header. */
static bool is_signed_by(const struct key *k, const char *token,
                         json_t **ret_header)
{
	size_t count, length;
	char **parts = text_split(f.arena, token, ".", &count);
	unsigned char *bytes;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const char *signed_part =
	    arena_printf(f.arena, "%s.%s", parts[0], parts[1]);

	assert_int_equal(count, 3);
	assert_true(base64url_decode(f.arena, parts[0], strlen(parts[0]),
	                             &bytes, &length));
	assert_true(
	    js_parse(f.arena, (const char *)bytes, length, ret_header, NULL));
	assert_true(base64url_decode(f.arena, parts[2], strlen(parts[2]),
	                             &bytes, &length));
	assert_int_equal(
	    EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, k->pkey), 1);
	bool good = EVP_DigestVerify(ctx, bytes, length,
	                             (const unsigned char *)signed_part,
	                             strlen(signed_part)) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

static void token_header_names_key_and_type(void **state)
{
	static const struct {
		const char *use, *claims, *typ;
	} rows[] = {
		{ "id", ID("\"iat\":NOW,\"exp\":HOUR}"), "JWT" },
		{ "logout",
		  ID("\"iat\":NOW,\"exp\":TENMIN,\"jti\":\"1\"," EVENT "}"),
		  "logout+jwt" },
	};
	const struct key *k;

	(void)state;
	assert_true(
	    keys_active("region", USE_OIDC, "RS256", clock_now(), &k, NULL));
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct error err;
		json_t *header;
		json_t *answer =
		    call_handler(IPC_SIGN_TOKEN,
		                 token_request("region", "RS256", rows[i].use,
		                               rows[i].claims),
		                 &err);

		assert_non_null(answer);
		assert_true(
		    is_signed_by(k, js_string(answer, "token"), &header));
		assert_string_equal(js_string(header, "typ"), rows[i].typ);
		assert_string_equal(js_string(header, "alg"), "RS256");
		assert_string_equal(js_string(header, "kid"), k->kid);
	}
}

static void signing_log_has_no_token_or_person(void **state)
{
	struct error err;
	json_t *answer = call_handler(
	    IPC_SIGN_TOKEN,
	    token_request("region", "RS256", "id",
	                  "{\"iss\":\"" ISSUER
	                  "\",\"aud\":\"arkiv\",\"sub\":\"another-one\","
	                  "\"iat\":NOW,\"exp\":HOUR}"),
	    &err);
	const char *log =
	    whole_file(f.arena, fixture_path(&f, "signer/signing.log"));

	(void)state;
	assert_non_null(answer);
	assert_non_null(strstr(log, "\"what\":\"token:id\""));
	assert_non_null(strstr(log, "\"audience\":\"arkiv\""));
	assert_null(strstr(log, "another-one"));
	assert_null(strstr(log, js_string(answer, "token")));
}

/* ---- keys */

static void key_files_are_private(void **state)
{
	struct stat st;
	size_t count;
	char **names;

	(void)state;
	assert_int_equal(stat(fixture_path(&f, "signer/region"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_true(file_list(f.arena, fixture_path(&f, "signer/region"),
	                      ".pem", &names, &count, NULL));
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(
		    stat(arena_printf(f.arena, "%s/signer/region/%s", f.folder,
		                      names[i]),
		         &st),
		    0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

static size_t published(const char *issuer, const char *alg)
{
	struct error err;
	json_t *answer = call_handler(
	    IPC_PUBLIC_KEYS, json_pack("{s:s}", "issuer", issuer), &err);
	json_t *key;
	size_t i, count = 0;

	assert_non_null(answer);
	json_array_foreach(js_array(js_object(answer, "jwks"), "keys"), i, key)
	{
		assert_null(json_object_get(key, "d"));
		assert_null(json_object_get(key, "p"));
		count += text_equal(js_string(key, "alg"), alg);
	}
	return count;
}

static json_t *rotate_keys(const char *use, int64_t from, struct error *err)
{
	return call_handler(IPC_KEY_ROTATE,
	                    json_pack("{s:s, s:s, s:I}", "issuer", "notodden",
	                              "use", use, "from", (json_int_t)from),
	                    err);
}

static void next_and_previous_keys_are_published(void **state)
{
	const int64_t now = clock_now();
	const struct key *before, *at_once, *after;
	struct error err;
	struct key_row *rows;

	(void)state;
	assert_true(
	    keys_active("notodden", USE_OIDC, "ES256", now, &before, NULL));
	assert_int_equal(published("notodden", "ES256"), 1);
	assert_int_equal(json_array_size(js_array(
			     rotate_keys("oidc", now + 100, &err), "kids")),
	                 2);
	assert_int_equal(published("notodden", "ES256"), 2);
	assert_int_equal(published("notodden", "RS256"), 2);
	assert_true(
	    keys_active("notodden", USE_OIDC, "ES256", now, &at_once, NULL));
	assert_string_equal(at_once->kid, before->kid);
	assert_true(keys_active("notodden", USE_OIDC, "ES256", now + 100,
	                        &after, NULL));
	assert_string_not_equal(after->kid, before->kid);
	/* A second next key before the first one signs is an error. */
	assert_null(rotate_keys("oidc", now + 200, &err));
	assert_int_equal(err.kind, ERROR_REFUSED);
	/* Later the first key is the previous one, and after one more it is
	 * retired. */
	assert_true(keys_rotate("notodden", NOTODDEN, USE_OIDC, now + 300,
	                        now + 200, NULL));
	size_t count = keys_list(f.arena, "notodden", now + 400, &rows);
	int of_state[4] = { 0 };

	for (size_t i = 0; i < count; i++)
		if (text_equal(rows[i].key->alg, "ES256"))
			of_state[rows[i].state]++;
	assert_int_equal(of_state[KEY_RETIRED], 1);
	assert_int_equal(of_state[KEY_PREVIOUS], 1);
	assert_int_equal(of_state[KEY_ACTIVE], 1);
	assert_int_equal(of_state[KEY_NEXT], 0);
}

static void key_rotation_request_is_checked(void **state)
{
	const int64_t now = clock_now();
	struct error err;

	(void)state;
	assert_null(rotate_keys("mac", now, &err));
	assert_null(rotate_keys("saml", now - 1000, &err));
	assert_null(rotate_keys("saml", now + 400 * 86400, &err));
	assert_non_null(rotate_keys("saml", now + 1000, &err));
	json_t *answer = call_handler(
	    IPC_PUBLIC_KEYS, json_pack("{s:s}", "issuer", "notodden"), &err);

	assert_int_equal(json_array_size(js_array(answer, "certificates")), 2);
}

static void keys_are_loaded_after_restart(void **state)
{
	const struct key *before, *after;
	unsigned char salt[KEY_SECRET_BYTES], mac[KEY_SECRET_BYTES];

	(void)state;
	assert_true(keys_active("region", USE_SAML, "RS256", clock_now(),
	                        &before, NULL));
	memcpy(salt, keys_salt("region"), KEY_SECRET_BYTES);
	memcpy(mac, keys_mac(), KEY_SECRET_BYTES);
	assert_true(keys_open(fixture_path(&f, "signer"), NULL));
	assert_true(keys_load_all(r, NULL));
	assert_true(keys_active("region", USE_SAML, "RS256", clock_now(),
	                        &after, NULL));
	assert_string_equal(before->kid, after->kid);
	assert_string_equal(before->certificate, after->certificate);
	assert_memory_equal(salt, keys_salt("region"), KEY_SECRET_BYTES);
	assert_memory_equal(mac, keys_mac(), KEY_SECRET_BYTES);
}

/* ---- MACs and subjects */

static const char hex[] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static json_t *mac_request(const char *kind, const char *key, const char *value,
                           const char *mac)
{
	json_t *item =
	    json_pack("{s:s, s:s, s:s}", "kind", kind, "key", key, "digest",
	              value ? hash_sha256_base64url(f.arena, value) : "");

	js_set_string(item, "mac", mac);
	return json_pack("{s:[o]}", "items", item);
}

static void transaction_keys_are_those_of_today_and_yesterday(void **state)
{
	struct error err;
	json_t *answer =
	    call_handler(IPC_TRANSACTION_KEYS, json_object(), &err);
	json_t *keys = js_array(answer, "keys");
	const char *today = json_string_value(json_array_get(keys, 0));
	const char *yesterday = json_string_value(json_array_get(keys, 1));
	int64_t until = js_number(answer, "until", 0);

	(void)state;
	assert_int_equal(json_array_size(keys), 2);
	assert_int_equal(strlen(today), 43);
	assert_int_equal(strlen(yesterday), 43);
	assert_string_not_equal(today, yesterday);
	assert_int_equal(until % 86400, 0);
	assert_in_range(until - clock_now(), 0, 86400);
}

static void mac_covers_kind_key_and_value(void **state)
{
	struct error err;
	json_t *answer =
	    call_handler(IPC_MAC_CREATE,
	                 mac_request("session", hex, "{\"v\":1}", NULL), &err);
	const char *mac;
	char other[sizeof(hex)];

	(void)state;
	assert_non_null(answer);
	mac = json_string_value(json_array_get(js_array(answer, "macs"), 0));
	assert_int_equal(strlen(mac), 43);
	memcpy(other, hex, sizeof(hex));
	other[0] = 'f';
	assert_non_null(
	    call_handler(IPC_MAC_VERIFY,
	                 mac_request("session", hex, "{\"v\":1}", mac), &err));
	assert_null(call_handler(
	    IPC_MAC_VERIFY, mac_request("code", hex, "{\"v\":1}", mac), &err));
	assert_int_equal(err.kind, ERROR_REFUSED);
	assert_null(call_handler(
	    IPC_MAC_VERIFY, mac_request("session", other, "{\"v\":1}", mac),
	    &err));
	assert_null(call_handler(IPC_MAC_VERIFY,
	                         mac_request("session", hex, "{\"v\":2}", mac),
	                         &err));
	assert_null(call_handler(IPC_MAC_VERIFY,
	                         mac_request("session", hex, "{\"v\":1}", ""),
	                         &err));
	assert_null(call_handler(IPC_MAC_VERIFY,
	                         mac_request("session", hex, "{\"v\":1}", NULL),
	                         &err));
	assert_null(call_handler(IPC_MAC_CREATE,
	                         mac_request("replay", hex, "1", NULL), &err));
	assert_null(call_handler(
	    IPC_MAC_CREATE, mac_request("session", "0a", "1", NULL), &err));
	assert_null(call_handler(
	    IPC_MAC_CREATE, mac_request("session", hex, NULL, NULL), &err));
	assert_null(
	    call_handler(IPC_MAC_CREATE, json_pack("{s:[]}", "items"), &err));
}

/* The token gets the checks of its own request; on error no MAC is returned. */
static void token_requested_with_macs_is_checked(void **state)
{
	struct error err;
	json_t *question = mac_request("session", hex, "{\"v\":1}", NULL);
	json_t *answer;

	(void)state;
	(void)json_object_set_new(
	    question, "token",
	    token_request("region", "RS256", "id",
	                  ID("\"iat\":NOW,\"exp\":HOUR}")));
	answer = call_handler(IPC_MAC_CREATE, json_incref(question), &err);
	assert_non_null(answer);
	assert_int_equal(json_array_size(js_array(answer, "macs")), 1);
	assert_non_null(strchr(js_string(answer, "token"), '.'));
	(void)json_object_set_new(js_object(question, "token"), "alg",
	                          json_string("ES256"));
	assert_null(call_handler(IPC_MAC_CREATE, question, &err));
	assert_int_equal(err.kind, ERROR_REFUSED);
}

static const char *subject(const char *issuer, const char *kind,
                           const char *sector, const char *id)
{
	struct error err;
	json_t *answer =
	    call_handler(IPC_SUBJECT_IDENTIFIER,
	                 json_pack("{s:s, s:s, s:s, s:s}", "issuer", issuer,
	                           "kind", kind, "sector", sector, "id", id),
	                 &err);

	return answer ? js_string(answer, "value") : NULL;
}

static void subject_identifier_differs_per_service(void **state)
{
	const char *one = subject("region", "sub", "a.example", "p");
	unsigned char mac[HASH_SHA256_SIZE];

	(void)state;
	hash_hmac_sha256(keys_salt("region"), KEY_SECRET_BYTES,
	                 "sub\0a.example\0p", 15, mac);
	assert_string_equal(one, base64url_encode(f.arena, mac, sizeof(mac)));
	assert_string_equal(one, subject("region", "sub", "a.example", "p"));
	assert_string_not_equal(one,
	                        subject("region", "sub", "b.example", "p"));
	assert_string_not_equal(one,
	                        subject("region", "nameid", "a.example", "p"));
	assert_string_not_equal(one,
	                        subject("notodden", "sub", "a.example", "p"));
	assert_null(subject("region", "other", "a.example", "p"));
	assert_null(subject("region", "sub", "", "p"));
	assert_null(subject("nobody", "sub", "a.example", "p"));
}

static void audit_head_signature_names_its_purpose(void **state)
{
	struct error err;
	json_t *answer = call_handler(
	    IPC_SIGN_AUDIT_HEAD, json_pack("{s:s}", "head", "a b c"), &err);
	const char *text = "portvakt record head 1\na b c";
	unsigned char *rs;
	size_t length;

	(void)state;
	assert_non_null(answer);
	assert_string_equal(js_string(answer, "kid"), keys_audit()->kid);
	const char *signature = js_string(answer, "signature");

	assert_true(base64url_decode(f.arena, signature, strlen(signature), &rs,
	                             &length));
	assert_int_equal(length, 64);
	ECDSA_SIG *pair = ECDSA_SIG_new();
	unsigned char *der = NULL;

	assert_true(ECDSA_SIG_set0(pair, BN_bin2bn(rs, 32, NULL),
	                           BN_bin2bn(rs + 32, 32, NULL)));
	int der_length = i2d_ECDSA_SIG(pair, &der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL,
	                                      keys_audit()->pkey),
	                 1);
	assert_int_equal(EVP_DigestVerify(ctx, der, (size_t)der_length,
	                                  (const unsigned char *)text,
	                                  strlen(text)),
	                 1);
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(der);
	ECDSA_SIG_free(pair);
}

/* ---- SAML */

static const char assertion[] =
    "<saml:Assertion " SAML_NS " ID=\"_a1\" IssueInstant=\"NOW\" "
    "Version=\"2.0\">"
    "<saml:Issuer>" ENTITY "</saml:Issuer>"
    "<saml:Subject><saml:NameID>abc &amp; æøå</saml:NameID>"
    "<saml:SubjectConfirmation Method=\"bearer\">"
    "<saml:SubjectConfirmationData NotOnOrAfter=\"SOON\" Recipient=\"" ACS "\">"
    "</saml:SubjectConfirmationData></saml:SubjectConfirmation>"
    "</saml:Subject>"
    "<saml:Conditions NotBefore=\"NOW\" NotOnOrAfter=\"SOON\">"
    "<saml:AudienceRestriction><saml:Audience>" OKONOMI
    "</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
    "</saml:Assertion>";

static const char response[] =
    "<samlp:Response " SAMLP_NS " Destination=\"" ACS
    "\" ID=\"_r1\" IssueInstant=\"NOW\" "
    "Version=\"2.0\">"
    "<saml:Issuer " SAML_NS ">" ENTITY "</saml:Issuer>"
    "<samlp:Status><samlp:StatusCode Value=\"" SUCCESS
    "\"></samlp:StatusCode></samlp:Status>"
    "INSIDE</samlp:Response>";

static const char failure[] =
    "<samlp:Response " SAMLP_NS " Destination=\"" ACS
    "\" ID=\"_r2\" IssueInstant=\"NOW\" Version=\"2.0\">"
    "<saml:Issuer " SAML_NS ">" ENTITY "</saml:Issuer>"
    "<samlp:Status><samlp:StatusCode Value=\"" RESPONDER
    "\"></samlp:StatusCode></samlp:Status></samlp:Response>";

static const char logout[] =
    "<samlp:LogoutRequest " SAMLP_NS " ID=\"_l1\" IssueInstant=\"NOW\" "
    "Version=\"2.0\">"
    "<saml:Issuer " SAML_NS ">" ENTITY "</saml:Issuer>"
    "<saml:NameID " SAML_NS ">abc</saml:NameID></samlp:LogoutRequest>";

/* The same times in each call: what is signed is written twice. */
static const char *with_times(const char *xml)
{
	static int64_t now;

	if (now == 0)
		now = clock_now();
	const char *text =
	    replaced(f.arena, xml, "NOW", clock_format_iso(f.arena, now));

	text = replaced(f.arena, text, "SOON",
	                clock_format_iso(f.arena, now + 300));
	return replaced(f.arena, text, "LATER",
	                clock_format_iso(f.arena, now + 3600));
}

static const char *sign(const char *xml, struct error *err)
{
	json_t *answer =
	    call_handler(IPC_SIGN_SAML,
	                 json_pack("{s:s, s:s}", "issuer", "region", "element",
	                           with_times(xml)),
	                 err);

	return answer ? js_string(answer, "signature") : NULL;
}

/* After the Issuer, as the schema requires. */
static const char *with_signature(const char *xml, const char *signature)
{
	const char *at = strstr(xml, "</saml:Issuer>");

	assert_non_null(at);
	at += strlen("</saml:Issuer>");
	return arena_printf(f.arena, "%.*s%s%s", (int)(at - xml), xml,
	                    signature, at);
}

static void assert_xmlsec_agrees(const char *xml, const char *inside)
{
	struct error err = { 0 };
	const struct key *k;
	struct verify_key *key;
	const struct xml *root;

	assert_true(
	    keys_active("region", USE_SAML, "RS256", clock_now(), &k, NULL));
	assert_true(
	    verify_key_from_certificate(f.arena, k->certificate, &key, &err));
	if (!xml_parse(f.arena, xml, strlen(xml), 65536, XML_MESSAGE, &root,
	               &err))
		fail_msg("%s", err.text);
	if (inside)
		root = xml_child(root, "urn:oasis:names:tc:SAML:2.0:assertion",
		                 inside);
	assert_non_null(root);
	if (!signature_verify_enveloped(f.arena, root, &key, 1, &err))
		fail_msg("%s", err.text);
}

static void signed_assertion_in_signed_response_verifies(void **state)
{
	struct error err;
	const char *inner_xml = with_times(assertion);
	const char *inner = sign(inner_xml, &err);

	(void)state;
	if (!inner)
		fail_msg("%s", err.text);
	inner_xml = with_signature(inner_xml, inner);
	assert_xmlsec_agrees(inner_xml, NULL);
	const char *outer_xml =
	    with_times(replaced(f.arena, response, "INSIDE", inner_xml));
	const char *outer = sign(outer_xml, &err);

	if (!outer)
		fail_msg("%s", err.text);
	outer_xml = with_signature(outer_xml, outer);
	assert_xmlsec_agrees(outer_xml, NULL);
	assert_xmlsec_agrees(outer_xml, "Assertion");
}

/* The parameters of two requests, cut where the signatures belong. */
static json_t *sign_both(const char *inner, struct error *err)
{
	const char *outer = with_times(response);
	const char *inside = strstr(outer, "INSIDE");
	const char *issuer_end = strstr(inner, "</saml:Issuer>") + 14;

	return call_handler(
	    IPC_SIGN_SAML_RESPONSE,
	    json_pack("{s:s, s:s%, s:s, s:s%, s:s, s:s}", "issuer", "region",
	              "response-head", outer, (size_t)(inside - outer),
	              "response-tail", "", "assertion-head", inner,
	              (size_t)(issuer_end - inner), "assertion-tail",
	              issuer_end, "response-end", inside + strlen("INSIDE")),
	    err);
}

static void assertion_and_response_are_signed_in_one_request(void **state)
{
	struct error err;
	const char *inner = with_times(assertion);
	json_t *answer = sign_both(inner, &err);

	(void)state;
	if (!answer)
		fail_msg("%s", err.text);
	inner = with_signature(inner, js_string(answer, "assertion-signature"));
	const char *outer = with_signature(
	    with_times(replaced(f.arena, response, "INSIDE", inner)),
	    js_string(answer, "response-signature"));

	assert_xmlsec_agrees(outer, NULL);
	assert_xmlsec_agrees(outer, "Assertion");
	assert_null(sign_both(with_times(replaced(f.arena, assertion, OKONOMI,
	                                          "https://evil.example")),
	                      &err));
	assert_int_equal(err.kind, ERROR_REFUSED);
	assert_null(sign_both(
	    with_times(replaced(f.arena, assertion, "</saml:Assertion>", "")),
	    &err));
}

/* That of another service of the same issuer: good where there is no audience.
 */
static void saml_is_not_signed_for_the_address_of_another_service(void **state)
{
	static const char theirs[] = "=\"https://lonn.example/acs\"";
	static const char ours[] = "=\"" ACS "\"";
	struct error err;

	(void)state;
	assert_null(sign(replaced(f.arena, assertion, ours, theirs), &err));
	assert_int_equal(err.kind, ERROR_REFUSED);
	assert_null(
	    sign(replaced(f.arena, replaced(f.arena, response, ours, theirs),
	                  "INSIDE", assertion),
	         &err));
	assert_non_null(sign(replaced(f.arena, failure, ours, theirs), &err));
	assert_non_null(
	    sign(replaced(f.arena, replaced(f.arena, assertion, ours, theirs),
	                  OKONOMI, "https://lonn.example/saml"),
	         &err));
}

/* A Response for another address than the service's own is worth a login there,
 * to whoever has that address. */
static void saml_is_signed_for_registered_addresses_only(void **state)
{
	static const struct {
		const char *label, *address;
		bool good;
	} rows[] = {
		{ "the address", ACS, true },
		{ "another registered one", "https://first.example/acs", true },
		{ "an unknown one", "https://evil.example/acs", false },
		{ "a longer one", ACS "&amp;c=3", false },
		{ "a shorter one", "https://sp.okonomi.example/acs", false },
		{ "one with another case", "https://sp.okonomi.example/ACS",
		  false },
		{ "one of the artifact binding", "https://artifact.example/acs",
		  false },
		{ "one for logout", "https://logout.example/slo", false },
		{ "one in a comment", "https://comment.example/acs", false },
		{ "one in CDATA", "https://cdata.example/acs", false },
		{ "the entityID", OKONOMI, false },
		{ "an empty one", "", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const char *to =
		    arena_printf(f.arena, "=\"%s\"", rows[i].address);
		const char *inner =
		    replaced(f.arena, assertion, "=\"" ACS "\"", to);
		const char *outer =
		    replaced(f.arena, response, "=\"" ACS "\"", to);
		struct error err;

		if ((sign(inner, &err) != NULL) != rows[i].good)
			fail_msg("Recipient is %s: %s", rows[i].label,
			         err.text);
		if ((sign(replaced(f.arena, outer, "INSIDE", assertion),
		          &err) != NULL) != rows[i].good)
			fail_msg("Destination is %s: %s", rows[i].label,
			         err.text);
		if ((sign(replaced(f.arena, response, "INSIDE", inner), &err) !=
		     NULL) != rows[i].good)
			fail_msg("Recipient inside is %s: %s", rows[i].label,
			         err.text);
		if ((sign(replaced(f.arena, failure, "=\"" ACS "\"", to),
		          &err) != NULL) != rows[i].good)
			fail_msg("Destination of a failure is %s: %s",
			         rows[i].label, err.text);
	}
}

#define CLASS_REF(name)                                              \
	"<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:" \
	"classes:" name "</saml:AuthnContextClassRef>"
#define AUTHN(instant, until, class_refs)                                     \
	"</saml:Conditions><saml:AuthnStatement AuthnInstant=\"" instant      \
	"\" SessionNotOnOrAfter=\"" until "\"><saml:AuthnContext>" class_refs \
	"</saml:AuthnContext></saml:AuthnStatement>"

static void invalid_saml_is_not_signed(void **state)
{
	static const struct {
		const char *label, *base, *was, *by;
		bool good;
	} rows[] = {
		{ "an assertion", assertion, "", "", true },
		{ "a logout", logout, "", "", true },
		{ "another issuer", assertion, ENTITY, "https://evil.example",
		  false },
		{ "another issuer of ours", assertion, ENTITY,
		  NOTODDEN "/saml/metadata", false },
		{ "an unknown audience", assertion, OKONOMI,
		  "https://evil.example", false },
		{ "an audience that only a comment names", assertion, OKONOMI,
		  "https://another.example", false },
		{ "no audience", assertion,
		  "<saml:Audience>" OKONOMI "</saml:Audience>", "", false },
		{ "two audiences", assertion, "</saml:AudienceRestriction>",
		  "<saml:Audience>" OKONOMI
		  "</saml:Audience></saml:AudienceRestriction>",
		  false },
		{ "too long", assertion, "NotOnOrAfter=\"SOON\">",
		  "NotOnOrAfter=\"LATER\">", false },
		{ "no recipient", assertion, " Recipient=\"" ACS "\"", "",
		  false },
		{ "a second recipient", assertion, "</saml:Subject>",
		  "<saml:SubjectConfirmation Method=\"bearer\">"
		  "<saml:SubjectConfirmationData NotOnOrAfter=\"SOON\" "
		  "Recipient=\"https://evil.example\">"
		  "</saml:SubjectConfirmationData></saml:SubjectConfirmation>"
		  "</saml:Subject>",
		  false },
		{ "no destination", response, " Destination=\"" ACS "\"", "",
		  false },
		{ "a failure without a destination", failure,
		  " Destination=\"" ACS "\"", "", false },
		{ "a confirmation too long", assertion,
		  "NotOnOrAfter=\"SOON\" R", "NotOnOrAfter=\"LATER\" R",
		  false },
		{ "no end", assertion, " NotOnOrAfter=\"SOON\">", ">", false },
		{ "a session of an hour", assertion, "</saml:Conditions>",
		  AUTHN("NOW", "LATER", CLASS_REF("unspecified")), true },
		{ "a session of ten years", assertion, "</saml:Conditions>",
		  AUTHN("NOW", "2036-01-01T00:00:00Z",
		        CLASS_REF("unspecified")),
		  false },
		{ "a password", assertion, "</saml:Conditions>",
		  AUTHN("NOW", "LATER",
		        CLASS_REF("PasswordProtectedTransport")),
		  true },
		{ "a smart card", assertion, "</saml:Conditions>",
		  AUTHN("NOW", "LATER", CLASS_REF("SmartcardPKI")), false },
		{ "no class", assertion, "</saml:Conditions>",
		  AUTHN("NOW", "LATER", ""), false },
		{ "two classes", assertion, "</saml:Conditions>",
		  AUTHN("NOW", "LATER",
		        CLASS_REF("Password") CLASS_REF("SmartcardPKI")),
		  false },
		{ "a login long ago", assertion, "</saml:Conditions>",
		  AUTHN("2026-01-01T00:00:00Z", "LATER", CLASS_REF("Password")),
		  false },
		{ "a login in future", assertion, "</saml:Conditions>",
		  AUTHN("LATER", "LATER", CLASS_REF("Password")), false },
		{ "issued long ago", assertion, "IssueInstant=\"NOW\"",
		  "IssueInstant=\"2026-01-01T00:00:00Z\"", false },
		{ "no ID", assertion, "ID=\"_a1\"", "Id=\"_a1\"", false },
		{ "an ID that ends the attribute", assertion, "_a1",
		  "_a1&quot;", false },
		{ "two IDs", assertion, "<saml:Subject>",
		  "<saml:Subject ID=\"_b\">", false },
		{ "no subject", assertion, "saml:NameID", "saml:BaseID",
		  false },
		{ "two assertions", assertion, "</saml:Subject>",
		  "</saml:Subject><saml:Assertion></saml:Assertion>", false },
		{ "a signature of another", assertion, "</saml:Issuer>",
		  "</saml:Issuer><ds:Signature "
		  "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">"
		  "</ds:Signature>",
		  false },
		{ "a prefix for something else", assertion, SAML_NS,
		  "xmlns:saml=\"urn:evil\"", false },
		{ "SAML 1.1", assertion, "\"2.0\"", "\"1.1\"", false },
		{ "a comment", assertion, ENTITY, ENTITY "<!-- -->", false },
		{ "CDATA", assertion, "abc", "<![CDATA[abc]]>", false },
		{ "an instruction", assertion, "abc", "<?a b?>", false },
		{ "a DOCTYPE", assertion, "<saml:Assertion ",
		  "<!DOCTYPE a><saml:Assertion ", false },
		{ "an entity", assertion, "abc", "&evil;", false },
		{ "a character by number", assertion, "abc", "&#97;", false },
		{ "an empty-element tag", assertion,
		  "></saml:SubjectConfirmationData>", "/>", false },
		{ "single quotes", assertion, "\"_a1\"", "'_a1'", false },
		{ "two blanks", assertion, " ID", "  ID", false },
		{ "a control character", assertion, "abc",
		  "a\x01"
		  "c",
		  false },
		{ "trailing data", assertion, "</saml:Assertion>",
		  "</saml:Assertion>x", false },
		{ "an end tag missing", assertion, "</saml:Assertion>", "",
		  false },
		{ "an attribute twice", assertion, "ID=\"_a1\"",
		  "ID=\"_a1\" ID=\"_a1\"", false },
		{ "no element at all", "hello", "", "", false },
		{ "an element that is never signed", assertion,
		  "saml:Assertion", "saml:Attribute", false },
		{ "a request", logout, "LogoutRequest", "AuthnRequest", false },
		{ "a success without an assertion", response, "INSIDE", "",
		  false },
		{ "a failure", response, SUCCESS "\">", RESPONDER "\">", true },
		{ "an encrypted assertion", response, "INSIDE",
		  "<saml:EncryptedAssertion " SAML_NS
		  "></saml:EncryptedAssertion>",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct error err;
		const char *xml = rows[i].base;

		if (*rows[i].was)
			xml = replaced(f.arena, xml, rows[i].was, rows[i].by);
		xml = replaced(f.arena, xml, "INSIDE", "");
		if ((sign(xml, &err) != NULL) != rows[i].good)
			fail_msg("%s: %s", rows[i].label, err.text);
	}
}

static void assertion_in_response_is_checked(void **state)
{
	static const struct {
		const char *label, *was, *by;
		bool good;
	} rows[] = {
		{ "a valid one", "", "", true },
		{ "a foreign audience", OKONOMI, "https://evil.example",
		  false },
		{ "the Response's ID", "_a1", "_r1", false },
		{ "within something else", "<saml:Assertion ",
		  "<saml:Advice " SAML_NS "><saml:Assertion ", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct error err;
		const char *inner = assertion;

		if (*rows[i].was)
			inner =
			    replaced(f.arena, inner, rows[i].was, rows[i].by);
		if (i == 3)
			inner =
			    arena_printf(f.arena, "%s</saml:Advice>", inner);
		const char *xml = replaced(f.arena, response, "INSIDE", inner);

		if ((sign(xml, &err) != NULL) != rows[i].good)
			fail_msg("%s: %s", rows[i].label, err.text);
	}
}

static const char *query_of(const char *xml, const char *name, const char *rest)
{
	size_t length;
	const char *text = with_times(xml);
	unsigned char *small =
	    deflate_raw(f.arena, text, strlen(text), &length);
	const char *base64 = base64_encode(f.arena, small, length);

	base64 = replaced(f.arena, base64, "+", "%2B");
	base64 = replaced(f.arena, base64, "/", "%2F");
	base64 = replaced(f.arena, base64, "=", "%3D");
	return arena_printf(f.arena, "%s=%s%s", name, base64, rest);
}

#define SIG_ALG "&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23"

static void redirect_query_is_signed_for_logout_only(void **state)
{
	static const struct {
		const char *label, *base, *name, *rest, *was, *by;
		bool good;
	} rows[] = {
		{ "a logout", logout, "SAMLRequest", SIG_ALG "rsa-sha256", "",
		  "", true },
		{ "with RelayState", logout, "SAMLRequest",
		  "&RelayState=a%20b" SIG_ALG "rsa-sha256", "", "", true },
		{ "another issuer", logout, "SAMLRequest", SIG_ALG "rsa-sha256",
		  ENTITY, "https://evil.example", false },
		{ "SHA-1", logout, "SAMLRequest", SIG_ALG "rsa-sha1", "", "",
		  false },
		{ "no algorithm", logout, "SAMLRequest", "", "", "", false },
		{ "trailing data", logout, "SAMLRequest",
		  SIG_ALG "rsa-sha256&x=y", "", "", false },
		{ "two messages", logout, "SAMLRequest",
		  "&SAMLResponse=abc" SIG_ALG "rsa-sha256", "", "", false },
		{ "another name", logout, "SAMLart", SIG_ALG "rsa-sha256", "",
		  "", false },
		{ "an assertion", assertion, "SAMLResponse",
		  SIG_ALG "rsa-sha256", "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct error err;
		const char *xml = rows[i].base;

		if (*rows[i].was)
			xml = replaced(f.arena, xml, rows[i].was, rows[i].by);
		const char *query = query_of(xml, rows[i].name, rows[i].rest);
		json_t *answer = call_handler(
		    IPC_SIGN_QUERY,
		    json_pack("{s:s, s:s}", "issuer", "region", "query", query),
		    &err);

		if ((answer != NULL) != rows[i].good)
			fail_msg("%s: %s", rows[i].label, err.text);
	}
}

/* ---- national identity numbers */

static void national_id_yields_join_value_and_sealed_text(void **state)
{
	static const char join_hex[] = "000102030405060708090a0b0c0d0e0f"
				       "101112131415161718191a1b1c1d1e1f";
	unsigned char key[AEAD_KEY_SIZE], mac[HASH_SHA256_SIZE], *opened;
	struct error err;
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (unsigned char)i;
	fixture_put(&f, "credentials/join", join_hex);
	fixture_put(&f, "credentials/seal",
	            base64url_encode(f.arena, key, sizeof(key)));
	assert_true(
	    national_id_keys_open(fixture_path(&f, "credentials"), NULL));
	/* Month 81: a test number. */
	json_t *join =
	    call_id_crypto(IPC_JOIN_VALUE,
	                   json_pack("{s:s}", "national", "01810112345"), &err);
	json_t *seal =
	    call_id_crypto(IPC_ENCRYPT_NATIONAL_ID,
	                   json_pack("{s:s}", "national", "01810112345"), &err);

	hash_hmac_sha256(key, sizeof(key), "01810112345", 11, mac);
	assert_string_equal(js_string(join, "join"),
	                    base64url_encode(f.arena, mac, sizeof(mac)));
	struct aead_key opener = aead_key_from_bytes(key);

	assert_true(aead_decrypt(f.arena, &opener, 1, "national-id",
	                         js_string(seal, "sealed"), &opened, &length,
	                         NULL));
	assert_memory_equal(opened, "01810112345", 11);
}

static void national_id_has_eleven_digits(void **state)
{
	static const char *const rows[] = {
		"",
		"0181011234",
		"018101123456",
		"0181011234x",
		" 1810112345",
		"01810112345 ",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct error err;

		assert_null(call_id_crypto(
		    IPC_JOIN_VALUE, json_pack("{s:s}", "national", rows[i]),
		    &err));
		assert_null(call_id_crypto(
		    IPC_ENCRYPT_NATIONAL_ID,
		    json_pack("{s:s}", "national", rows[i]), &err));
		if (*rows[i])
			assert_null(strstr(err.text, rows[i]));
	}
}

static void national_id_requests_are_throttled(void **state)
{
	int64_t before = clock_monotonic_ms();
	struct error err;

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_non_null(call_id_crypto(
		    IPC_JOIN_VALUE,
		    json_pack("{s:s}", "national", "01810112345"), &err));
	assert_true(clock_monotonic_ms() - before >= 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_is_signed_or_refused),
		cmocka_unit_test(token_header_names_key_and_type),
		cmocka_unit_test(signing_log_has_no_token_or_person),
		cmocka_unit_test(key_files_are_private),
		cmocka_unit_test(next_and_previous_keys_are_published),
		cmocka_unit_test(key_rotation_request_is_checked),
		cmocka_unit_test(keys_are_loaded_after_restart),
		cmocka_unit_test(
		    transaction_keys_are_those_of_today_and_yesterday),
		cmocka_unit_test(mac_covers_kind_key_and_value),
		cmocka_unit_test(token_requested_with_macs_is_checked),
		cmocka_unit_test(subject_identifier_differs_per_service),
		cmocka_unit_test(audit_head_signature_names_its_purpose),
		cmocka_unit_test(signed_assertion_in_signed_response_verifies),
		cmocka_unit_test(
		    assertion_and_response_are_signed_in_one_request),
		cmocka_unit_test(invalid_saml_is_not_signed),
		cmocka_unit_test(saml_is_signed_for_registered_addresses_only),
		cmocka_unit_test(
		    saml_is_not_signed_for_the_address_of_another_service),
		cmocka_unit_test(assertion_in_response_is_checked),
		cmocka_unit_test(redirect_query_is_signed_for_logout_only),
		cmocka_unit_test(national_id_yields_join_value_and_sealed_text),
		cmocka_unit_test(national_id_has_eleven_digits),
		cmocka_unit_test(national_id_requests_are_throttled),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_all,
	                                   close_all);
}
