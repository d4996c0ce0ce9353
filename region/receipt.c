/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_event.c: builds audit events as JSON and sends them to portvakt-audit.
 * A person is logged by catalogue id only, a session by a hash.  A granted
 * access has few fields: grants outnumber all other events by far. */
#include "region/receipt.h"

#include <string.h>

#include "lib/hash.h"
#include "lib/text.h"

enum { SID_DIGITS = 16, DETAIL_MOST = 500 };

/* Returns "notodden.conf:31". */
static char *place_text(struct arena *a, const struct place *p)
{
	const char *slash = p->file ? strrchr(p->file, '/') : NULL;

	return p->file ? arena_print(a, "%s:%d", slash ? slash + 1 : p->file,
	                             p->line)
	               : NULL;
}

static json_t *begin(struct arena *a, const char *what, const struct event *e)
{
	json_t *receipt = js_keep(a, json_object());

	js_put(receipt, "what", what);
	js_put(receipt, "affiliation", e->affiliation);
	js_put(receipt, "service", e->service);
	/* The affiliation id implies the person; without one the person is
	 * logged. */
	if (!e->affiliation)
		js_put(receipt, "person", e->person);
	return receipt;
}

static json_t *begin_whole(struct arena *a, const char *what,
                           const struct event *e)
{
	json_t *receipt = begin(a, what, e);

	js_put(receipt, "person", e->person);
	js_put(receipt, "issuer", e->issuer);
	js_put(receipt, "address", e->address);
	js_put(receipt, "acr", e->acr);
	js_put(receipt, "reason", e->reason);
	if (e->detail)
		js_put(receipt, "detail",
		       arena_print(a, "%.*s", DETAIL_MOST, e->detail));
	if (e->sid)
		js_put(receipt, "sid",
		       arena_bytes(a, hash_hex(a, e->sid, strlen(e->sid)),
		                   SID_DIGITS));
	if (e->took_ms > 0)
		(void)json_object_set_new(receipt, "ms",
		                          json_integer(e->took_ms));
	return receipt;
}

static bool record(struct ask *scribe, struct arena *a, const struct event *e,
                   json_t *receipt, char **ret_code, struct fault *why)
{
	json_t *question =
	    js_keep(a, json_pack("{s:s, s:O}", "municipality",
	                         e->municipality ? e->municipality : "region",
	                         "receipt", receipt));
	json_t *answer;

	if (!ask(scribe, a, ASK_RECORD, e->region->hash, question, &answer,
	         why)) {
		if (why)
			why->kind = FAULT_UNAVAILABLE;
		if (why)
			why->reason = "scribe-away";
		return false;
	}
	const char *code = js_string(answer, "code");

	if (!code)
		return fault_for(why, FAULT_UNAVAILABLE, "scribe-away",
		                 "the scribe gave no code");
	if (ret_code)
		*ret_code = arena_copy(a, code);
	return true;
}

bool receipt_login(struct ask *scribe, struct arena *a, const struct event *e,
                   char **ret_code, struct fault *why)
{
	return record(scribe, a, e, begin_whole(a, "login", e), ret_code, why);
}

bool receipt_entered(struct ask *scribe, struct arena *a, const struct event *e,
                     const struct decision *d, char **released, char **ret_code,
                     struct fault *why)
{
	json_t *receipt = begin(a, "entered", e);
	struct text names = text_in(a);

	if (d)
		js_put(receipt, "rule", place_text(a, &d->place));
	for (; released && *released; released++)
		text_addf(&names, "%s%s", names.length ? " " : "", *released);
	if (names.length)
		js_put(receipt, "released", names.at);
	return record(scribe, a, e, receipt, ret_code, why);
}

bool receipt_refused(struct ask *scribe, struct arena *a, const struct event *e,
                     const struct decision *d, char **ret_code,
                     struct fault *why)
{
	json_t *receipt = begin_whole(a, "refused", e);

	if (d && !e->reason)
		js_put(receipt, "reason", d->reason);
	if (d)
		js_put(receipt, "rule", place_text(a, &d->place));
	if (d)
		(void)json_object_set_new(receipt, "decision",
		                          decision_to_json(d));
	return record(scribe, a, e, receipt, ret_code, why);
}

bool receipt_logout(struct ask *scribe, struct arena *a, const struct event *e,
                    json_t *told, char **ret_code, struct fault *why)
{
	json_t *receipt = begin_whole(a, "logout", e);

	if (told)
		(void)json_object_set(receipt, "told", told);
	return record(scribe, a, e, receipt, ret_code, why);
}

bool receipt_password(struct ask *scribe, struct arena *a,
                      const struct event *e, const char *by, char **ret_code,
                      struct fault *why)
{
	json_t *receipt = begin_whole(a, "password", e);

	js_put(receipt, "by", by);
	return record(scribe, a, e, receipt, ret_code, why);
}

bool receipt_administered(struct ask *scribe, struct arena *a,
                          const struct event *e, const char *act,
                          const char *by, char **ret_code, struct fault *why)
{
	json_t *receipt = begin_whole(a, "administered", e);

	js_put(receipt, "act", act);
	js_put(receipt, "by", by);
	return record(scribe, a, e, receipt, ret_code, why);
}
