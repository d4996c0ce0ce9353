/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keys.c: lists, rotates and prints issuer keys through portvakt-signer, the
 * only process that holds private keys. */
#include "idp/admin/admin.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"

/* Services fetch the JWK Set at least daily: the next key is published for two
 * days before it signs. */
enum { PUBLISHED_BEFORE = 48 * 3600 };

/* Generating RSA primes takes seconds, so the request has its own timeout. */
enum { PRIMES_MS = 5000 };

OWNER(release_text, char *, free)

static bool ask_patiently(const struct act *t, enum kind_of_question kind,
                          json_t *question, json_t **ret, struct fault *why)
{
	struct ask *keeper =
	    ask_open(arena_print(t->arena, "%s/keeper.sock", t->region->run), 1,
	             PRIMES_MS);
	bool good =
	    ask(keeper, t->arena, kind, t->region->hash, question, ret, why);

	ask_close(keeper);
	return good;
}

static bool list(const struct act *t, struct fault *why)
{
	json_t *answer = NULL;
	size_t i;
	json_t *k;

	if (!ask(clerk.keeper, t->arena, ASK_KEYS, t->region->hash,
	         js_keep(t->arena, json_object()), &answer, why))
		return false;
	json_array_foreach(js_array(answer, "keys"), i, k) answer_line(
	    t->question, "%-14s %-5s %-6s %-10s from %s  %s",
	    js_string(k, "issuer") ?: "?", js_string(k, "use") ?: "?",
	    js_string(k, "alg") ?: "?", js_string(k, "state") ?: "?",
	    clock_iso(t->arena, js_number(k, "from", 0)),
	    js_string(k, "kid") ?: "?");
	return true;
}

static bool roll(const struct act *t, struct fault *why)
{
	json_t *question = js_keep(t->arena, json_object());
	json_t *answer = NULL;
	const char *from = act_option(t, "from");
	int64_t when = clock_now() + PUBLISHED_BEFORE;

	if (t->count < 4 || !region_issuer(t->region, t->words[2]))
		return fault(why, FAULT_INVALID,
		             "keys roll ISSUER oidc|saml [--from DATE]");
	if (from && !clock_from_date(from, false, &when))
		return fault(why, FAULT_INVALID, "--from wants a date, not %s",
		             from);
	js_put(question, "issuer", t->words[2]);
	js_put(question, "use", t->words[3]);
	json_object_set_new(question, "from", json_integer(when));
	if (!act_record(t, NULL, NULL, why) ||
	    !ask_patiently(t, ASK_KEY_ROLL, question, &answer, why))
		return false;
	answer_line(t->question,
	            "the next key is published now and signs from %s",
	            clock_iso(t->arena, when));
	return true;
}

/* Prints what the issuer's previous installation needs: our public keys, which
 * it publishes before the move, and the transfer key, to which it encrypts the
 * salt. */
static bool tell_public(const struct act *t, struct fault *why)
{
	json_t *question = js_keep(t->arena, json_object());
	json_t *answer = NULL, *transfer;

	if (t->count < 3 || !region_issuer(t->region, t->words[2]))
		return fault(why, FAULT_INVALID, "keys public ISSUER");
	js_put(question, "issuer", t->words[2]);
	if (!ask(clerk.keeper, t->arena, ASK_PUBLIC, t->region->hash, question,
	         &answer, why))
		return false;
	const char *closed_with = js_string(answer, "transfer") ?: "";

	if (!js_read(t->arena, closed_with, strlen(closed_with), &transfer,
	             why))
		return false;
	const json_t *out =
	    js_keep(t->arena,
	            json_pack("{s:O?, s:O?, s:O}", "keys",
	                      js_array(js_object(answer, "jwks"), "keys"),
	                      "certificates", js_array(answer, "certificates"),
	                      "transfer", transfer));
	own(release_text) char *text = json_dumps(out, JSON_INDENT(1));
	size_t count = 0;
	char **lines = text_split(t->arena, text ?: "", "\n", &count);

	for (size_t i = 0; i < count; i++)
		answer_line(t->question, "%s", lines[i]);
	return true;
}

bool admin_keys(const struct act *t, struct fault *why)
{
	if (t->count >= 2 && text_equal(t->words[1], "list"))
		return list(t, why);
	if (t->count >= 2 && text_equal(t->words[1], "roll"))
		return roll(t, why);
	if (t->count >= 2 && text_equal(t->words[1], "public"))
		return tell_public(t, why);
	return fault(why, FAULT_INVALID,
	             "keys list, keys roll ISSUER oidc|saml [--from DATE], or "
	             "keys public ISSUER");
}
