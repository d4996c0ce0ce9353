/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Random histories of three directories: people come, change, move and go, get
 * first and last days, are decided out and in again; directories are emptied,
 * taken out of the configuration and come back; the writer dies at any write,
 * its cache is lost and the catalogue is damaged by hand.  Whatever happened,
 * the catalogue ends as a model says that knows nothing but the directories.
 * HISTORIES=N SEED=N. */
#include "tests/unit/test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "sync/writer/decisions.h"
#include "tests/unit/sync/writer/writer_in_memory.h"

enum {
	SOURCES = 3,
	FIRST_PEOPLE = 13, /* in each directory */
	MOST_ENTRIES = 80,
	MOST_LEAVING = 5, /* of a directory: more are the brake's */
	MOST_OPS = 40,
	DAY = 24 * 60 * 60,
};

/* ---- the region */

static const char *const names[SOURCES] = { "kongsberg", "notodden", "tinn" };
static struct people_rule rules[] = {
	{ .kind = KIND_EMPLOYEE, .under = "ou=ansatte" },
	{ .kind = KIND_PUPIL, .under = "ou=elever" },
};
static struct directory_conf directories[SOURCES];
static struct people_from from[SOURCES];
static struct municipality municipalities[SOURCES];
static struct region region = {
	.hash = "the same all the time",
	.grace = 30 * DAY,
	.directories = directories,
	.directory_count = SOURCES,
	.municipalities = municipalities,
	.municipality_count = SOURCES,
};

static char nowhere[] = "ldapi:///";
static char *uris[] = { nowhere, NULL };

static void make_region(void)
{
	region.catalogue.base = "dc=region";
	for (size_t i = 0; i < SOURCES; i++) {
		directories[i] = (struct directory_conf){
			.name = names[i],
			.base = "dc=example",
			.bind_as = "cn=sync",
			.uris = uris,
			.brake_percent = 2,
		};
		from[i] = (struct people_from){ .directory = &directories[i],
			                        .rules = rules,
			                        .rule_count = LENGTH(rules),
			                        .join_by_national_id = true };
		municipalities[i] = (struct municipality){
			.name = names[i],
			.display = names[i],
			.number = "999800002",
			.language = "nb",
			.people = &from[i],
			.people_count = 1,
		};
	}
}

/* ---- what the directories have */

struct entry {
	bool there, disabled, pupil;
	int human; /* has the same number wherever he works */
	int title, family, login;
	int anchor;          /* a new one where the entry was made again */
	int64_t from, until; /* 0: not said */
	bool out;            /* somebody decided it is nobody */
	/* as the writer was last told */
	bool told_there;
	bool changed;
};

struct source {
	struct entry entries[MOST_ENTRIES];
	int count;
	int leaving; /* so many went, in all */
	bool told;   /* whole, at least once */
};

static struct source sources[SOURCES];
static int humans, anchors, logins;
static struct round round_state;
static char *cache;

static bool has_number(int human)
{
	return human % 4 != 0;
}

static char *anchor_of(struct arena *a, int s, const struct entry *e)
{
	return arena_print(a, "%08d-0000-4000-8000-%012d", s, e->anchor);
}

static char *login_of(struct arena *a, const struct entry *e)
{
	return arena_print(a, "l%d", e->login);
}

static char *name_of(struct arena *a, const struct entry *e)
{
	return arena_print(a, "Navn%d Slekt%d", e->human, e->family);
}

static void put_time(struct arena *a, json_t *body, const char *name,
                     int64_t when)
{
	if (when > 0)
		(void)json_object_set_new(
		    js_object(body, "attributes"), name,
		    json_pack("[s]", clock_ldap(a, when)));
}

static json_t *body_of(struct arena *a, int s, const struct entry *e)
{
	json_t *body = json_pack(
	    "{s:s, s:s, s:s, s:{s:[s], s:[s], s:[s], s:[s], s:[s]}}", "anchor",
	    anchor_of(a, s, e), "dn",
	    arena_print(a, "uid=%s,ou=%s,dc=example", login_of(a, e),
	                e->pupil ? "elever" : "ansatte"),
	    "class", "person", "attributes", "login", login_of(a, e), "name",
	    name_of(a, e), "given-name", arena_print(a, "Navn%d", e->human),
	    "family-name", arena_print(a, "Slekt%d", e->family), "title",
	    arena_print(a, "Tittel %d", e->title));

	if (e->disabled)
		(void)json_object_set_new(js_object(body, "attributes"),
		                          "disabled", json_pack("[s]", "1"));
	put_time(a, body, "from", e->from);
	put_time(a, body, "until", e->until);
	if (has_number(e->human)) {
		js_put(body, "join", arena_print(a, "join-%d", e->human));
		js_put(body, "sealed", "c2VhbGVk");
	}
	return body;
}

static struct entry *add_entry(int s, int human)
{
	struct source *from_here = &sources[s];

	if (from_here->count == MOST_ENTRIES)
		return NULL;
	struct entry *e = &from_here->entries[from_here->count++];
	*e = (struct entry){ .there = true,
		             .human = human,
		             .pupil = dice(3) == 0,
		             .login = ++logins,
		             .anchor = ++anchors,
		             .changed = true };
	return e;
}

static bool works_at(int human, int s)
{
	for (int i = 0; i < sources[s].count; i++)
		if (sources[s].entries[i].there &&
		    sources[s].entries[i].human == human)
			return true;
	return false;
}

static struct entry *somebody(int s)
{
	for (int tries = 0; tries < 20; tries++) {
		struct entry *e =
		    &sources[s].entries[dice((unsigned)sources[s].count)];

		if (e->there)
			return e;
	}
	return NULL;
}

/* ---- telling the writer */

enum way { CHANGES, PRESENT, WHOLE, EMPTY };

static int64_t begin(struct arena *a, int s, enum way way)
{
	(void)say(a, stage_hello,
	          json_pack("{s:s, s:s}", "directory", names[s], "scope", "x"));
	return js_number(say(a, stage_begin,
	                     json_pack("{s:s, s:s, s:b}", "directory", names[s],
	                               "scope", "x", "full", way >= WHOLE)),
	                 "run", 0);
}

static void tell_anchor(struct arena *a, int64_t run, int s,
                        const struct entry *e,
                        bool (*how)(const struct question *q,
                                    json_t **ret_answer, struct fault *why))
{
	(void)say(a, how,
	          json_pack("{s:I, s:[s]}", "run", run, "anchors",
	                    anchor_of(a, s, e)));
}

static int tell_entries(struct arena *a, int64_t run, int s, enum way way)
{
	json_t *list = json_array();
	int count = 0;

	for (int i = 0; i < sources[s].count; i++) {
		const struct entry *e = &sources[s].entries[i];

		if (!e->there && e->told_there && way == CHANGES)
			tell_anchor(a, run, s, e, stage_deleted);
		else if (e->there && !e->changed && way == PRESENT)
			tell_anchor(a, run, s, e, stage_present);
		else if (e->there && (e->changed || way == WHOLE) && ++count)
			(void)json_array_append_new(list, body_of(a, s, e));
	}
	(void)say(a, stage_entries,
	          json_pack("{s:I, s:o}", "run", run, "entries", list));
	return count;
}

static void note_told(int s)
{
	for (int i = 0; i < sources[s].count; i++) {
		struct entry *e = &sources[s].entries[i];

		e->told_there = e->there;
		e->changed = false;
	}
	sources[s].told = true;
}

/* A run to its end, unless cut: then nothing of it has been. */
static void tell(int s, enum way way, bool cut)
{
	struct arena *a = arena_open();
	int64_t run = begin(a, s, way);
	int count = way == EMPTY ? 0 : tell_entries(a, run, s, way);

	if (!cut) {
		(void)say(a, stage_commit,
		          json_pack("{s:I, s:b, s:I}", "run", run, "sweep",
		                    way != CHANGES, "count", count));
		if (way != EMPTY)
			note_told(s);
	}
	arena_close(a);
}

/* ---- the writer lives and dies */

static void open_cache(void)
{
	struct fault why = { 0 };

	if (!state_open(cache, &why))
		fail_msg("%s", why.text);
	stage_forget_unfinished();
	round_state = (struct round){ 0 };
	memory.writes_left = -1;
}

static void go_on(int rounds)
{
	for (int i = 0; i < rounds; i++) {
		time_ms += 400;
		for (int more = 0; more < 50 && round_go(&round_state, &region);
		     more++)
			continue;
	}
}

static void copy_file(const char *from_file, const char *to_file)
{
	char bytes[65536];
	FILE *in = fopen(from_file, "rb");
	FILE *out = fopen(to_file, "wb");
	size_t n;

	assert_true(in && out);
	while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
		assert_int_equal(fwrite(bytes, 1, n, out), n);
	(void)fclose(in);
	(void)fclose(out);
}

/* The process ends after some write: the catalogue has it, and of what the
 * writer noted since it last began, nothing or all. */
static void die_while_writing(void)
{
	struct arena *a = arena_open();
	char *kept = arena_print(a, "%s.kept", cache);

	state_close();
	copy_file(cache, kept);
	open_cache();
	memory.writes_left = 1 + dice(6);
	go_on(5);
	state_close();
	if (dice(2) == 0)
		copy_file(kept, cache);
	open_cache();
	arena_close(a);
}

static void lose_cache(void)
{
	struct arena *a = arena_open();
	static const char *const suffixes[] = { "", "-wal", "-shm" };

	state_close();
	for (size_t i = 0; i < LENGTH(suffixes); i++)
		(void)unlink(arena_print(a, "%s%s", cache, suffixes[i]));
	open_cache();
	for (int s = 0; s < SOURCES; s++)
		if (sources[s].told)
			tell(s, WHOLE, false);
	arena_close(a);
}

static int count_active(void)
{
	const char *dn;
	json_t *entry;
	int count = 0;

	json_object_foreach(memory.entries, dn, entry)
	{
		const json_t *t = json_object_get(entry, "a");

		count += json_object_get(t, "portvaktAnchor") != NULL &&
		         text_equal(form_text(t, "portvaktStatus"), "active");
	}
	return count;
}

/* ---- what happens */

static void come(int s)
{
	int human = dice(2) ? ++humans : 1 + (int)dice((unsigned)humans);

	if (!works_at(human, s))
		(void)add_entry(s, human);
}

static void change(int s)
{
	struct entry *e = somebody(s);

	if (!e)
		return;
	e->changed = true;
	switch (dice(4)) {
	case 0:
		e->title++;
		break;
	case 1:
		e->family++;
		break;
	case 2:
		e->login = ++logins;
		break;
	default:
		e->pupil = !e->pupil;
		break;
	}
}

static void go(int s)
{
	struct entry *e = somebody(s);

	if (!e || sources[s].leaving == MOST_LEAVING)
		return;
	sources[s].leaving++;
	if (dice(2)) {
		e->disabled = !e->disabled;
		e->changed = true;
		return;
	}
	e->there = false;
	/* Or the entry is made again at once, as another. */
	if (dice(3) == 0) {
		struct entry *again = add_entry(s, e->human);

		if (again)
			again->login = e->login;
	}
}

/* A first or a last day, to come or gone by. */
static void be_dated(int s)
{
	struct entry *e = somebody(s);
	int64_t day = clock_now() - DAY + dice(6 * DAY);

	if (!e || sources[s].leaving == MOST_LEAVING)
		return;
	sources[s].leaving++;
	e->changed = true;
	if (dice(3) == 0)
		e->from = dice(2) ? day : 0;
	else
		e->until = dice(4) ? day : 0;
}

static void write_decision(int s, const struct entry *e, const char *until)
{
	struct arena *a = arena_open();
	char *id = arena_print(a, "out-%d", e->anchor);
	char *dn = arena_print(a, "portvaktId=%s,ou=decisions,dc=region", id);
	json_t *attributes =
	    json_pack("{s:[s], s:[s], s:[s], s:[s], s:[s]}", "portvaktId", id,
	              "objectClass", "portvaktDecision", "portvaktDecides",
	              "out", "portvaktSubject",
	              arena_print(a, "%s:%s", names[s], anchor_of(a, s, e)),
	              "portvaktFrom", clock_ldap(a, clock_now()));

	if (until)
		(void)json_object_set_new(attributes, "portvaktUntil",
		                          json_pack("[s]", until));
	(void)json_object_set_new(
	    memory.entries, dn,
	    json_pack("{s:s, s:o}", "csn", "1", "a", attributes));
	arena_close(a);
}

/* Somebody is nobody, or is again: sync is told, or finds out. */
static void be_decided(int s)
{
	struct entry *e = somebody(s);
	struct arena *a = arena_open();

	if (e && (e->out || sources[s].leaving < MOST_LEAVING)) {
		sources[s].leaving += !e->out;
		e->out = !e->out;
		write_decision(s, e,
		               e->out ? NULL : clock_ldap(a, clock_now()));
		if (dice(2))
			decisions_want();
	}
	arena_close(a);
}

/* A directory that is taken out of the configuration keeps its people, until
 * somebody lets them go; it comes back. */
static void be_left_out(int s)
{
	struct municipality *m = &municipalities[s];

	decisions_want();
	go_on(4);
	int before = count_active();

	m->people_count = 0;
	(void)snprintf(region.hash, sizeof(region.hash), "without %d", s);
	go_on(6);
	assert_true(count_active() >= before);
	m->people_count = 1;
	(void)snprintf(region.hash, sizeof(region.hash), "as it was");
	go_on(2);
}

static void swap_names(int s)
{
	struct entry *e = somebody(s);
	struct entry *f = somebody(s);

	if (!e || !f)
		return;
	int login = e->login;
	e->login = f->login;
	f->login = login;
	e->changed = f->changed = true;
}

static void be_told(int s)
{
	tell(s, sources[s].told ? (enum way)dice(3) : WHOLE, false);
}

static void be_cut(int s)
{
	tell(s, sources[s].told ? (enum way)dice(3) : WHOLE, true);
	if (dice(2)) {
		state_close();
		open_cache();
	}
}

/* A directory that shows nothing any more costs nobody anything. */
static void be_emptied(int s)
{
	decisions_want();
	go_on(4);
	int before = count_active();

	tell(s, EMPTY, false);
	go_on(6);
	assert_true(sources[s].told == false || count_active() >= before);
	tell(s, WHOLE, false);
	go_on(2);
}

static void be_damaged(int s)
{
	size_t all = json_object_size(memory.entries);
	unsigned nth = all > 0 ? dice((unsigned)all) : 0;
	const char *dn;
	json_t *entry;
	char *found = NULL;
	struct arena *a = arena_open();

	(void)s;
	json_object_foreach(memory.entries, dn, entry)
	{
		/* What people decided is nobody's to take away. */
		if (nth-- > 0 || strstr(dn, "ou=decisions"))
			continue;
		(void)json_object_set_new(entry, "csn", json_string("hand"));
		(void)json_object_set_new(json_object_get(entry, "a"), "cn",
		                          json_pack("[s]", "Skadd"));
		if (dice(3) == 0 && !memory_has_children(dn))
			found = arena_copy(a, dn);
		break;
	}
	if (found)
		(void)json_object_del(memory.entries, found);
	if (dice(2))
		control_want_readback();
	arena_close(a);
}

static void time_passes(int s)
{
	(void)s;
	go_on(1 + (int)dice(3));
	time_ms += dice(10) == 0 ? dice(2 * DAY) * 1000 : dice(60) * 1000;
}

static void die(int s)
{
	(void)s;
	die_while_writing();
}

static void forget(int s)
{
	(void)s;
	lose_cache();
}

static const struct {
	unsigned often;
	void (*happens)(int s);
} kinds_of_event[] = {
	{ 6, come },       { 8, change },      { 5, go },
	{ 2, swap_names }, { 8, be_told },     { 2, be_cut },
	{ 1, be_emptied }, { 2, be_damaged },  { 4, time_passes },
	{ 2, die },        { 1, forget },      { 4, be_dated },
	{ 3, be_decided }, { 1, be_left_out },
};

static void something_happens(void)
{
	unsigned all = 0;

	for (size_t i = 0; i < LENGTH(kinds_of_event); i++)
		all += kinds_of_event[i].often;
	unsigned at = dice(all);
	for (size_t i = 0; i < LENGTH(kinds_of_event); i++) {
		if (at < kinds_of_event[i].often) {
			kinds_of_event[i].happens((int)dice(SOURCES));
			return;
		}
		at -= kinds_of_event[i].often;
	}
}

/* ---- the model: what the catalogue should hold, from the entries alone */

static int by_text(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static char *sorted_text(struct arena *a, char **lines, size_t count)
{
	struct text t = text_in(a);

	if (count > 0)
		qsort(lines, count, sizeof(char *), by_text);
	for (size_t i = 0; i < count; i++)
		text_addf(&t, "%s\n", lines[i]);
	return t.at;
}

static bool is_somebody(const struct entry *e)
{
	return e->there && !e->out;
}

static bool is_off(const struct entry *e)
{
	return e->disabled || (e->until > 0 && e->until <= clock_now()) ||
	       e->from > clock_now();
}

static char *wanted_line(struct arena *a, int s, const struct entry *e)
{
	return arena_print(a, "%s %s %s '%s' 'Tittel %d' %s",
	                   has_number(e->human)
	                       ? arena_print(a, "human-%d", e->human)
	                       : anchor_of(a, s, e),
	                   names[s], login_of(a, e), name_of(a, e), e->title,
	                   is_off(e)  ? "suspended"
	                   : e->pupil ? "pupil"
	                              : "employee");
}

static char *wanted(struct arena *a)
{
	LIST(char *) lines = { 0 };

	for (int s = 0; s < SOURCES; s++)
		for (int i = 0; i < sources[s].count; i++)
			if (is_somebody(&sources[s].entries[i]))
				*list_add(a, &lines) =
				    wanted_line(a, s, &sources[s].entries[i]);
	return sorted_text(a, lines.at, lines.count);
}

static char *found_line(struct arena *a, const char *dn, const json_t *t)
{
	const json_t *person = json_object_get(
	    json_object_get(memory.entries, memory_above(dn)), "a");
	const char *join = form_text(person, "portvaktJoin");
	bool active = text_equal(form_text(t, "portvaktStatus"), "active");

	return arena_print(
	    a, "%s %s %s '%s' '%s' %s",
	    join ? arena_print(a, "human-%s", join + strlen("join-"))
		 : form_text(t, "portvaktAnchor"),
	    form_text(t, "portvaktDirectory"), form_text(t, "portvaktLogin"),
	    form_text(t, "cn"), form_text(t, "title"),
	    active ? form_text(t, "portvaktKind") : "suspended");
}

static char *found(struct arena *a, size_t *ret_people)
{
	LIST(char *) lines = { 0 };
	const char *dn;
	json_t *entry;

	*ret_people = 0;
	json_object_foreach(memory.entries, dn, entry)
	{
		const json_t *t = json_object_get(entry, "a");

		if (json_object_get(t, "portvaktAnchor"))
			*list_add(a, &lines) = found_line(a, dn, t);
		else if (text_ends(dn, ",ou=people,dc=region"))
			(*ret_people)++;
	}
	return sorted_text(a, lines.at, lines.count);
}

static size_t count_people(void)
{
	size_t count = 0;

	for (int h = 1; h <= humans; h++) {
		size_t places = 0;

		for (int s = 0; s < SOURCES; s++)
			for (int i = 0; i < sources[s].count; i++)
				places += is_somebody(&sources[s].entries[i]) &&
				          sources[s].entries[i].human == h;
		count += has_number(h) && places > 1 ? 1 : places;
	}
	return count;
}

static void show(const char *what, const char *lines, const char *without)
{
	struct arena *a = arena_open();
	char *rest = arena_copy(a, lines);
	char *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line && !strstr(without, line))
			fprintf(stderr, "%s: %s\n", what, line);
	arena_close(a);
}

static void compare(const char *when, uint64_t seed)
{
	struct arena *a = arena_open();
	size_t people = 0;
	const char *is = found(a, &people);
	const char *should = wanted(a);

	if (strcmp(is, should) != 0) {
		show("only in the catalogue", is, should);
		show("only in the model", should, is);
		fail_msg("SEED=%" PRIu64 " %s", seed, when);
	}
	if (people != count_people())
		fail_msg("SEED=%" PRIu64 " %s: %zu people instead of %zu", seed,
		         when, people, count_people());
	arena_close(a);
}

/* ---- a history */

/* deploy/ldap/tree.ldif */
static const char *const tree[] = {
	"dc=region",
	"ou=people,dc=region",
	"ou=groups,dc=region",
	"ou=municipalities,dc=region",
	"ou=feide,dc=region",
	"ou=decisions,dc=region",
	"ou=issued,ou=decisions,dc=region",
};

static void plant(const char *dn)
{
	struct arena *a = arena_open();
	const char *from_here = strchr(dn, '=') + 1;
	char *name = arena_bytes(a, from_here, strcspn(from_here, ","));

	(void)json_object_set_new(
	    memory.entries, dn,
	    json_pack("{s:s, s:{s:[s]}}", "csn", "0", "a", "ou", name));
	arena_close(a);
}

static void begin_history(uint64_t seed)
{
	chance = seed * 2654435761u + 1;
	memset(sources, 0, sizeof(sources));
	humans = anchors = logins = 0;
	(void)snprintf(region.hash, sizeof(region.hash), "as it was");
	memory = (struct catalogue_writer){ json_object(), 0, -1 };
	for (size_t i = 0; i < LENGTH(tree); i++)
		plant(tree[i]);
	catalogue_writer = &memory;
	(void)unlink(cache);
	open_cache();
	for (int s = 0; s < SOURCES; s++)
		for (int i = 0; i < FIRST_PEOPLE; i++)
			(void)add_entry(s, i % 6 == 0 && s > 0 && humans > 12 &&
			                           !works_at(i + 1, s)
			                       ? i + 1
			                       : ++humans);
	for (int s = 0; s < SOURCES; s++)
		if (dice(2))
			tell(s, WHOLE, false);
	go_on(3);
}

/* What a new cache or another configuration found is meant so. */
static void accept_configuration(void)
{
	for (int s = 0; s < SOURCES; s++) {
		struct arena *a = arena_open();
		char *dn = arena_print(
		    a, "portvaktId=accept-%d,ou=decisions,dc=region", s);

		(void)json_object_set_new(
		    memory.entries, dn,
		    json_pack("{s:s, s:{s:[s], s:[s], s:[s], s:[s, s, s],"
		              " s:[s]}}",
		              "csn", "1", "a", "portvaktId",
		              arena_print(a, "accept-%d", s), "objectClass",
		              "portvaktDecision", "portvaktDecides", "accept",
		              "portvaktSubject", names[s], "configuration",
		              region.hash, "portvaktFrom",
		              clock_ldap(a, clock_now())));
		arena_close(a);
	}
	decisions_want();
}

/* All is well again, everything is read whole, and what had to be waited for
 * is over. */
static void end_history(void)
{
	accept_configuration();
	for (int turn = 0; turn < 2; turn++) {
		for (int s = 0; s < SOURCES; s++)
			tell(s, WHOLE, false);
		control_want_readback();
		go_on(30);
		time_ms += region.grace * 1000 + DAY * 1000;
		go_on(30);
	}
	for (int s = 0; s < SOURCES; s++)
		tell(s, WHOLE, false);
	go_on(30);
}

static void live(uint64_t seed)
{
	begin_history(seed);
	unsigned ops = 1 + dice(MOST_OPS);
	for (unsigned i = 0; i < ops; i++)
		something_happens();
	end_history();
	compare("at the end", seed);
	state_close();
	json_decref(memory.entries);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void random_histories_end_as_the_model_says(void **state)
{
	/* In memory where that is allowed: what power loss takes is not tried
	 * here. */
	char in_memory[] = "/dev/shm/pv-history-XXXXXX";
	char on_disk[] = "/tmp/pv-history-XXXXXX";
	char *folder = mkdtemp(in_memory);
	uint64_t seed = number_from("SEED", 1);
	uint64_t count = number_from("HISTORIES", 40);
	struct arena *a = arena_open();

	(void)state;
	if (!folder)
		folder = mkdtemp(on_disk);
	assert_non_null(folder);
	cache = arena_print(a, "%s/cache.sqlite", folder);
	make_region();
	time_ms = INT64_C(1800000000000);
	for (uint64_t i = 0; i < count; i++)
		live(seed + i);
	(void)unlink(cache);
	(void)unlink(arena_print(a, "%s.kept", cache));
	(void)rmdir(folder);
	arena_close(a);
}

TESTS(random_histories_end_as_the_model_says)
