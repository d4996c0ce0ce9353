/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard_export.c: the steps that move a municipality out of the region,
 * over months. Both installations serve logins meanwhile: only `end` ends
 * sessions, and only `remove` deletes data. */
#include <string.h>

#include "idp/admin/leaving.h"
#include "lib/clock.h"
#include "lib/text.h"
#include "region/keys_es256.h"

static const char usage[] =
    "leave NAME plan | export | adopt | move | end | remove: portvaktctl(8)";

static bool has_flag(const struct act *t, const char *flag)
{
	for (size_t i = 1; i < t->count; i++)
		if (text_equal(t->words[i], flag))
			return true;
	return false;
}

static bool is_announced(const struct municipality *m, struct fault *why)
{
	return m->leaves > 0 ||
	       fault(why, FAULT_INVALID,
	             "its configuration does not say that %s leaves: leaves "
	             "YYYY-MM-DD",
	             m->name);
}

static bool has_issuer(const struct municipality *m, struct fault *why)
{
	return m->issuer ||
	       fault(why, FAULT_INVALID,
	             "%s has no issuer of its own that it could take along: "
	             "give it one first (issuer https://...)",
	             m->name);
}

/* ---- plan */

static void plan_date(const struct act *t, const struct municipality *m)
{
	if (m->leaves == 0)
		answer_line(t->question,
		            "%s: no date yet; its configuration says one: "
		            "leaves YYYY-MM-DD",
		            m->name);
	else
		answer_line(t->question, "%s leaves on %.10s", m->name,
		            clock_iso(t->arena, m->leaves + 12 * 3600));
}

static void plan_people(const struct leaving *l)
{
	const size_t all = json_object_size(l->people);

	answer_line(l->act->question,
	            "people        %zu here alone, %zu who stay with another "
	            "affiliation",
	            all - l->staying, l->staying);
	answer_line(l->act->question, "affiliations  %zu",
	            json_object_size(l->affiliations));
}

static void plan_service(const struct leaving *l, const struct service *s)
{
	const struct act *t = l->act;

	if (s->issuer->owner == l->m)
		answer_line(t->question,
		            "service       %s trusts %s: notices nothing",
		            s->name, s->issuer->url);
	else if (leaving_must_be_told(l->m, s))
		answer_line(t->question,
		            "service       %s knows only %s: gets a list "
		            "old (iss, sub) -> new",
		            s->name, s->issuer->url);
}

static void plan_services(const struct leaving *l)
{
	const struct act *t = l->act;

	if (l->m->issuer)
		answer_line(t->question,
		            "issuer        %s goes along, with its salt; its "
		            "private keys do not",
		            l->m->issuer->url);
	else
		answer_line(
		    t->question,
		    "issuer        none of its own: give it one (issuer "
		    "https://...) before the export");
	for (size_t i = 0; i < t->region->service_count; i++)
		plan_service(l, &t->region->services[i]);
	for (char **s = l->m->moved; s && *s; s++)
		answer_line(t->question, "moved         %s", *s);
}

struct counting {
	const struct leaving *l;
	size_t count;
};

static bool count_sessions(struct counting *c, struct fault *why)
{
	const struct act *t = c->l->act;
	char **hexes = NULL;
	size_t count = 0;

	if (!store_each(clerk.store, t->region, t->arena, "session", &hexes,
	                &count, why))
		return false;
	for (size_t i = 0; i < count; i++) {
		json_t *value = NULL;

		if (!store_get_hashed(clerk.store, t->region, t->arena,
		                      "session", hexes[i], &value, why))
			return false;
		const char *by = js_string(value, "by");

		c->count += by && json_object_get(c->l->affiliations, by);
	}
	return true;
}

static bool plan_step(const struct leaving *l, const char *step,
                      const char *said, struct fault *why)
{
	int64_t when;

	if (!leaving_decided(l, step, &when, why))
		return false;
	if (when > 0)
		answer_line(l->act->question, "decided       %s %s", said,
		            clock_iso(l->arena, when));
	return true;
}

static bool plan(const struct act *t, const struct municipality *m,
                 struct fault *why)
{
	struct leaving l;
	struct counting c = { .l = &l };

	if (!leaving_find(t, m, &l, why))
		return false;
	plan_date(t, m);
	plan_people(&l);
	plan_services(&l);
	if (!count_sessions(&c, why))
		return false;
	answer_line(t->question, "sessions      %zu by its people now",
	            c.count);
	return plan_step(&l, "end", "sessions ended", why) &&
	       plan_step(&l, "after", "removal after", why) &&
	       plan_step(&l, "remove", "removed", why);
}

/* ---- export */

static bool is_private(const json_t *key)
{
	const json_t *keys = js_array(key, "keys");
	bool found = jwk_is_private(key);

	for (size_t i = 0; i < json_array_size(keys); i++)
		found |= jwk_is_private(json_array_get(keys, i));
	return found;
}

/* Checked before the command is audited: the audit log is never edited. On
 * error ERROR_INVALID. */
static bool check_public(const struct act *t, const char *text,
                         struct fault *why)
{
	json_t *key = NULL;

	if (strstr(text, "PRIVATE KEY") ||
	    (js_read(t->arena, text, strlen(text), &key, NULL) &&
	     is_private(key)))
		return fault(why, FAULT_INVALID,
		             "this holds a private key, which must never leave "
		             "its owner");
	return true;
}

static bool export(const struct act *t, const struct municipality *m,
                   struct fault *why)
{
	if (!is_announced(m, why) || !has_issuer(m, why) ||
	    !act_is_signed(t, why))
		return false;
	const char *to = act_option(t, "to");

	if (!to)
		return fault(why, FAULT_INVALID,
		             "--to wants the receiver's key");
	return check_public(t, to, why) && act_record(t, NULL, NULL, why);
}

static bool file(const struct act *t, const struct municipality *m,
                 struct fault *why)
{
	struct leaving l;

	if (t->count < 4)
		return fault(why, FAULT_INVALID, "which file?");
	return is_announced(m, why) && leaving_find(t, m, &l, why) &&
	       leaving_file(&l, t->words[3], why);
}

static bool say(const struct act *t, const struct municipality *m,
                struct fault *why)
{
	json_t *question = js_keep(t->arena, json_object());
	json_t *answer;

	if (t->count < 4)
		return fault(why, FAULT_INVALID, "the hash of which file?");
	js_put(question, "what", "bundle");
	js_put(question, "municipality", m->name);
	js_put(question, "sha256", t->words[3]);
	if (!ask(clerk.keeper, t->arena, ASK_SAY, t->region->hash, question,
	         &answer, why))
		return false;
	answer_line(t->question, "%s", js_string(answer, "jws") ?: "");
	answer_line(t->question, "%s", js_string(answer, "thumbprint") ?: "");
	return true;
}

/* ---- adopt */

struct adopting {
	const struct act *act;
	const struct municipality *m;
};

static bool adopt_one(const struct adopting *k, const char *name, json_t *value,
                      struct fault *why)
{
	const struct act *t = k->act;
	json_t *question = js_keep(t->arena, json_object());
	json_t *answer;

	js_put(question, "issuer", k->m->issuer->name);
	(void)json_object_set(question, name, value);
	if (!ask(clerk.keeper, t->arena, ASK_ADOPT, t->region->hash, question,
	         &answer, why))
		return false;
	answer_line(t->question, "published: %s",
	            js_string(answer, "kid") ?: "?");
	return true;
}

static bool adopt_list(const struct adopting *k, const char *name,
                       const json_t *list, struct fault *why)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!adopt_one(k, name, json_array_get(list, i), why))
			return false;
	return true;
}

/* Returns the base64 text of the first certificate in a PEM file (RFC 7468), or
 * NULL. */
static json_t *certificate_in(const struct act *t, const char *pem)
{
	const char *begin = strstr(pem, "-----BEGIN CERTIFICATE-----");
	const char *end = begin ? strstr(begin, "-----END") : NULL;

	if (!end)
		return NULL;
	begin += strlen("-----BEGIN CERTIFICATE-----");
	return js_keep(t->arena, json_string(arena_bytes(
				     t->arena, begin, (size_t)(end - begin))));
}

static bool adopt(const struct act *t, const struct municipality *m,
                  struct fault *why)
{
	const struct adopting k = { t, m };
	const char *text = t->count > 3 ? t->words[3] : "";
	json_t *certificate = certificate_in(t, text);
	json_t *key = NULL;

	if (!is_announced(m, why) || !has_issuer(m, why) ||
	    !act_is_signed(t, why) || !check_public(t, text, why) ||
	    (!certificate &&
	     !js_read(t->arena, text, strlen(text), &key, why)) ||
	    !act_record(t, NULL, NULL, why))
		return false;
	if (certificate)
		return adopt_one(&k, "certificate", certificate, why);
	if (js_string(key, "kty"))
		return adopt_one(&k, "jwk", key, why);
	return adopt_list(&k, "jwk", js_array(key, "keys"), why) &&
	       adopt_list(&k, "certificate", js_array(key, "certificates"),
	                  why);
}

/* ---- move */

static bool has_moved(const struct municipality *m, const char *service)
{
	for (char **s = m->moved; s && *s; s++)
		if (text_equal(*s, service))
			return true;
	return false;
}

/* The operator edits the configuration; this prints the line to add. */
static bool move(const struct act *t, const struct municipality *m,
                 struct fault *why)
{
	const struct service *s =
	    t->count > 3 ? region_service(t->region, t->words[3]) : NULL;

	if (!s)
		return fault(why, FAULT_INVALID, "move which service?");
	if (has_moved(m, s->name)) {
		answer_line(t->question,
		            "%s has moved for %s: its people are told so here",
		            s->name, m->name);
		return true;
	}
	answer_line(t->question,
	            "when %s lets %s in by its own installation, write in the "
	            "municipality's block and reload:",
	            s->name, m->name);
	answer_line(t->question, "	moved %s", s->name);
	if (s->issuer->owner == m)
		answer_line(t->question,
		            "it trusts %s and moves with that name; nothing "
		            "else is needed",
		            s->issuer->url);
	else if (leaving_must_be_told(m, s))
		answer_line(t->question,
		            "it must have taken its lines of subjects.csv "
		            "before");
	return true;
}

/* ---- end, remove */

static bool has_left(const struct municipality *m, struct fault *why)
{
	if (!is_announced(m, why))
		return false;
	return municipality_has_left(m, clock_now()) ||
	       fault(why, FAULT_INVALID,
	             "the day on which %s leaves has not come", m->name);
}

static bool end(const struct act *t, const struct municipality *m,
                struct fault *why)
{
	if (!has_left(m, why) || !leaving_decide(t, m, "end", 0, why) ||
	    !leaving_end(t, m, why))
		return false;
	answer_line(t->question,
	            "what its people had open is over; nobody of it is let in");
	return true;
}

static bool remove_after(const struct act *t, const struct municipality *m,
                         const char *date, struct fault *why)
{
	int64_t when;

	if (!clock_from_date(date, false, &when) || when <= clock_now())
		return fault(why, FAULT_INVALID,
		             "--after wants a date to come, not %s", date);
	if (!leaving_decide(t, m, "after", when, why))
		return false;
	answer_line(t->question,
	            "it is removed on %s, if its block in the configuration is "
	            "empty by then",
	            date);
	return true;
}

static bool was_ended(const struct act *t, const struct municipality *m,
                      struct fault *why)
{
	struct leaving l;
	int64_t when;

	if (!leaving_find(t, m, &l, why) ||
	    !leaving_decided(&l, "end", &when, why))
		return false;
	return when > 0 ||
	       fault(why, FAULT_INVALID,
	             "first end it: portvaktctl leave %s end", m->name);
}

static bool remove_all(const struct act *t, const struct municipality *m,
                       struct fault *why)
{
	const char *date = act_option(t, "after");
	bool now = has_flag(t, "--now");

	if (!date == !now)
		return fault(why, FAULT_INVALID,
		             "remove --after DATE, or remove --now");
	if (!act_is_signed(t, why) || !has_left(m, why) ||
	    !was_ended(t, m, why))
		return false;
	return date ? remove_after(t, m, date, why) : leaving_remove(t, m, why);
}

static const struct {
	const char *word;
	bool (*act)(const struct act *t, const struct municipality *m,
	            struct fault *why);
} acts[] = {
	{ "plan", plan }, { "export", export },     { "file", file },
	{ "say", say },   { "adopt", adopt },       { "move", move },
	{ "end", end },   { "remove", remove_all },
};

bool admin_leave(const struct act *t, struct fault *why)
{
	const struct municipality *m =
	    t->count > 2 ? region_municipality(t->region, t->words[1]) : NULL;

	if (t->count < 3)
		return fault(why, FAULT_INVALID, "%s", usage);
	if (!m)
		return fault(why, FAULT_INVALID, "no municipality is called %s",
		             t->words[1]);
	for (size_t i = 0; i < LENGTH(acts); i++)
		if (text_equal(acts[i].word, t->words[2]))
			return acts[i].act(t, m, why);
	return fault(why, FAULT_INVALID, "%s", usage);
}
