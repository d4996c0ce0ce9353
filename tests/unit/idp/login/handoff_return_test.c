/* SPDX-License-Identifier: AGPL-3.0-or-later
 * handoff_return_test.c: who gets the result of a login on an issuer's own
 * host.  The transaction, the session and the pages are scripted. */
#include "tests/unit/test.h"

#include "idp/login/login_private.h"
#include "lib/compiler.h"
#include "lib/strbuf.h"

static const struct issuer notodden = { .name = "notodden" };
static const struct issuer tinn = { .name = "tinn" };

/* What the transaction is, and what came of it. */
static struct {
	struct auth_txn txn;
	bool is_used, is_ended;
	int consumed;
	const char *outcome; /* or a reason of the error page */
} script;

bool auth_txn_load(struct request_context *ctx, struct auth_txn **ret_txn,
                   struct error *err)
{
	(void)ctx, (void)err;
	*ret_txn = &script.txn;
	return true;
}

bool auth_txn_consume(struct request_context *ctx, const struct auth_txn *txn,
                      bool *ret_first, struct error *err)
{
	(void)ctx, (void)txn, (void)err;
	script.consumed++;
	*ret_first = !script.is_used;
	return true;
}

bool session_from_json(struct arena *a, const json_t *value,
                       struct session **ret_session)
{
	static struct affiliation job = { .id = "f-1",
		                          .municipality = "notodden" };
	static struct person person = { .id = "p-1",
		                        .affiliations = &job,
		                        .affiliation_count = 1 };
	static struct session s = { .sid = "s-1", .person = &person };

	(void)a;
	*ret_session = &s;
	return value != NULL;
}

bool session_is_valid(struct request_context *ctx, const char *sid,
                      const char *person, const char *affiliation,
                      const char *municipality, int64_t granted_at,
                      bool *ret_valid, struct error *err)
{
	(void)ctx, (void)err;
	assert_string_equal(sid, "s-1");
	assert_string_equal(person, "p-1");
	assert_string_equal(affiliation, "f-1");
	assert_string_equal(municipality, "notodden");
	assert_int_equal(granted_at, 1000);
	*ret_valid = !script.is_ended;
	return true;
}

void handoff_finish(struct request_context *ctx, struct auth_txn *txn,
                    const struct handoff *handoff)
{
	(void)ctx, (void)txn;
	assert_string_equal(handoff->affiliation->id, "f-1");
	script.outcome = "response";
}

void login_send_error(struct request_context *ctx, struct auth_txn *txn,
                      enum protocol_error code)
{
	(void)ctx, (void)txn;
	assert_int_equal(code, PROTOCOL_INTERACTION_REQUIRED);
	script.outcome = "error response";
}

void redirect_to_page(struct request_context *ctx, struct auth_txn *txn,
                      const char *path)
{
	(void)ctx;
	assert_null(script.consumed ? txn->result : NULL);
	script.outcome = path;
}

void error_page_show(struct request_context *ctx, const struct error *err)
{
	(void)ctx;
	script.outcome = err->reason;
}

static json_t *login_result(struct arena *a)
{
	return js_own(a, json_pack("{s:{}, s:s, s:i}", "session", "as", "f-1",
	                           "proved", 1000));
}

static void only_the_bound_browser_gets_the_result_and_once(void **state)
{
	static const struct {
		const char *name;
		bool has_result, is_refusal;
		const char *binding;
		const struct issuer *issuer;
		bool is_used, is_ended;
		const char *outcome;
		int consumed;
	} rows[] = {
		{ "the browser that began it", true, false, "b", &notodden,
		  false, false, "response", 1 },
		{ "its refusal", true, true, "b", &notodden, false, false,
		  "error response", 1 },
		{ "bound to no browser", true, false, NULL, &notodden, false,
		  false, "/login", 0 },
		{ "a refusal bound to no browser", true, true, NULL, &notodden,
		  false, false, "/login", 0 },
		{ "without a result", false, false, "b", &notodden, false,
		  false, "/login", 0 },
		{ "another issuer's", true, false, "b", &tinn, false, false,
		  "login-expired", 0 },
		{ "of no issuer", true, false, "b", NULL, false, false,
		  "login-expired", 0 },
		{ "used before", true, false, "b", &notodden, true, false,
		  "login-expired", 1 },
		{ "its session ended since", true, false, "b", &notodden, false,
		  true, "/login", 1 },
	};
	struct arena *a = arena_open();
	struct request_context ctx = { .arena = a, .issuer = &notodden };

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		memset(&script, 0, sizeof(script));
		script.txn.issuer = rows[i].issuer;
		script.txn.rp_binding = rows[i].binding;
		script.is_used = rows[i].is_used;
		script.is_ended = rows[i].is_ended;
		if (rows[i].has_result)
			script.txn.result = login_result(a);
		if (rows[i].is_refusal)
			json_object_set_new(
			    script.txn.result, "refuse",
			    json_integer(PROTOCOL_INTERACTION_REQUIRED));
		handoff_return(&ctx);
		if (!text_equal(script.outcome, rows[i].outcome) ||
		    script.consumed != rows[i].consumed)
			fail_msg("%s: %s", rows[i].name, script.outcome);
	}
	arena_close(a);
}

TESTS(only_the_bound_browser_gets_the_result_and_once)
