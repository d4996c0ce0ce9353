/* SPDX-License-Identifier: AGPL-3.0-or-later
 * The first keys of an issuer: made on request and once; a missing file is a
 * lost one. */
#include "tests/unit/region/config/fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "idp/signer/signer.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

#define NOTODDEN "https://innlogging.notodden.example"

static struct fixture f;
static struct config *r;

static const char *key_path(const char *name)
{
	return fixture_path(&f, arena_printf(f.arena, "signer/%s", name));
}

static bool key_exists(const char *name)
{
	struct stat st;

	return stat(key_path(name), &st) == 0;
}

static void restart(void)
{
	struct error err = { 0 };

	assert_true(keys_open(fixture_path(&f, "signer"), NULL));
	assert_true(signing_log_open(fixture_path(&f, "signer"), NULL));
	assert_true(keys_load_all(r, &err));
}

static int open_empty(void **state)
{
	(void)state;
	f = fixture_open();
	r = fixture_region(&f);
	restart();
	return 0;
}

static void init_issuer(const char *name)
{
	const struct issuer *i = config_issuer(r, name);

	assert_true(keys_init(i->name, i->url, NULL));
}

static int open_initialised(void **state)
{
	(void)open_empty(state);
	init_issuer("region");
	init_issuer("notodden");
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	config_unref(r);
	arena_close(f.arena);
	return 0;
}

static struct error wrong;

static json_t *call_as(uid_t peer, enum ipc_message_type type, json_t *body)
{
	const struct ipc_request q = { .arena = f.arena,
		                       .peer_uid = peer,
		                       .cfg = r };
	json_t *ret = NULL;

	wrong = (struct error){ 0 };
	return ipc_message_serve(&signer_handlers, &q, type,
	                         js_own(f.arena, body), &ret, &wrong)
	           ? ret
	           : NULL;
}

static json_t *call(enum ipc_message_type type, json_t *body)
{
	return call_as(0, type, body);
}

static json_t *init_request(const char *issuer, bool anew)
{
	return json_pack("{s:s, s:b}", "issuer", issuer, "anew", anew);
}

static json_t *subject_request(void)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "issuer", "notodden", "kind",
	                 "sub", "sector", "x", "id", "someone");
}

/* Moves a file away and restarts; returns where it is. */
static const char *lose(const char *name)
{
	const char *aside = fixture_path(&f, "aside");

	assert_int_equal(rename(key_path(name), aside), 0);
	restart();
	return aside;
}

static void assert_error_has(const char *text)
{
	if (!strstr(wrong.text, text))
		fail_msg("\"%s\" does not have \"%s\"", wrong.text, text);
}

static void a_start_without_keys_makes_none(void **state)
{
	(void)state;
	assert_false(key_exists("mac.key"));
	assert_false(key_exists("region"));
	assert_null(call(IPC_SUBJECT_IDENTIFIER, subject_request()));
	assert_int_equal(wrong.kind, ERROR_UNAVAILABLE);
	assert_error_has("salt in ");
	assert_error_has("signer/notodden;");
	assert_error_has("portvaktctl keys init notodden");
	assert_null(call(IPC_TRANSACTION_KEYS, json_object()));
	assert_error_has("mac.key");
	assert_error_has("portvaktctl keys init region");
	assert_false(key_exists("notodden"));
	assert_false(key_exists("mac.key"));
}

static void first_keys_are_made_once(void **state)
{
	(void)state;
	assert_non_null(call(IPC_KEY_INIT, init_request("region", false)));
	assert_non_null(call(IPC_KEY_INIT, init_request("notodden", false)));
	json_t *subject = call(IPC_SUBJECT_IDENTIFIER, subject_request());

	assert_non_null(subject);
	assert_non_null(call(IPC_TRANSACTION_KEYS, json_object()));
	assert_null(call(IPC_KEY_INIT, init_request("notodden", false)));
	assert_int_equal(wrong.kind, ERROR_REFUSED);
	restart();
	assert_null(call(IPC_KEY_INIT, init_request("notodden", true)));
	assert_int_equal(wrong.kind, ERROR_REFUSED);
	assert_null(call(IPC_KEY_INIT, init_request("region", true)));
	assert_string_equal(
	    js_string(call(IPC_SUBJECT_IDENTIFIER, subject_request()), "value"),
	    js_string(subject, "value"));
}

static void first_keys_are_for_operators_and_configured_issuers(void **state)
{
	(void)state;
	assert_null(
	    call_as(54321, IPC_KEY_INIT, init_request("notodden", false)));
	assert_int_equal(wrong.kind, ERROR_REFUSED);
	assert_null(call(IPC_KEY_INIT, init_request("../aside", false)));
	assert_int_equal(wrong.kind, ERROR_REFUSED);
	assert_false(key_exists("notodden"));
}

static void a_lost_file_is_named_and_not_replaced(void **state)
{
	static const char *const files[] = { "notodden/salt", "mac.key",
		                             "record.key", "transfer.key" };

	(void)state;
	for (size_t i = 0; i < LENGTH(files); i++) {
		const char *name = strrchr(files[i], '/') ?: files[i];
		const char *aside = lose(files[i]);
		const bool issuer = i == 0;

		if (issuer)
			assert_null(
			    call(IPC_SUBJECT_IDENTIFIER, subject_request()));
		else
			assert_null(call(IPC_TRANSACTION_KEYS, json_object()));
		assert_int_equal(wrong.kind, ERROR_UNAVAILABLE);
		assert_error_has(name + (*name == '/'));
		assert_error_has("restore it from a backup");
		assert_null(strstr(wrong.text, "keys init"));
		assert_null(
		    call(IPC_KEY_INIT,
		         init_request(issuer ? "notodden" : "region", true)));
		assert_int_equal(wrong.kind, ERROR_REFUSED);
		assert_false(key_exists(files[i]));
		/* A restored file is read without a restart. */
		assert_int_equal(rename(aside, key_path(files[i])), 0);
		assert_non_null(
		    call(IPC_SUBJECT_IDENTIFIER, subject_request()));
		assert_non_null(call(IPC_TRANSACTION_KEYS, json_object()));
	}
}

static void a_lost_signing_key_is_not_replaced(void **state)
{
	const struct key *k;

	(void)state;
	assert_true(
	    keys_active("notodden", USE_SAML, "RS256", clock_now(), &k, NULL));
	const char *file =
	    arena_printf(f.arena, "notodden/saml-RS256-%s.pem",
	                 clock_format_generalized_time(f.arena, k->from));

	(void)lose(file);
	assert_null(call(IPC_SUBJECT_IDENTIFIER, subject_request()));
	assert_error_has("saml RS256 key");
	assert_false(key_exists(file));
}

static void an_issuer_that_signed_is_begun_anew_on_request_only(void **state)
{
	(void)state;
	assert_true(
	    signing_log_append("token:id", NOTODDEN, "skole", "k", NULL));
	(void)lose("notodden");
	assert_null(call(IPC_KEY_INIT, init_request("notodden", false)));
	assert_int_equal(wrong.kind, ERROR_REFUSED);
	assert_error_has("lost");
	assert_false(key_exists("notodden"));
	assert_non_null(call(IPC_KEY_INIT, init_request("notodden", true)));
	assert_non_null(call(IPC_SUBJECT_IDENTIFIER, subject_request()));
}

static void a_list_names_issuers_without_keys(void **state)
{
	(void)state;
	(void)lose("notodden");
	json_t *reply = call(IPC_KEY_LIST, json_object());
	json_t *missing = js_array(reply, "missing");

	assert_int_equal(json_array_size(missing), 1);
	assert_string_equal(json_string_value(json_array_get(missing, 0)),
	                    "notodden");
	assert_true(json_array_size(js_array(reply, "keys")) > 0);
}

/* What a crash left beside the place of the keys. */
static void an_interrupted_start_begins_again(void **state)
{
	(void)state;
	assert_int_equal(mkdir(key_path("notodden.new"), 0700), 0);
	fixture_put(&f, "signer/notodden.new/salt", "half");
	fixture_put(&f, "signer/notodden.new/oidc-RS256-20200101000000Z.pem",
	            "half");
	init_issuer("notodden");
	assert_false(key_exists("notodden.new"));
	assert_false(key_exists("notodden/oidc-RS256-20200101000000Z.pem"));
	assert_non_null(call(IPC_SUBJECT_IDENTIFIER, subject_request()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_start_without_keys_makes_none,
		                                open_empty, close_all),
		cmocka_unit_test_setup_teardown(first_keys_are_made_once,
		                                open_empty, close_all),
		cmocka_unit_test_setup_teardown(
		    first_keys_are_for_operators_and_configured_issuers,
		    open_empty, close_all),
		cmocka_unit_test_setup_teardown(
		    a_lost_file_is_named_and_not_replaced, open_initialised,
		    close_all),
		cmocka_unit_test_setup_teardown(
		    a_lost_signing_key_is_not_replaced, open_initialised,
		    close_all),
		cmocka_unit_test_setup_teardown(
		    an_issuer_that_signed_is_begun_anew_on_request_only,
		    open_initialised, close_all),
		cmocka_unit_test_setup_teardown(
		    a_list_names_issuers_without_keys, open_initialised,
		    close_all),
		cmocka_unit_test_setup_teardown(
		    an_interrupted_start_begins_again, open_empty, close_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
