/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-admin, which serves requests of portvaktctl. It writes
 * roles and overrides to the catalogue; no code of the public web is linked
 * in. */
#include "idp/admin/admin.h"
#include "idp/admin/leaving.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/daemon.h"
#include "lib/log.h"
#include "lib/text.h"

enum {
	CONNECTIONS = 2,
	QUESTIONS_AT_ONCE = 16,
	SCRIBE_MS = 200,
	KEEPER_MS = 500
};

struct clerk clerk;

static const struct {
	const char *word;
	bool (*act)(const struct act *t, struct fault *why);
} acts[] = {
	{ "reload", admin_reload },
	{ "person", admin_person },
	{ "explain", admin_explain },
	{ "receipt", admin_receipt },
	{ "sessions", admin_sessions },
	{ "role", admin_role },
	{ "service", admin_service },
	{ "keys", admin_keys },
	{ "record", admin_record },
	{ "decide", admin_decide },
	{ "quarantine", admin_quarantine },
	{ "part", admin_part },
	{ "leave", admin_leave },
	{ "import", admin_import },
	{ "sync", admin_sync },
};

const char *act_option(const struct act *t, const char *name)
{
	for (size_t i = 1; i + 1 < t->count; i++)
		if (text_starts(t->words[i], "--") &&
		    text_equal(t->words[i] + 2, name))
			return t->words[i + 1];
	return NULL;
}

static const char *line_of(struct arena *a, const struct person *p)
{
	struct text line = text_in(a);

	text_addf(&line, "%s", p->id);
	for (size_t i = 0; i < p->affiliation_count; i++)
		text_addf(&line, "  %s@%s", p->affiliations[i].login ?: "-",
		          p->affiliations[i].municipality);
	return line.at;
}

bool act_person(const struct act *t, const char *who,
                const struct person **ret_person, struct fault *why)
{
	const struct person **people = NULL;
	size_t count = 0;

	if (!catalogue_search(clerk.catalogue, t->region, t->arena, who,
	                      &people, &count, why))
		return false;
	if (count == 0)
		return fault(why, FAULT_INVALID, "nobody is called %s", who);
	if (count > 1) {
		for (size_t i = 0; i < count; i++)
			answer_line(t->question, "%s",
			            line_of(t->arena, people[i]));
		return fault(why, FAULT_INVALID,
		             "%s is %zu people: say login@domain or the id",
		             who, count);
	}
	*ret_person = people[0];
	return true;
}

bool act_record(const struct act *t, const struct person *p,
                const struct affiliation *f, struct fault *why)
{
	struct text said = text_in(t->arena);
	char *code = NULL;
	const struct event e = {
		.region = t->region,
		.municipality = f ? f->municipality : NULL,
		.person = p ? p->id : NULL,
		.affiliation = f ? f->id : NULL,
	};

	for (size_t i = 0; i < t->count; i++)
		text_addf(&said, "%s%s", i ? " " : "", t->words[i]);
	if (!receipt_administered(
		clerk.scribe, t->arena, &e, said.at,
		arena_print(t->arena, "uid %u", (unsigned)t->question->asker),
		&code, why))
		return false;
	answer_line(t->question, "receipt %s", code);
	return true;
}

static bool read_words(const struct question *q, struct act *ret)
{
	const json_t *words = js_array(q->body, "words");
	size_t count = json_array_size(words);

	if (count == 0 || count > 32)
		return false;
	ret->words = arena_array(q->arena, char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		const char *w = json_string_value(json_array_get(words, i));

		if (!w)
			return false;
		ret->words[i] = arena_copy(q->arena, w);
	}
	ret->count = count;
	return true;
}

static bool do_act(const struct question *q, json_t **ret_answer,
                   struct fault *why)
{
	struct act t = { .question = q,
		         .arena = q->arena,
		         .region = q->region };

	if (!read_words(q, &t))
		return fault(why, FAULT_INVALID, "no words");
	*ret_answer = js_keep(q->arena, json_object());
	for (size_t i = 0; i < LENGTH(acts); i++)
		if (text_equal(acts[i].word, t.words[0]))
			return acts[i].act(&t, why);
	return fault(why, FAULT_INVALID, "%s is not asked of admin",
	             t.words[0]);
}

static const struct answer_row rows[] = { { ASK_DO, do_act } };

static void meet_the_others(const struct region *r, struct arena *a)
{
	clerk.keeper =
	    ask_open(arena_print(a, "%s/keeper.sock", r->run), 4, KEEPER_MS);
	clerk.scribe =
	    ask_open(arena_print(a, "%s/scribe.sock", r->run), 4, SCRIBE_MS);
	clerk.store = store_open(clerk.keeper);
	clerk.catalogue = catalogue_open(CONNECTIONS);
	clerk.judges = judge_sockets_open();
}

int main(int argc, char **argv)
{
	struct fault why = { 0 };

	daemon_begin("portvakt-admin");
	if (argc != 3 || !text_equal(argv[1], "-c")) {
		fprintf(stderr, "usage: portvakt-admin -c region.conf\n");
		return 64;
	}
	daemon_signals();
	daemon_die_with_parent();
	if (!snapshot_open(argv[2], &why)) {
		log_error("cannot start", "why", why.text, NULL);
		return 78;
	}
	struct arena *a = arena_open();
	struct region *r = snapshot_current();

	meet_the_others(r, a);
	region_release(r);
	if (!leaving_later(&why))
		log_error("cannot look at what is to be later", "why", why.text,
		          NULL);
	answer_serve(daemon_socket(DAEMON_FIRST), "admin", rows, LENGTH(rows),
	             QUESTIONS_AT_ONCE);
	arena_close(a);
	return 0;
}
