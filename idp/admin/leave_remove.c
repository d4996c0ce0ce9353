/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard_remove.c: removes all data of a municipality, step by step. Each
 * finished step is recorded in a draft file, so a repeated command resumes
 * after an error. A signed certificate then lists what was removed, with
 * hashes of the ids. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idp/admin/leaving.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/list.h"
#include "lib/text.h"

enum {
	DRAFT_MOST = 256 << 20,
	IDS_AT_ONCE = 500,
	POLL_MS = 200,
	LONGEST_MS = 100 * 1000,
	FILE_MODE = 0600
};

struct removal {
	struct leaving l;
	const struct act *act;
	struct arena *arena;
	json_t *draft, *done;
	const char *path;
};

/* ---- preconditions */

static bool is_read(const struct region *r, const char *directory)
{
	for (size_t i = 0; i < r->municipality_count; i++)
		for (size_t p = 0; p < r->municipalities[i].people_count; p++)
			if (text_equal(
				r->municipalities[i].people[p].directory->name,
				directory))
				return true;
	return false;
}

static bool was_theirs(const struct removal *x, const char *directory)
{
	const char *begin = arena_print(x->arena, "%s:", directory);
	const char *anchor;
	json_t *ignored;

	json_object_foreach(x->l.anchors, anchor, ignored)
	{
		if (text_starts(anchor, begin))
			return true;
	}
	return false;
}

/* On error ERROR_INVALID: the configuration still has an issuer, people or a
 * directory of the municipality, from which its data would be created again.
 * This also catches a mistyped name. */
static bool check_configuration(const struct removal *x, struct fault *why)
{
	const struct region *r = x->act->region;
	const struct municipality *m = x->l.m;

	if (m->issuer)
		return fault(
		    why, FAULT_INVALID,
		    "%s still has an issuer in the configuration: take "
		    "it out, with its services, and reload",
		    m->name);
	if (m->people_count > 0)
		return fault(why, FAULT_INVALID,
		             "%s still has people in the configuration: take "
		             "that out, and reload",
		             m->name);
	for (size_t i = 0; i < r->directory_count; i++)
		if (was_theirs(x, r->directories[i].name) &&
		    !is_read(r, r->directories[i].name))
			return fault(why, FAULT_INVALID,
			             "nobody comes from directory %s any more: "
			             "take it out of the configuration, and "
			             "reload",
			             r->directories[i].name);
	return true;
}

/* ---- the draft */

static bool save(const struct removal *x, struct fault *why)
{
	const char *text = js_write(x->arena, x->draft);

	return file_write(x->path, text, strlen(text), FILE_MODE, why);
}

static void forget_names(json_t *people)
{
	const char *id;
	json_t *known;

	json_object_foreach(people, id, known)
	{
		(void)json_object_del(known, "name");
	}
}

static bool begin_draft(struct removal *x, struct fault *why)
{
	struct leaving *l = &x->l;

	forget_names(l->people);
	x->done = js_keep(x->arena, json_object());
	x->draft = js_keep(
	    x->arena, json_pack("{s:i, s:O, s:O, s:O, s:O}", "v", 1, "people",
	                        l->people, "affiliations", l->affiliations,
	                        "anchors", l->anchors, "done", x->done));
	return save(x, why);
}

static bool go_on(struct removal *x, const char *text, struct fault *why)
{
	if (!js_read(x->arena, text, strlen(text), &x->draft, why))
		return false;
	x->l.people = js_object(x->draft, "people");
	x->l.affiliations = js_object(x->draft, "affiliations");
	x->l.anchors = js_object(x->draft, "anchors");
	x->done = js_object(x->draft, "done");
	return (x->l.people && x->l.affiliations && x->l.anchors && x->done) ||
	       fault(why, FAULT_INVALID, "%s is no draft", x->path);
}

static bool open_draft(struct removal *x, struct fault *why)
{
	const char *folder =
	    arena_print(x->arena, "%s/admin", x->act->region->state);
	size_t length;
	char *text;

	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return fault(why, FAULT_UNAVAILABLE, "cannot make %s: %s",
		             folder, strerror(errno));
	x->path =
	    arena_print(x->arena, "%s/removing-%s.json", folder, x->l.m->name);
	if (access(x->path, F_OK) != 0)
		return begin_draft(x, why);
	return file_read(x->arena, x->path, DRAFT_MOST, &text, &length, why) &&
	       go_on(x, text, why);
}

/* Returns the ids of all affiliations, and of people without another one. */
static json_t *ids_of(const struct removal *x)
{
	json_t *ids = js_keep(x->arena, json_object());
	const char *id;
	json_t *known;

	json_object_foreach(x->l.people, id, known)
	{
		if (!js_true(known, "stays"))
			(void)json_object_set_new(ids, id, json_true());
	}
	json_object_foreach(x->l.affiliations, id, known)
	{
		(void)json_object_set_new(ids, id, json_true());
	}
	return ids;
}

/* ---- roles and overrides, deleted here */

struct doomed {
	const struct removal *x;
	LIST(char *) dns;
};

static bool delete_all(const struct removal *x, char **dns, size_t count,
                       struct fault *why)
{
	for (size_t i = 0; i < count; i++) {
		enum write_result done = WRITE_FAILED;

		if (!directory_delete(x->l.catalogue, dns[i], NULL, &done, why))
			return false;
	}
	return true;
}

static bool hear_role(void *with, const struct directory_entry *e,
                      struct fault *why)
{
	struct doomed *f = with;
	const char *holder = entry_text(e, "portvaktHolder");

	(void)why;
	if (holder && json_object_get(f->x->l.affiliations, holder))
		*list_add(f->x->arena, &f->dns) =
		    arena_copy(f->x->arena, e->dn);
	return true;
}

static bool remove_roles(struct removal *x, size_t *ret, struct fault *why)
{
	static const char *const names[] = { "portvaktHolder", NULL };
	struct doomed f = { .x = x };

	if (!leaving_each(&x->l, "roles", SCOPE_SUBTREE,
	                  "(objectClass=portvaktRoleGiven)", names, hear_role,
	                  &f, why))
		return false;
	*ret = f.dns.count;
	return delete_all(x, f.dns.at, f.dns.count, why);
}

/* Returns whether the override is about this municipality alone; one that also
 * names another's entry is kept. */
static bool is_about_them(const struct removal *x,
                          const struct directory_entry *e)
{
	char **subjects = entry_texts(x->arena, e, "portvaktSubject");
	bool any = false;

	for (; *subjects; subjects++) {
		bool theirs = leaving_owns(&x->l, *subjects);

		if (strchr(*subjects, ':') && !theirs)
			return false;
		any |= theirs;
	}
	return any;
}

static bool hear_decision(void *with, const struct directory_entry *e,
                          struct fault *why)
{
	struct doomed *f = with;

	(void)why;
	if (is_about_them(f->x, e))
		*list_add(f->x->arena, &f->dns) =
		    arena_copy(f->x->arena, e->dn);
	return true;
}

static bool remove_decisions(struct removal *x, size_t *ret, struct fault *why)
{
	static const char *const names[] = { "portvaktSubject", NULL };
	struct doomed f = { .x = x };

	if (!leaving_each(&x->l, "decisions", SCOPE_ONE,
	                  "(objectClass=portvaktDecision)", names,
	                  hear_decision, &f, why))
		return false;
	*ret = f.dns.count;
	return delete_all(x, f.dns.at, f.dns.count, why);
}

/* ---- people, groups and organisations, deleted by the provisioner */

struct left {
	size_t count;
};

static bool count_left(void *with, const struct directory_entry *e,
                       struct fault *why)
{
	struct left *k = with;

	(void)e, (void)why;
	k->count++;
	return true;
}

/* A subtree that admin may not read looks empty, so its base is read first. On
 * error ERROR_UNAVAILABLE. */
static bool is_seen(struct removal *x, const char *tree, struct fault *why)
{
	static const char *const nothing[] = { "1.1", NULL };
	struct left itself = { 0 };

	if (!leaving_each(&x->l, tree, SCOPE_BASE, "(objectClass=*)", nothing,
	                  count_left, &itself, why))
		return false;
	return itself.count == 1 ||
	       fault(why, FAULT_UNAVAILABLE,
	             "ou=%s cannot be seen: nobody can say that all is gone",
	             tree);
}

static bool anything_left(struct removal *x, bool *ret, struct fault *why)
{
	static const char *const nothing[] = { "1.1", NULL };
	const char *name = x->l.m->name;
	const struct {
		const char *tree, *filter;
	} rows[] = {
		{ "people",
		  arena_print(x->arena, "(portvaktMunicipality=%s)", name) },
		{ "groups",
		  arena_print(x->arena, "(portvaktMunicipality=%s)", name) },
		{ "municipalities",
		  arena_print(x->arena, "(|(portvaktId=%s)(portvaktId=%s.*))",
		              name, name) },
	};
	struct left k = { 0 };

	for (size_t i = 0; i < LENGTH(rows); i++)
		if (!is_seen(x, rows[i].tree, why) ||
		    !leaving_each(&x->l, rows[i].tree, SCOPE_SUBTREE,
		                  rows[i].filter, nothing, count_left, &k, why))
			return false;
	*ret = k.count > 0;
	return true;
}

static bool remove_people(struct removal *x, size_t *ret, struct fault *why)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
	const int64_t until = clock_monotonic_ms() + LONGEST_MS;
	int64_t decided;
	bool left = true;

	*ret = json_object_size(x->l.affiliations);
	if (!leaving_decided(&x->l, "remove", &decided, why) ||
	    (decided == 0 && !leaving_decide(x->act, x->l.m, "remove", 0, why)))
		return false;
	while (anything_left(x, &left, why)) {
		if (!left)
			return true;
		if (clock_monotonic_ms() > until)
			return fault(
			    why, FAULT_UNAVAILABLE,
			    "synchronisation has not removed all of it "
			    "yet; ask again");
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

/* ---- sessions, traces, keys and audit log */

static bool remove_open(struct removal *x, size_t *ret, struct fault *why)
{
	return leaving_sweep(x->act, ids_of(x), ret, why);
}

/* Returns ids, and directories that are no longer configured. */
static json_t *traces_of(const struct removal *x)
{
	json_t *whom = ids_of(x);
	const char *anchor;
	json_t *ignored;

	json_object_foreach(x->l.anchors, anchor, ignored)
	{
		const char *directory =
		    arena_bytes(x->arena, anchor, strcspn(anchor, ":"));

		if (!region_directory(x->act->region, directory))
			(void)json_object_set_new(
			    whom,
			    arena_print(x->arena, "directory %s", directory),
			    json_true());
	}
	return whom;
}

static bool tell_ids(const struct removal *x, char **words, struct fault *why)
{
	return act_ask_sync(x->act, words, NULL, NULL, why);
}

static bool remove_traces(struct removal *x, size_t *ret, struct fault *why)
{
	char **words = arena_array(x->arena, char *, IDS_AT_ONCE + 2);
	char *scrub[] = { arena_copy(x->arena, "scrub"), NULL };
	json_t *ids = traces_of(x);
	size_t count = 1;
	const char *id;
	json_t *ignored;

	words[0] = arena_copy(x->arena, "forget");
	json_object_foreach(ids, id, ignored)
	{
		words[count++] = arena_copy(x->arena, id);
		if (count <= IDS_AT_ONCE)
			continue;
		words[count] = NULL;
		count = 1;
		if (!tell_ids(x, words, why))
			return false;
	}
	words[count] = NULL;
	*ret = 0;
	return tell_ids(x, words, why) && tell_ids(x, scrub, why);
}

static bool have_forgotten(struct removal *x, struct ask *whom, size_t *ret,
                           struct fault *why)
{
	json_t *question = js_keep(x->arena, json_object());
	json_t *answer;

	js_put(question, "municipality", x->l.m->name);
	if (!ask(whom, x->arena, ASK_FORGET, x->act->region->hash, question,
	         &answer, why))
		return false;
	*ret = (size_t)js_number(answer, "files", 0);
	return true;
}

static bool remove_keys(struct removal *x, size_t *ret, struct fault *why)
{
	return have_forgotten(x, clerk.keeper, ret, why);
}

static bool remove_record(struct removal *x, size_t *ret, struct fault *why)
{
	*ret = 0;
	return leaving_keeps_record(x->act) ||
	       have_forgotten(x, clerk.scribe, ret, why);
}

static const struct {
	const char *name;
	bool (*carry_out)(struct removal *x, size_t *ret_count,
	                  struct fault *why);
} steps[] = {
	{ "roles", remove_roles },         { "decisions", remove_decisions },
	{ "affiliations", remove_people }, { "open", remove_open },
	{ "traces", remove_traces },       { "keys", remove_keys },
	{ "record", remove_record },
};

static bool carry_out(struct removal *x, struct fault *why)
{
	for (size_t i = 0; i < LENGTH(steps); i++) {
		size_t count = 0;

		if (json_object_get(x->done, steps[i].name))
			continue;
		if (!steps[i].carry_out(x, &count, why))
			return false;
		(void)json_object_set_new(x->done, steps[i].name,
		                          json_integer((json_int_t)count));
		if (!save(x, why))
			return false;
		answer_line(x->act->question, "removed       %-12s %zu",
		            steps[i].name, count);
	}
	return true;
}

/* ---- the certificate */

static json_t *hashes(const struct removal *x)
{
	json_t *list = json_array();
	json_t *ids = ids_of(x);
	const char *id;
	json_t *ignored;

	json_object_foreach(ids, id, ignored)
	{
		(void)json_array_append_new(
		    list, json_string(hash_hex(x->arena, id, strlen(id))));
	}
	return list;
}

static const char *certificate_of(const struct removal *x)
{
	const struct act *t = x->act;
	size_t people = 0;
	const char *id;
	json_t *known;

	json_object_foreach(x->l.people, id, known)
	{
		people += !js_true(known, "stays");
	}
	json_t *c = js_keep(
	    x->arena,
	    json_pack("{s:i, s:s, s:I, s:I, s:O, s:o}", "v", 1, "what",
	              "removed", "people", (json_int_t)people, "stay",
	              (json_int_t)(json_object_size(x->l.people) - people),
	              "removed", x->done, "ids", hashes(x)));

	js_put(c, "municipality", x->l.m->name);
	js_put(c, "number", x->l.m->number);
	js_put(c, "region", t->region->name);
	js_put(c, "at", clock_iso(x->arena, clock_now()));
	js_put(c, "by", act_option(t, "by"));
	js_put(c, "reason", act_option(t, "reason"));
	js_put(c, "record", leaving_keeps_record(x->act) ? "kept" : "removed");
	return js_write(x->arena, c);
}

static bool sign(const struct removal *x, const char *text, const char **ret,
                 struct fault *why)
{
	json_t *question = js_keep(x->arena, json_object());
	json_t *answer;

	js_put(question, "what", "removal");
	js_put(question, "municipality", x->l.m->name);
	js_put(question, "sha256", hash_hex(x->arena, text, strlen(text)));
	if (!ask(clerk.keeper, x->arena, ASK_SAY, x->act->region->hash,
	         question, &answer, why))
		return false;
	*ret = js_string(answer, "jws");
	return *ret ||
	       fault(why, FAULT_UNAVAILABLE, "the keeper signed nothing");
}

/* Returns a new path: a repeated removal finds no data and must not overwrite
 * the first certificate. */
static const char *certificate_path(const struct removal *x)
{
	const int64_t now = clock_now();
	const char *stem = arena_print(x->arena, "%s/admin/removed-%s",
	                               x->act->region->state, x->l.m->name);
	const char *path =
	    arena_print(x->arena, "%s-%.10s", stem, clock_iso(x->arena, now));

	if (access(arena_print(x->arena, "%s.json", path), F_OK) != 0)
		return path;
	return arena_print(x->arena, "%s-%s", stem, clock_ldap(x->arena, now));
}

static bool certify(const struct removal *x, struct fault *why)
{
	const char *text = certificate_of(x), *jws;
	const char *path = certificate_path(x);

	if (!sign(x, text, &jws, why) ||
	    !file_write(arena_print(x->arena, "%s.json", path), text,
	                strlen(text), FILE_MODE, why) ||
	    !file_write(arena_print(x->arena, "%s.jws", path), jws, strlen(jws),
	                FILE_MODE, why))
		return false;
	answer_line(x->act->question, "certificate   %s.json, .jws", path);
	return unlink(x->path) == 0 ||
	       fault(why, FAULT_UNAVAILABLE, "cannot remove %s: %s", x->path,
	             strerror(errno));
}

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

bool leaving_remove(const struct act *t, const struct municipality *m,
                    struct fault *why)
{
	struct removal x = { .act = t, .arena = t->arena };

	(void)pthread_mutex_lock(&one_at_a_time);
	bool good = leaving_find(t, m, &x.l, why) &&
	            check_configuration(&x, why) &&
	            act_record(t, NULL, NULL, why) && open_draft(&x, why) &&
	            carry_out(&x, why) && certify(&x, why);
	(void)pthread_mutex_unlock(&one_at_a_time);
	return good;
}
