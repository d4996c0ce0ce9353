/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Random histories of three directories: entries are created, changed, moved
 * and deleted, get first and last days, are excluded and included by
 * overrides; directories are emptied, removed from the configuration and
 * restored; the provisioner is killed at any write, its cache is lost and the
 * catalogue is damaged by hand.  The catalogue must end as a model predicts
 * from the directories alone.  Environment: HISTORIES=N SEED=N. */
#include "tests/unit/test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/main_loop.h"
#include "sync/engine/source/staging.h"
#include "sync/engine/state/state.h"
#include "sync/engine/state/work.h"
#include "tests/unit/sync/engine/engine_in_memory.h"

enum {
	SOURCES = 3,
	FIRST_PEOPLE = 13, /* in each directory */
	MAX_ENTRIES = 80,
	MAX_DEACTIVATIONS = 5, /* of a directory: below the threshold */
	MAX_RENAMES = 3,       /* of logins: below half of a directory */
	MAX_EVENTS = 40,
	DAY = 24 * 60 * 60,
};

/* ---- the region */

static const char *const names[SOURCES] = { "kongsberg", "notodden", "tinn" };
static struct people_rule rules[] = {
	{ .kind = KIND_EMPLOYEE, .subtree = "ou=ansatte" },
	{ .kind = KIND_PUPIL, .subtree = "ou=elever" },
};
static struct directory_conf directories[SOURCES];
static struct source_mapping from[SOURCES];
static struct municipality municipalities[SOURCES];
static struct config region = {
	.hash = "the same all the time",
	.delete_after = 30 * DAY,
	.hold_released_names = 20 * DAY,
	.remember_ids = 1000 * DAY,
	.directories = directories,
	.directory_count = SOURCES,
	.municipalities = municipalities,
	.municipality_count = SOURCES,
};

static char unused_uri[] = "ldapi:///";
static char *uris[] = { unused_uri, NULL };

static void build_region(void)
{
	region.catalogue.base = "dc=region";
	for (size_t i = 0; i < SOURCES; i++) {
		directories[i] = (struct directory_conf){
			.name = names[i],
			.base = "dc=example",
			.bind_dn = "cn=sync",
			.uris = uris,
			.max_deactivations_percent = 2,
			.limits = &generous_limits,
		};
		from[i] =
		    (struct source_mapping){ .directory = &directories[i],
			                     .rules = rules,
			                     .rule_count = LENGTH(rules),
			                     .join_by_national_id = true };
		municipalities[i] = (struct municipality){
			.name = names[i],
			.display = names[i],
			.organisation_number = "999800002",
			.language = "nb",
			.source_mappings = &from[i],
			.source_mapping_count = 1,
		};
	}
}

/* ---- the directories */

struct entry {
	bool there, disabled, pupil;
	int human; /* same number in every directory */
	int title, family, login;
	int anchor;          /* new when the entry is created again */
	int64_t from, until; /* 0: not set */
	int date_form;       /* enum date_form */
	int spelling, phone, position;
	int kept_login;   /* of the catalogue, while another has its new one */
	bool waits;       /* a new entry whose login name another has */
	int number;       /* the human whose number it has; 0: none */
	bool fixed;       /* stays, because others depend on it */
	bool keeps_login; /* another waits for it, or it waits */
	bool is_awaited;  /* another waits for its login name */
	bool disputed;    /* its number was changed after the join */
	bool twin;        /* had another's number: works nowhere else */
	bool out;         /* excluded by an override */
	/* as sent last */
	bool sent_there;
	bool changed;
};

struct source {
	struct entry entries[MAX_ENTRIES];
	int count;
	int deactivations; /* in all */
	int renames;       /* login names changed, in all */
	bool sent;         /* completely, at least once */
};

enum date_form { DATE_GENERALIZED, DATE_ISO, DATE_UNREADABLE, DATE_FORMS };

/* Given names that agree with one another. */
static const char *const spellings[] = { "Navn%d", "Navn%d Marie", "NAVN%d",
	                                 "Marie Navn%d", "Navn%d M." };

/* What a directory has, and what the catalogue gets: NULL if not taken. */
static const struct spelled {
	const char *source, *catalogue;
} phones[] = {
	{ NULL, NULL },
	{ "+47 35 01 50 00", "+47 35 01 50 00" },
	{ "+47\u00a035\u00a001\u00a050\u00a001", "+47 35 01 50 01" },
	{ "35 01 50 00 spør i skranken", NULL },
}, positions[] = {
	{ NULL, NULL },  { "100", "100" }, { "33,33", "33" },
	{ "60 %", "60" }, { "110", NULL },  { "heile", NULL },
};

static struct source sources[SOURCES];
static int humans, anchors, logins;
static struct main_loop round_state;
static char *cache;

static bool has_number(int human)
{
	return human % 4 != 0;
}

static char *anchor_of(struct arena *a, int s, const struct entry *e)
{
	return arena_printf(a, "%08d-0000-4000-8000-%012d", s, e->anchor);
}

static char *login_of(struct arena *a, const struct entry *e)
{
	return arena_printf(a, "l%d", e->login);
}

static char *given_name_of(struct arena *a, const struct entry *e)
{
	const char *spelling = spellings[e->spelling];
	const char *mark = strstr(spelling, "%d");

	return arena_printf(a, "%.*s%d%s", (int)(mark - spelling), spelling,
	                    e->human, mark + strlen("%d"));
}

static char *name_of(struct arena *a, const struct entry *e)
{
	return arena_printf(a, "%s Slekt%d", given_name_of(a, e), e->family);
}

static void put_text(json_t *body, const char *name, const char *text)
{
	if (text)
		(void)json_object_set_new(js_object(body, "attributes"), name,
		                          json_pack("[s]", text));
}

static void put_time(struct arena *a, json_t *body, const char *name,
                     int64_t when, int form)
{
	const char *text = clock_format_generalized_time(a, when);

	if (when == 0)
		return;
	if (form == DATE_ISO)
		text = arena_printf(a, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", text,
		                    text + 4, text + 6, text + 8, text + 10,
		                    text + 12);
	put_text(body, name, form == DATE_UNREADABLE ? "31.13.2027" : text);
}

static json_t *body_of(struct arena *a, int s, const struct entry *e)
{
	json_t *body =
	    json_pack("{s:s, s:s, s:s, s:{s:[s], s:[s], s:[s], s:[s], s:[s]}}",
	              "anchor", anchor_of(a, s, e), "dn",
	              arena_printf(a, "uid=%s,ou=%s,dc=example", login_of(a, e),
	                           e->pupil ? "elever" : "ansatte"),
	              "class", "person", "attributes", "login", login_of(a, e),
	              "name", name_of(a, e), "given-name", given_name_of(a, e),
	              "family-name", arena_printf(a, "Dal-Slekt%d", e->family),
	              "title", arena_printf(a, "Tittel %d", e->title));

	if (e->disabled)
		(void)json_object_set_new(js_object(body, "attributes"),
		                          "disabled", json_pack("[s]", "1"));
	put_time(a, body, "from", e->from, e->date_form);
	put_time(a, body, "until", e->until, e->date_form);
	put_text(body, "phone", phones[e->phone].source);
	put_text(body, "position", positions[e->position].source);
	if (e->number > 0) {
		js_set_string(body, "join",
		              arena_printf(a, "join-%d", e->number));
		js_set_string(body, "sealed", "c2VhbGVk");
	}
	return body;
}

static struct entry *add_entry(int s, int human)
{
	struct source *from_here = &sources[s];

	if (from_here->count == MAX_ENTRIES)
		return NULL;
	struct entry *e = &from_here->entries[from_here->count++];
	*e = (struct entry){ .there = true,
		             .human = human,
		             .number = has_number(human) ? human : 0,
		             .spelling = (int)dice(LENGTH(spellings)),
		             .phone = (int)dice(LENGTH(phones)),
		             .position = (int)dice(LENGTH(positions)),
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
		    (sources[s].entries[i].human == human ||
		     sources[s].entries[i].number == human))
			return true;
	return false;
}

static bool is_twin(int human)
{
	for (int s = 0; s < SOURCES; s++)
		for (int i = 0; i < sources[s].count; i++)
			if (sources[s].entries[i].twin &&
			    sources[s].entries[i].human == human)
				return true;
	return false;
}

/* A later entry of this human may get the exclusion of a former one. */
static bool was_excluded(int human, int s)
{
	for (int i = 0; i < sources[s].count; i++)
		if (sources[s].entries[i].human == human &&
		    sources[s].entries[i].out)
			return true;
	return false;
}

static struct entry *random_entry(int s)
{
	for (int tries = 0; tries < 20; tries++) {
		struct entry *e =
		    &sources[s].entries[dice((unsigned)sources[s].count)];

		if (e->there)
			return e;
	}
	return NULL;
}

/* ---- sending runs */

enum run_kind { CHANGES, PRESENT, WHOLE, EMPTY };

static int64_t begin_run(struct arena *a, int s, enum run_kind run_kind)
{
	(void)send_request(
	    a, IPC_SYNC_OPEN,
	    json_pack("{s:s, s:s}", "directory", names[s], "scope", "x"));
	return js_number(
	    send_request(a, IPC_SYNC_BEGIN,
	                 json_pack("{s:s, s:s, s:b, s:i}", "directory",
	                           names[s], "scope", "x", "full",
	                           run_kind >= WHOLE, "certificate", 0)),
	    "run", 0);
}

static void send_anchor(struct arena *a, int64_t run, int s,
                        const struct entry *e, enum ipc_message_type how)
{
	(void)send_request(a, how,
	                   json_pack("{s:I, s:[s]}", "run", run, "anchors",
	                             anchor_of(a, s, e)));
}

static int send_entries(struct arena *a, int64_t run, int s,
                        enum run_kind run_kind)
{
	json_t *list = json_array();
	int count = 0;

	for (int i = 0; i < sources[s].count; i++) {
		const struct entry *e = &sources[s].entries[i];

		if (!e->there && e->sent_there && run_kind == CHANGES)
			send_anchor(a, run, s, e, IPC_SYNC_DELETED);
		else if (e->there && !e->changed && run_kind == PRESENT)
			send_anchor(a, run, s, e, IPC_SYNC_PRESENT);
		else if (e->there && (e->changed || run_kind == WHOLE) &&
		         ++count)
			(void)json_array_append_new(list, body_of(a, s, e));
	}
	(void)send_request(
	    a, IPC_SYNC_ENTRIES,
	    json_pack("{s:I, s:o}", "run", run, "entries", list));
	return count;
}

static void mark_sent(int s)
{
	for (int i = 0; i < sources[s].count; i++) {
		struct entry *e = &sources[s].entries[i];

		e->sent_there = e->there;
		e->changed = false;
	}
	sources[s].sent = true;
}

/* Sends a run; if cut, it is never committed and has no effect. */
static void send_run(int s, enum run_kind run_kind, bool cut)
{
	struct arena *a = arena_open();
	int64_t run = begin_run(a, s, run_kind);
	int count = run_kind == EMPTY ? 0 : send_entries(a, run, s, run_kind);

	if (!cut) {
		(void)send_request(
		    a, IPC_SYNC_COMMIT,
		    json_pack("{s:I, s:b, s:I, s:b}", "run", run,
		              "delete_unnamed", run_kind != CHANGES, "count",
		              (json_int_t)count, "went_back", 0));
		if (run_kind != EMPTY)
			mark_sent(s);
	}
	arena_close(a);
}

/* ---- starting and killing the provisioner */

static void open_cache(void)
{
	struct error err = { 0 };

	if (!state_open(cache, &err))
		fail_msg("%s", err.text);
	staging_discard_all();
	round_state = (struct main_loop){ 0 };
	memory.writes_left = -1;
}

static void run_rounds(int rounds)
{
	for (int i = 0; i < rounds; i++) {
		time_ms += 400;
		for (int more = 0;
		     more < 50 && main_loop_run(&round_state, &region); more++)
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

/* The process is killed after a write: the catalogue has it, and the cache has
 * everything or nothing of what was recorded since the last start. */
static void kill_while_writing(void)
{
	struct arena *a = arena_open();
	char *kept = arena_printf(a, "%s.kept", cache);

	state_close();
	copy_file(cache, kept);
	open_cache();
	memory.writes_left = 1 + dice(6);
	run_rounds(5);
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
		(void)unlink(arena_printf(a, "%s%s", cache, suffixes[i]));
	open_cache();
	for (int s = 0; s < SOURCES; s++)
		if (sources[s].sent)
			send_run(s, WHOLE, false);
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

		count +=
		    json_object_get(t, "portvaktAnchor") != NULL &&
		    text_equal(entry_json_value(t, "portvaktStatus"), "active");
	}
	return count;
}

/* ---- events */

static void event_add(int s)
{
	int human = dice(2) ? ++humans : 1 + (int)dice((unsigned)humans);

	if (!works_at(human, s) && !is_twin(human) && !was_excluded(human, s))
		(void)add_entry(s, human);
}

/* More are held for approval: several at once look like an accident. */
static bool may_rename(int s, int entries)
{
	if (sources[s].renames + entries > MAX_RENAMES)
		return false;
	sources[s].renames += entries;
	return true;
}

static void event_change(int s)
{
	struct entry *e = random_entry(s);

	if (!e)
		return;
	e->changed = true;
	switch (dice(7)) {
	case 0:
		e->title++;
		break;
	case 3:
		e->spelling = (int)dice(LENGTH(spellings));
		break;
	case 4:
		e->phone = (int)dice(LENGTH(phones));
		break;
	case 5:
		e->position = (int)dice(LENGTH(positions));
		break;
	case 1:
		e->family++;
		break;
	case 2:
		if (!e->keeps_login && may_rename(s, 1))
			e->login = ++logins;
		break;
	default:
		e->pupil = !e->pupil;
		break;
	}
}

static void event_deactivate(int s)
{
	struct entry *e = random_entry(s);

	if (!e || e->fixed || sources[s].deactivations == MAX_DEACTIVATIONS)
		return;
	sources[s].deactivations++;
	if (dice(2)) {
		e->disabled = !e->disabled;
		e->changed = true;
		return;
	}
	e->there = false;
	/* Or the entry is created again with a new anchor. */
	if (dice(3) == 0 && !was_excluded(e->human, s)) {
		struct entry *recreated = add_entry(s, e->human);

		if (recreated) {
			recreated->login = e->login;
			recreated->waits = e->waits;
			recreated->keeps_login = e->keeps_login;
		}
	}
}

/* A first or last day, in the past or the future. */
static void event_set_dates(int s)
{
	struct entry *e = random_entry(s);
	int64_t day = clock_now() - DAY + dice(6 * DAY);

	if (!e || sources[s].deactivations == MAX_DEACTIVATIONS)
		return;
	sources[s].deactivations++;
	e->changed = true;
	e->date_form = (int)dice(DATE_FORMS);
	if (dice(3) == 0)
		e->from = dice(2) ? day : 0;
	else
		e->until = dice(4) ? day : 0;
}

static void write_decision(int s, const struct entry *e, const char *until)
{
	struct arena *a = arena_open();
	char *id = arena_printf(a, "out-%d", e->anchor);
	char *dn = arena_printf(a, "portvaktId=%s,ou=decisions,dc=region", id);
	json_t *attributes = json_pack(
	    "{s:[s], s:[s], s:[s], s:[s], s:[s]}", "portvaktId", id,
	    "objectClass", "portvaktDecision", "portvaktDecides", "out",
	    "portvaktSubject",
	    arena_printf(a, "%s:%s", names[s], anchor_of(a, s, e)),
	    "portvaktFrom", clock_format_generalized_time(a, clock_now()));

	if (until)
		(void)json_object_set_new(attributes, "portvaktUntil",
		                          json_pack("[s]", until));
	(void)json_object_set_new(
	    memory.entries, dn,
	    json_pack("{s:s, s:o}", "csn", "1", "a", attributes));
	arena_close(a);
}

/* Excludes or includes an entry; the provisioner is notified or polls. */
static void event_exclude_or_include(int s)
{
	struct entry *e = random_entry(s);
	struct arena *a = arena_open();

	if (e && !e->fixed &&
	    (e->out || sources[s].deactivations < MAX_DEACTIVATIONS)) {
		sources[s].deactivations += !e->out;
		e->out = !e->out;
		write_decision(
		    s, e,
		    e->out ? NULL
			   : clock_format_generalized_time(a, clock_now()));
		if (dice(2))
			overrides_request_load();
	}
	arena_close(a);
}

/* A directory that is removed from the configuration keeps its people, and is
 * configured again. */
static void event_unconfigure(int s)
{
	struct municipality *m = &municipalities[s];

	overrides_request_load();
	run_rounds(4);
	int before = count_active();

	m->source_mapping_count = 0;
	(void)snprintf(region.hash, sizeof(region.hash), "without %d", s);
	run_rounds(6);
	assert_true(count_active() >= before);
	m->source_mapping_count = 1;
	(void)snprintf(region.hash, sizeof(region.hash), "as it was");
	run_rounds(2);
}

/* The person of the catalogue that has this entry, or NULL. */
static const json_t *catalogue_person(int s, const struct entry *e)
{
	struct arena *a = arena_open();
	const char *anchor = anchor_of(a, s, e);
	const json_t *person = NULL;
	const char *dn;
	json_t *entry;

	json_object_foreach(memory.entries, dn, entry)
	{
		if (text_equal(entry_json_value(json_object_get(entry, "a"),
		                                "portvaktAnchor"),
		               anchor))
			person = json_object_get(
			    json_object_get(memory.entries,
			                    memory_parent_dn(dn)),
			    "a");
	}
	arena_close(a);
	return person;
}

/* The affiliation of the entry, or NULL. */
static const json_t *catalogue_affiliation(int s, const struct entry *e)
{
	struct arena *a = arena_open();
	const char *anchor = anchor_of(a, s, e);
	const json_t *found = NULL;
	const char *dn;
	json_t *entry;

	json_object_foreach(memory.entries, dn, entry)
	{
		const json_t *t = json_object_get(entry, "a");

		if (text_equal(entry_json_value(t, "portvaktAnchor"), anchor))
			found = t;
	}
	arena_close(a);
	return found;
}

/* The catalogue has the entry with its login name, which was not damaged. */
static bool is_as_in_catalogue(int s, const struct entry *e)
{
	struct arena *a = arena_open();
	bool same = e->sent_there && !e->changed && !e->out && !e->waits &&
	            !e->kept_login &&
	            text_equal(entry_json_value(catalogue_affiliation(s, e),
	                                        "portvaktLogin"),
	                       login_of(a, e));

	arena_close(a);
	return same;
}

/* Returns how many entries the human has, or 0 unless the catalogue has all
 * of them as one person with the number. */
static int count_joined(int human)
{
	struct arena *a = arena_open();
	const char *join = arena_printf(a, "join-%d", human);
	const json_t *person = NULL;
	int count = 0;

	for (int s = 0; s < SOURCES; s++)
		for (int i = 0; i < sources[s].count; i++) {
			const struct entry *e = &sources[s].entries[i];

			if (!e->there ||
			    (e->human != human && e->number != human))
				continue;
			const json_t *one = catalogue_person(s, e);
			if (e->number != human || e->out || !e->sent_there ||
			    (person && one != person) ||
			    !text_equal(entry_json_value(one, "portvaktJoin"),
			                join)) {
				arena_close(a);
				return 0;
			}
			person = one;
			count++;
		}
	arena_close(a);
	return count;
}

static void fix_human(int human)
{
	for (int s = 0; s < SOURCES; s++)
		for (int i = 0; i < sources[s].count; i++)
			sources[s].entries[i].fixed |=
			    sources[s].entries[i].there &&
			    sources[s].entries[i].human == human;
}

/* A twin gets the number of another human, or has it corrected. */
static void event_mistype_number(int s)
{
	struct entry *e = random_entry(s);

	if (!e || e->fixed)
		return;
	if (e->number > 0 && e->number != e->human) {
		e->number = has_number(e->human) ? e->human : 0;
		e->changed = true;
		return;
	}
	overrides_request_load();
	run_rounds(4);
	if (e->human == e->number && count_joined(e->human) > 0) {
		fix_human(e->human);
		struct entry *twin = add_entry((int)dice(SOURCES), ++humans);
		if (twin) {
			twin->number = e->human;
			twin->twin = true;
		}
	}
}

/* The number of one of several entries is changed, and corrected. */
static void event_change_number(int s)
{
	struct entry *e = random_entry(s);

	if (!e || !has_number(e->human))
		return;
	if (e->disputed) {
		e->disputed = false;
		e->number = e->human;
		e->changed = true;
		return;
	}
	overrides_request_load();
	run_rounds(4);
	if (e->human != e->number || count_joined(e->human) < 2)
		return;
	fix_human(e->human);
	e->disputed = true;
	e->number = 100000 + e->anchor;
	e->changed = true;
}

/* An entry gets a login name that another one of the directory has, or is
 * given a name of its own. */
static void event_take_name(int s)
{
	struct entry *e = random_entry(s);
	struct entry *holder = random_entry(s);

	if (!e || !holder || e == holder || e->is_awaited)
		return;
	if ((e->waits || e->kept_login) && !may_rename(s, 1))
		return;
	if (e->waits || e->kept_login) {
		e->login = ++logins;
		e->waits = false;
		e->kept_login = 0;
		e->changed = true;
		return;
	}
	overrides_request_load();
	run_rounds(4);
	if (!is_as_in_catalogue(s, holder) || !is_as_in_catalogue(s, e))
		return;
	holder->fixed = holder->keeps_login = holder->is_awaited = true;
	if (dice(2)) {
		e->fixed = e->keeps_login = true;
		e->kept_login = e->login;
		e->login = holder->login;
		e->changed = true;
		return;
	}
	struct entry *newcomer = add_entry(s, ++humans);
	if (newcomer) {
		newcomer->login = holder->login;
		newcomer->waits = newcomer->keeps_login = true;
	}
}

static void event_swap_logins(int s)
{
	struct entry *e = random_entry(s);
	struct entry *f = random_entry(s);

	if (!e || !f || e->keeps_login || f->keeps_login || !may_rename(s, 2))
		return;
	int login = e->login;
	e->login = f->login;
	f->login = login;
	e->changed = f->changed = true;
}

static void event_send_run(int s)
{
	send_run(s, sources[s].sent ? (enum run_kind)dice(3) : WHOLE, false);
}

static void event_cut_run(int s)
{
	send_run(s, sources[s].sent ? (enum run_kind)dice(3) : WHOLE, true);
	if (dice(2)) {
		state_close();
		open_cache();
	}
}

/* An emptied directory deactivates no affiliation. */
static void event_empty_directory(int s)
{
	overrides_request_load();
	run_rounds(4);
	int before = count_active();

	send_run(s, EMPTY, false);
	run_rounds(6);
	assert_true(sources[s].sent == false || count_active() >= before);
	send_run(s, WHOLE, false);
	run_rounds(2);
}

static bool is_of_fixed(const char *dn)
{
	struct arena *a = arena_open();
	const json_t *t =
	    json_object_get(json_object_get(memory.entries, dn), "a");
	const char *anchor = entry_json_value(t, "portvaktAnchor");
	bool fixed = false;

	for (int s = 0; s < SOURCES; s++)
		for (int i = 0; i < sources[s].count; i++)
			fixed |=
			    sources[s].entries[i].fixed &&
			    text_equal(anchor,
			               anchor_of(a, s, &sources[s].entries[i]));
	arena_close(a);
	return fixed;
}

static void event_damage_catalogue(int s)
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
		/* Overrides are not sync's to restore. */
		if (nth-- > 0 || strstr(dn, "ou=decisions"))
			continue;
		(void)json_object_set_new(entry, "csn", json_string("hand"));
		(void)json_object_set_new(json_object_get(entry, "a"), "cn",
		                          json_pack("[s]", "Skadd"));
		if (dice(3) == 0 && !memory_has_children(dn) &&
		    !is_of_fixed(dn))
			found = arena_strdup(a, dn);
		break;
	}
	if (found)
		(void)json_object_del(memory.entries, found);
	if (dice(2))
		work_request_verify();
	arena_close(a);
}

static void event_time_passes(int s)
{
	(void)s;
	run_rounds(1 + (int)dice(3));
	time_ms += dice(10) == 0 ? dice(2 * DAY) * 1000 : dice(60) * 1000;
}

static void event_kill(int s)
{
	(void)s;
	kill_while_writing();
}

static void event_lose_cache(int s)
{
	(void)s;
	lose_cache();
}

static const struct {
	unsigned weight;
	void (*handler)(int s);
} events[] = {
	{ 6, event_add },
	{ 8, event_change },
	{ 5, event_deactivate },
	{ 2, event_swap_logins },
	{ 8, event_send_run },
	{ 2, event_cut_run },
	{ 1, event_empty_directory },
	{ 2, event_damage_catalogue },
	{ 4, event_time_passes },
	{ 2, event_kill },
	{ 1, event_lose_cache },
	{ 4, event_set_dates },
	{ 3, event_exclude_or_include },
	{ 1, event_unconfigure },
	{ 2, event_mistype_number },
	{ 2, event_change_number },
	{ 2, event_take_name },
};

static void random_event(void)
{
	unsigned all = 0;

	for (size_t i = 0; i < LENGTH(events); i++)
		all += events[i].weight;
	unsigned at = dice(all);
	for (size_t i = 0; i < LENGTH(events); i++) {
		if (at < events[i].weight) {
			events[i].handler((int)dice(SOURCES));
			return;
		}
		at -= events[i].weight;
	}
}

/* ---- the model: the expected catalogue, from the entries alone */

static int by_text(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static char *sorted_text(struct arena *a, char **lines, size_t count)
{
	struct strbuf t = strbuf_init(a);

	if (count > 0)
		qsort(lines, count, sizeof(char *), by_text);
	for (size_t i = 0; i < count; i++)
		strbuf_appendf(&t, "%s\n", lines[i]);
	return t.data;
}

static bool is_included(const struct entry *e)
{
	return e->there && !e->out && !e->waits;
}

static bool is_off(const struct entry *e)
{
	if (e->date_form == DATE_UNREADABLE && (e->until > 0 || e->from > 0))
		return true;
	return e->disabled || (e->until > 0 && e->until <= clock_now()) ||
	       e->from > clock_now();
}

static bool is_proved(const struct entry *e)
{
	return e->number == e->human || e->disputed;
}

static const char *text_or_dash(const char *text)
{
	return text ? text : "-";
}

static char *written_login(struct arena *a, const struct entry *e)
{
	return e->kept_login ? arena_printf(a, "l%d", e->kept_login)
	                     : login_of(a, e);
}

static char *expected_line(struct arena *a, int s, const struct entry *e)
{
	return arena_printf(a, "%s %s %s '%s' 'Tittel %d' %s %s %s %s",
	                    is_proved(e) ? arena_printf(a, "human-%d", e->human)
	                                 : anchor_of(a, s, e),
	                    names[s], written_login(a, e), name_of(a, e),
	                    e->title, text_or_dash(phones[e->phone].catalogue),
	                    text_or_dash(positions[e->position].catalogue),
	                    is_off(e)  ? "suspended"
	                    : e->pupil ? "pupil"
	                               : "employee",
	                    e->disputed ? "join-value-changed" : "-");
}

static char *expected(struct arena *a)
{
	VECTOR(char *) lines = { 0 };

	for (int s = 0; s < SOURCES; s++)
		for (int i = 0; i < sources[s].count; i++)
			if (is_included(&sources[s].entries[i]))
				*vector_append(a, &lines) =
				    expected_line(a, s, &sources[s].entries[i]);
	return sorted_text(a, lines.at, lines.count);
}

static char *found_line(struct arena *a, const char *dn, const json_t *t)
{
	const json_t *person = json_object_get(
	    json_object_get(memory.entries, memory_parent_dn(dn)), "a");
	const char *join = entry_json_value(person, "portvaktJoin");
	bool active =
	    text_equal(entry_json_value(t, "portvaktStatus"), "active");

	return arena_printf(
	    a, "%s %s %s '%s' '%s' %s %s %s %s",
	    join ? arena_printf(a, "human-%s", join + strlen("join-"))
		 : entry_json_value(t, "portvaktAnchor"),
	    entry_json_value(t, "portvaktDirectory"),
	    entry_json_value(t, "portvaktLogin"), entry_json_value(t, "cn"),
	    entry_json_value(t, "title"),
	    text_or_dash(entry_json_value(t, "telephoneNumber")),
	    text_or_dash(entry_json_value(t, "portvaktPosition")),
	    active ? entry_json_value(t, "portvaktKind") : "suspended",
	    text_or_dash(entry_json_value(t, "portvaktDoubt")));
}

static char *found(struct arena *a, size_t *ret_people)
{
	VECTOR(char *) lines = { 0 };
	const char *dn;
	json_t *entry;

	*ret_people = 0;
	json_object_foreach(memory.entries, dn, entry)
	{
		const json_t *t = json_object_get(entry, "a");

		if (json_object_get(t, "portvaktAnchor"))
			*vector_append(a, &lines) = found_line(a, dn, t);
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
				places += is_included(&sources[s].entries[i]) &&
				          sources[s].entries[i].human == h;
		count += has_number(h) && places > 1 ? 1 : places;
	}
	return count;
}

static void print_missing(const char *what, const char *lines,
                          const char *without)
{
	struct arena *a = arena_open();
	char *rest = arena_strdup(a, lines);
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
	const char *should = expected(a);

	if (strcmp(is, should) != 0) {
		print_missing("only in the catalogue", is, should);
		print_missing("only in the model", should, is);
		fail_msg("SEED=%" PRIu64 " %s", seed, when);
	}
	if (people != count_people())
		fail_msg("SEED=%" PRIu64 " %s: %zu people instead of %zu", seed,
		         when, people, count_people());
	arena_close(a);
}

/* ---- a history */

/* deploy/ldap/tree.ldif */
static const char *const base_entries[] = {
	"dc=region",
	"ou=people,dc=region",
	"ou=groups,dc=region",
	"ou=municipalities,dc=region",
	"ou=feide,dc=region",
	"ou=decisions,dc=region",
	"ou=issued,ou=decisions,dc=region",
	"ou=tombstones,ou=decisions,dc=region",
};

static void add_base_entry(const char *dn)
{
	struct arena *a = arena_open();
	const char *from_here = strchr(dn, '=') + 1;
	char *name = arena_memdup(a, from_here, strcspn(from_here, ","));

	(void)json_object_set_new(
	    memory.entries, dn,
	    json_pack("{s:s, s:{s:[s]}}", "csn", "0", "a", "ou", name));
	arena_close(a);
}

static void begin_history(uint64_t seed)
{
	random_state = seed * 2654435761u + 1;
	memset(sources, 0, sizeof(sources));
	humans = anchors = logins = 0;
	(void)snprintf(region.hash, sizeof(region.hash), "as it was");
	memory = (struct catalogue_writer){ .entries = json_object(),
		                            .writes_left = -1 };
	for (size_t i = 0; i < LENGTH(base_entries); i++)
		add_base_entry(base_entries[i]);
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
			send_run(s, WHOLE, false);
	run_rounds(3);
}

/* Accepts the differences that a new cache or configuration found. */
static void accept_configuration(void)
{
	for (int s = 0; s < SOURCES; s++) {
		struct arena *a = arena_open();
		char *dn = arena_printf(
		    a, "portvaktId=accept-%d,ou=decisions,dc=region", s);

		(void)json_object_set_new(
		    memory.entries, dn,
		    json_pack("{s:s, s:{s:[s], s:[s], s:[s], s:[s, s, s],"
		              " s:[s]}}",
		              "csn", "1", "a", "portvaktId",
		              arena_printf(a, "accept-%d", s), "objectClass",
		              "portvaktDecision", "portvaktDecides", "accept",
		              "portvaktSubject", names[s], "configuration",
		              region.hash, "portvaktFrom",
		              clock_format_generalized_time(a, clock_now())));
		arena_close(a);
	}
	overrides_request_load();
}

/* No further faults: reads everything completely and waits for all delays. */
static void end_history(void)
{
	accept_configuration();
	for (int turn = 0; turn < 2; turn++) {
		for (int s = 0; s < SOURCES; s++)
			send_run(s, WHOLE, false);
		work_request_verify();
		run_rounds(30);
		time_ms += region.delete_after * 1000 + DAY * 1000;
		run_rounds(30);
	}
	for (int s = 0; s < SOURCES; s++)
		send_run(s, WHOLE, false);
	run_rounds(30);
}

static void run_history(uint64_t seed)
{
	begin_history(seed);
	unsigned ops = 1 + dice(MAX_EVENTS);
	for (unsigned i = 0; i < ops; i++)
		random_event();
	end_history();
	compare("at the end", seed);
	state_close();
	json_decref(memory.entries);
}

static uint64_t number_from(const char *name, uint64_t if_unset)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : if_unset;
}

static void random_histories_converge_to_the_model(void **state)
{
	/* In memory where possible: power loss is not tested here. */
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
	cache = arena_printf(a, "%s/cache.sqlite", folder);
	build_region();
	time_ms = INT64_C(1800000000000);
	for (uint64_t i = 0; i < count; i++)
		run_history(seed + i);
	(void)unlink(cache);
	(void)unlink(arena_printf(a, "%s.kept", cache));
	(void)rmdir(folder);
	arena_close(a);
}

TESTS(random_histories_converge_to_the_model)
