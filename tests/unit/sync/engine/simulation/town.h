/* SPDX-License-Identifier: AGPL-3.0-or-later
 * town.h: the region of the simulation: fourteen municipalities, each with one
 * directory of containers, entries and groups, and what is sent of it.  The
 * generator's numbers do not depend on the provisioner, so the same SEED gives
 * the same years with any guard. */
#ifndef TESTS_UNIT_SYNC_ENGINE_SIMULATION_TOWN_H
#define TESTS_UNIT_SYNC_ENGINE_SIMULATION_TOWN_H

#include <stdlib.h>

#include "lib/clock.h"
#include "sync/engine/main_loop.h"
#include "sync/engine/source/staging.h"
#include "sync/engine/state/state.h"
#include "tests/unit/sync/engine/engine_in_memory.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 24 * HOUR };

/* The two halves of a long run are about equal. */
static const struct town_size {
	const char *name;
	int employees, pupils, politicians, guests, vendors, units, schools;
	bool nightly; /* HR sends one batch each night */
} town_sizes[] = {
	{ "kongsberg", 700, 900, 45, 20, 10, 24, 8, true },
	{ "tinn", 230, 270, 27, 8, 5, 12, 3, false },
	{ "hjartdal", 50, 60, 17, 3, 2, 6, 2, true },
	{ "rollag", 25, 40, 15, 1, 0, 4, 1, false },
	{ "nore-og-uvdal", 70, 90, 17, 4, 2, 6, 2, false },
	{ "flesberg", 60, 100, 19, 3, 3, 5, 2, true },
	{ "fyresdal", 30, 45, 15, 2, 0, 4, 1, false },
	{ "notodden", 430, 560, 39, 14, 8, 18, 6, true },
	{ "nome", 200, 260, 25, 9, 4, 10, 3, true },
	{ "vinje", 120, 150, 21, 12, 3, 8, 4, false },
	{ "seljord", 80, 110, 19, 4, 2, 6, 2, true },
	{ "kviteseid", 60, 80, 17, 0, 2, 6, 2, false },
	{ "nissedal", 40, 55, 15, 2, 3, 4, 1, false },
	{ "tokke", 65, 75, 17, 3, 0, 6, 2, true },
};

enum {
	TOWNS = LENGTH(town_sizes),
	MAX_CONTAINERS = 64,
	MAX_PEOPLE = 24000, /* of a directory, with those who left */
	YEARS_OF_SCHOOL = 10,
	MAX_SCHOOLS = 8,
};

/* The containers at the top; each makes one kind. */
enum top { STAFF, PUPILS, POLITICIANS, GUESTS, VENDORS, TOPS };

enum role { ROLE_HEALTH = 1, ROLE_ECONOMY = 2 };
enum named_group { GROUP_TEACHERS, GROUP_HEALTH, GROUP_ECONOMY, NAMED_GROUPS };

struct container {
	const char *label;
	int number; /* of its name; 0: the label alone */
	int parent; /* container; -1: the base */
	bool hidden, changed;
};

struct person {
	bool there, disabled, teacher, temporary;
	int roles; /* enum role */
	int container;
	int human; /* the same number in every directory */
	int family, login, mail, domain, title, unit;
	int grade;                    /* pupils: 1 to 10 */
	int64_t from, until, expires; /* 0: not set */
	/* what ordinary life does later, as a day; 0: nothing */
	int64_t delete_on, enable_on, teacher_on, rename_on;
	int accident;      /* id; 0: in none */
	const char *event; /* the last event */
	int64_t event_day;
	bool sent_there, changed;
};

struct town {
	int m;
	const struct town_size *size;
	struct container containers[MAX_CONTAINERS];
	int container_count;
	struct person *people;
	int count;
	uint64_t random;
	bool changed, paused, busy;
	bool group_changed[NAMED_GROUPS];
	bool class_changed[MAX_SCHOOLS][YEARS_OF_SCHOOL + 1];
	int domain;
};

static struct town towns[TOWNS];
static int town_count;
static int humans, logins, titles, units;
static struct main_loop loop_state;
static char *cache;

/* ---- chance */

static unsigned chance(struct town *t, unsigned sides)
{
	t->random = t->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(t->random >> 33) % sides;
}

static bool percent(struct town *t, unsigned of_a_hundred)
{
	return chance(t, 100) < of_a_hundred;
}

static int between(struct town *t, int low, int high)
{
	return low + (int)chance(t, (unsigned)(high - low + 1));
}

/* How often something happens that is expected this often (at most 20). */
static int times(struct town *t, double expected)
{
	int n = 0;

	for (int i = 0; i < 20; i++)
		n += chance(t, 1000000) < (unsigned)(expected * 50000);
	return n;
}

/* ---- days */

struct date {
	int year, month, day, weekday; /* weekday: 0 is Sunday */
};

static int64_t today(void)
{
	return clock_now() / DAY;
}

static struct date date_of(int64_t day)
{
	time_t when = (time_t)(day * DAY);
	struct tm tm;

	gmtime_r(&when, &tm);
	return (struct date){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		              tm.tm_wday };
}

static int64_t day_of(int year, int month, int day)
{
	struct tm tm = { .tm_year = year - 1900,
		         .tm_mon = month - 1,
		         .tm_mday = day };

	return timegm(&tm) / DAY;
}

static bool is_day(int64_t day, int month, int of_month)
{
	struct date d = date_of(day);

	return d.month == month && d.day == of_month;
}

/* Weekends, Christmas, Easter week, May 1 and 17. */
static bool is_holiday(int64_t day)
{
	struct date d = date_of(day);

	return d.weekday == 0 || d.weekday == 6 ||
	       (d.month == 12 && d.day >= 24) || (d.month == 1 && d.day == 1) ||
	       (d.month == 4 && d.day <= 5) ||
	       (d.month == 5 && (d.day == 1 || d.day == 17));
}

static int64_t working_day_from(int64_t day)
{
	while (is_holiday(day))
		day++;
	return day;
}

/* The last second of the month of a day. */
static int64_t month_end(int64_t day)
{
	struct date d = date_of(day);

	return (d.month == 12 ? day_of(d.year + 1, 1, 1)
	                      : day_of(d.year, d.month + 1, 1)) *
	           DAY -
	       1;
}

/* ---- the region */

static struct people_rule people_rules[] = {
	{ .kind = KIND_EMPLOYEE, .subtree = "ou=ansatte" },
	{ .kind = KIND_PUPIL, .subtree = "ou=elever" },
	{ .kind = KIND_POLITICIAN, .subtree = "ou=folkevalgte" },
	{ .kind = KIND_GUEST, .subtree = "ou=gjester" },
	{ .kind = KIND_VENDOR, .subtree = "ou=leverandorer" },
	{ .kind = KIND_TEACHER,
	  .member_kind = KIND_EMPLOYEE,
	  .group = "cn=laerere,ou=grupper" },
	{ .role = "health",
	  .member_kind = KIND_EMPLOYEE,
	  .group = "cn=helse,ou=grupper" },
	{ .role = "economy",
	  .member_kind = KIND_EMPLOYEE,
	  .group = "cn=okonomi,ou=grupper" },
};
static struct group_rule group_rules[] = { { .type = GROUP_CLASS,
	                                     .subtree = "ou=klasser" } };
static struct directory_conf directories[TOWNS];
static struct source_mapping mappings[TOWNS];
static struct municipality municipalities[TOWNS];
static struct config region = {
	.hash = "the same all the time",
	.delete_after = 30 * DAY,
	.hold_released_names = 90 * DAY,
	.remember_ids = 3 * 365 * DAY,
	.directories = directories,
	.municipalities = municipalities,
};
static char unused_uri[] = "ldapi:///";
static char *uris[] = { unused_uri, NULL };

static void build_region(void)
{
	region.catalogue.base = "dc=region";
	region.directory_count = region.municipality_count = (size_t)town_count;
	for (int m = 0; m < town_count; m++) {
		const char *name = towns[m].size->name;

		directories[m] = (struct directory_conf){
			.name = name,
			.base = "dc=example",
			.bind_dn = "cn=sync",
			.uris = uris,
			.max_deactivations_percent = 2,
			.max_creations_percent = 20,
		};
		mappings[m] = (struct source_mapping){
			.directory = &directories[m],
			.rules = people_rules,
			.rule_count = LENGTH(people_rules),
			.join_by_national_id = true,
		};
		municipalities[m] = (struct municipality){
			.name = name,
			.display = name,
			.organisation_number = "999800002",
			.language = "nb",
			.source_mappings = &mappings[m],
			.source_mapping_count = 1,
			.groups = group_rules,
			.group_count = LENGTH(group_rules),
			.school_year = { 8, 1, 30 * DAY },
		};
	}
}

/* ---- containers */

static int container_root(const struct town *t, int c)
{
	while (t->containers[c].parent >= 0)
		c = t->containers[c].parent;
	return c;
}

static bool container_hidden(const struct town *t, int c)
{
	for (; c >= 0; c = t->containers[c].parent)
		if (t->containers[c].hidden)
			return true;
	return false;
}

static char *container_dn(struct arena *a, const struct town *t, int c)
{
	const struct container *one = &t->containers[c];
	const char *above =
	    one->parent < 0 ? "dc=example" : container_dn(a, t, one->parent);

	return one->number ? arena_printf(a, "ou=%s %d,%s", one->label,
	                                  one->number, above)
	                   : arena_printf(a, "ou=%s,%s", one->label, above);
}

static int add_container(struct town *t, const char *label, int number,
                         int parent)
{
	t->containers[t->container_count] =
	    (struct container){ label, number, parent, false, true };
	t->changed = true;
	return t->container_count++;
}

/* The n-th container below this top. */
static int container_below(const struct town *t, int top, int n)
{
	for (int c = TOPS; c < t->container_count; c++)
		if (t->containers[c].parent == top && n-- == 0)
			return c;
	return top;
}

static int count_below(const struct town *t, int top)
{
	int count = 0;

	for (int c = TOPS; c < t->container_count; c++)
		count += t->containers[c].parent == top;
	return count;
}

static int random_container(struct town *t, int top)
{
	int count = count_below(t, top);

	return count == 0
	           ? top
	           : container_below(t, top, (int)chance(t, (unsigned)count));
}

/* ---- people */

static bool is_visible(const struct town *t, const struct person *p)
{
	return p->there && !container_hidden(t, p->container);
}

static int top_of(const struct town *t, const struct person *p)
{
	return container_root(t, p->container);
}

static int school_of(const struct town *t, const struct person *p)
{
	for (int s = 0; s < t->size->schools; s++)
		if (container_below(t, PUPILS, s) == p->container)
			return s;
	return 0;
}

static void touch_groups(struct town *t, const struct person *p)
{
	t->group_changed[GROUP_TEACHERS] |= p->teacher;
	t->group_changed[GROUP_HEALTH] |= (p->roles & ROLE_HEALTH) != 0;
	t->group_changed[GROUP_ECONOMY] |= (p->roles & ROLE_ECONOMY) != 0;
	if (p->grade > 0 && p->grade <= YEARS_OF_SCHOOL)
		t->class_changed[school_of(t, p)][p->grade] = true;
}

/* Call it before and after a change of groups, container or login. */
static void touch(struct town *t, struct person *p)
{
	p->changed = t->changed = true;
	touch_groups(t, p);
}

static void touch_event(struct town *t, struct person *p, const char *event)
{
	touch(t, p);
	p->event = event;
	p->event_day = today();
}

static struct person *add_person(struct town *t, int container, int human)
{
	assert_true(t->count < MAX_PEOPLE);
	struct person *p = &t->people[t->count++];
	int login = ++logins;

	*p = (struct person){ .there = true,
		              .container = container,
		              .human = human > 0 ? human : ++humans,
		              .login = login,
		              .mail = login,
		              .domain = t->domain,
		              .title = (int)chance(t, 40),
		              .unit = t->containers[container].number };
	touch(t, p);
	return p;
}

typedef bool (*person_is)(const struct town *t, const struct person *p);

static int count_people_that(const struct town *t, person_is is)
{
	int count = 0;

	for (int i = 0; i < t->count; i++)
		count += is(t, &t->people[i]);
	return count;
}

/* One of those, or NULL. */
static struct person *any_person(struct town *t, person_is is)
{
	int count = count_people_that(t, is);
	int nth = count > 0 ? (int)chance(t, (unsigned)count) : -1;

	for (int i = 0; nth >= 0 && i < t->count; i++)
		if (is(t, &t->people[i]) && nth-- == 0)
			return &t->people[i];
	return NULL;
}

static bool is_off(const struct person *p, int64_t now)
{
	return p->disabled || (p->until > 0 && p->until <= now) ||
	       (p->expires > 0 && p->expires <= now) || p->from > now;
}

/* Here, active, and in no accident: ordinary life may change it. */
static bool is_free(const struct town *t, const struct person *p)
{
	return p->there && p->accident == 0 && !is_off(p, clock_now()) &&
	       is_visible(t, p);
}

static bool is_free_employee(const struct town *t, const struct person *p)
{
	return is_free(t, p) && top_of(t, p) == STAFF;
}

static bool is_free_pupil(const struct town *t, const struct person *p)
{
	return is_free(t, p) && top_of(t, p) == PUPILS;
}

static bool is_free_politician(const struct town *t, const struct person *p)
{
	return is_free(t, p) && top_of(t, p) == POLITICIANS;
}

/* ---- entries as a connector sends them */

static char *anchor_of(struct arena *a, const struct town *t,
                       const struct person *p)
{
	return arena_printf(a, "%08d-0000-4000-8000-%012d", t->m,
	                    (int)(p - t->people));
}

static char *login_of(struct arena *a, const struct person *p)
{
	return arena_printf(a, "l%d", p->login);
}

static char *mail_of(struct arena *a, const struct town *t,
                     const struct person *p)
{
	return arena_printf(a, "m%d@%s%d.example", p->mail, t->size->name,
	                    p->domain);
}

static char *family_of(struct arena *a, const struct person *p)
{
	return arena_printf(a, "Slekt%d%s", p->human,
	                    p->family ? arena_printf(a, "gift%d", p->family)
	                              : "");
}

static char *person_dn(struct arena *a, const struct town *t,
                       const struct person *p)
{
	return arena_printf(a, "uid=%s,%s", login_of(a, p),
	                    container_dn(a, t, p->container));
}

static void set_text(json_t *body, const char *name, const char *value)
{
	(void)json_object_set_new(js_object(body, "attributes"), name,
	                          json_pack("[s]", value));
}

static void set_time(struct arena *a, json_t *body, const char *name,
                     int64_t when)
{
	if (when > 0)
		set_text(body, name, clock_format_generalized_time(a, when));
}

static json_t *person_body(struct arena *a, const struct town *t,
                           const struct person *p)
{
	char *given = arena_printf(a, "Navn%d", p->human);
	char *join = arena_printf(a, "join-%d", p->human);
	json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:{}}", "anchor",
	                         anchor_of(a, t, p), "dn", person_dn(a, t, p),
	                         "class", "person", "join", join, "sealed",
	                         "c2VhbGVk", "attributes");

	set_text(body, "login", login_of(a, p));
	set_text(body, "given-name", given);
	set_text(body, "family-name", family_of(a, p));
	set_text(body, "name",
	         arena_printf(a, "%s %s", given, family_of(a, p)));
	set_text(body, "mail", mail_of(a, t, p));
	set_text(body, "title", arena_printf(a, "Tittel %d", p->title));
	set_text(body, "unit", arena_printf(a, "Eining %d", p->unit));
	if (p->disabled)
		set_text(body, "disabled", "1");
	set_time(a, body, "from", p->from);
	set_time(a, body, "until", p->until);
	set_time(a, body, "expires", p->expires);
	return body;
}

static json_t *container_body(struct arena *a, const struct town *t, int c)
{
	return json_pack("{s:s, s:s, s:s, s:{}}", "anchor",
	                 arena_printf(a, "container-%d-%d", t->m, c), "dn",
	                 container_dn(a, t, c), "class", "other", "attributes");
}

static bool is_member(const struct person *p, enum named_group g)
{
	if (g == GROUP_TEACHERS)
		return p->teacher;
	return (p->roles & (g == GROUP_HEALTH ? ROLE_HEALTH : ROLE_ECONOMY)) !=
	       0;
}

static json_t *group_body(struct arena *a, const struct town *t,
                          enum named_group g)
{
	static const char *const names[] = { "laerere", "helse", "okonomi" };
	json_t *members = json_array();

	for (int i = 0; i < t->count; i++)
		if (is_visible(t, &t->people[i]) && is_member(&t->people[i], g))
			(void)json_array_append_new(
			    members,
			    json_string(person_dn(a, t, &t->people[i])));
	return json_pack(
	    "{s:s, s:s, s:s, s:{s:o}}", "anchor",
	    arena_printf(a, "group-%d-%d", t->m, (int)g), "dn",
	    arena_printf(a, "cn=%s,ou=grupper,dc=example", names[g]), "class",
	    "group", "attributes", "member", members);
}

static json_t *class_body(struct arena *a, const struct town *t, int school,
                          int grade)
{
	json_t *members = json_array();
	char *name = arena_printf(a, "%d-%d", school, grade);
	int below = container_below(t, PUPILS, school);

	for (int i = 0; i < t->count; i++)
		if (is_visible(t, &t->people[i]) &&
		    t->people[i].grade == grade &&
		    t->people[i].container == below)
			(void)json_array_append_new(
			    members,
			    json_string(person_dn(a, t, &t->people[i])));
	return json_pack("{s:s, s:s, s:s, s:{s:o, s:[s], s:[s]}}", "anchor",
	                 arena_printf(a, "class-%d-%s", t->m, name), "dn",
	                 arena_printf(a, "cn=%s,ou=klasser,dc=example", name),
	                 "class", "group", "attributes", "member", members,
	                 "group-name", name, "grep",
	                 arena_printf(a, "aarstrinn%d", grade));
}

/* ---- runs */

struct run {
	struct arena *arena;
	struct town *t;
	bool whole;
	int64_t id;
	json_t *entries, *deleted;
};

static void run_add_containers(struct run *r)
{
	struct town *t = r->t;

	for (int c = 0; c < t->container_count; c++) {
		if (!t->containers[c].changed && !r->whole)
			continue;
		t->containers[c].changed = false;
		if (!container_hidden(t, c))
			(void)json_array_append_new(
			    r->entries, container_body(r->arena, t, c));
		else
			(void)json_array_append_new(
			    r->deleted,
			    json_string(arena_printf(
				r->arena, "container-%d-%d", t->m, c)));
	}
}

static void run_add_people(struct run *r)
{
	struct town *t = r->t;

	for (int i = 0; i < t->count; i++) {
		struct person *p = &t->people[i];
		bool visible;

		if (!p->changed && !r->whole)
			continue;
		visible = is_visible(t, p);
		if (visible)
			(void)json_array_append_new(
			    r->entries, person_body(r->arena, t, p));
		else if (p->sent_there)
			(void)json_array_append_new(
			    r->deleted, json_string(anchor_of(r->arena, t, p)));
		p->sent_there = visible;
		p->changed = false;
	}
}

static void run_add_groups(struct run *r)
{
	struct town *t = r->t;

	for (int g = 0; g < NAMED_GROUPS; g++) {
		if (t->group_changed[g] || r->whole)
			(void)json_array_append_new(
			    r->entries,
			    group_body(r->arena, t, (enum named_group)g));
		t->group_changed[g] = false;
	}
	for (int s = 0; s < t->size->schools; s++)
		for (int grade = 1; grade <= YEARS_OF_SCHOOL; grade++) {
			if (t->class_changed[s][grade] || r->whole)
				(void)json_array_append_new(
				    r->entries,
				    class_body(r->arena, t, s, grade));
			t->class_changed[s][grade] = false;
		}
}

/* Sends the changes, or everything; went_back: the connector knows that the
 * directory was restored from a backup. */
static void send_run(struct town *t, bool whole, bool went_back)
{
	struct run r = { .arena = arena_open(), .t = t, .whole = whole };
	struct arena *a = r.arena;

	r.entries = json_array();
	r.deleted = json_array();
	(void)send_request(
	    a, IPC_SYNC_OPEN,
	    json_pack("{s:s, s:s}", "directory", t->size->name, "scope", "x"));
	r.id = js_number(
	    send_request(a, IPC_SYNC_BEGIN,
	                 json_pack("{s:s, s:s, s:b, s:i}", "directory",
	                           t->size->name, "scope", "x", "full", whole,
	                           "certificate", 0)),
	    "run", 0);
	run_add_containers(&r);
	run_add_people(&r);
	run_add_groups(&r);
	int64_t count = (int64_t)json_array_size(r.entries);
	(void)send_request(
	    a, IPC_SYNC_DELETED,
	    json_pack("{s:I, s:o}", "run", r.id, "anchors", r.deleted));
	(void)send_request(
	    a, IPC_SYNC_ENTRIES,
	    json_pack("{s:I, s:o}", "run", r.id, "entries", r.entries));
	(void)send_request(a, IPC_SYNC_COMMIT,
	                   json_pack("{s:I, s:b, s:I, s:b}", "run", r.id,
	                             "delete_unnamed", whole, "count", count,
	                             "went_back", went_back));
	t->changed = false;
	arena_close(a);
}

static void run_rounds(int rounds)
{
	for (int i = 0; i < rounds; i++) {
		time_ms += 400;
		for (int more = 0;
		     more < 50 && main_loop_run(&loop_state, &region); more++)
			continue;
	}
}

/* Sends what changed, and waits for the provisioner. */
static void send_changes(void)
{
	bool sent = false;

	for (int m = 0; m < town_count; m++) {
		if (!towns[m].changed)
			continue;
		send_run(&towns[m], false, false);
		sent = true;
	}
	run_rounds(sent ? 8 : 1);
}

#endif
