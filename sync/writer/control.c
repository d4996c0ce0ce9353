/* SPDX-License-Identifier: AGPL-3.0-or-later
 * control.c: what an operator may ask of the writer: how it stands, what it
 * would do, and to let those go whom the brake holds. */
#include <stdatomic.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "sync/writer/control.h"
#include "sync/writer/decisions.h"
#include "sync/writer/feide.h"
#include "sync/writer/groups.h"
#include "sync/writer/left.h"
#include "sync/writer/state.h"
#include "sync/writer/writer.h"

static atomic_bool readback_wanted;

void control_want_readback(void)
{
	atomic_store(&readback_wanted, true);
}

bool control_wants_readback(void)
{
	return atomic_exchange(&readback_wanted, false);
}

static const char *count_of(struct arena *a, const char *sql,
                            const char *directory)
{
	const char *text = state_text(a, sql, "t", directory);

	return text ? text : "0";
}

static void tell_directory(const struct question *q, const char *name)
{
	struct arena *a = q->arena;
	char *full = state_text(
	    a, "SELECT full_at FROM sources WHERE directory = ?1", "t", name);
	const char *held =
	    count_of(a, "SELECT count(*) FROM held WHERE directory = ?1", name);
	long long at = 0;

	if (full && !text_to_number(full, 0, INT64_MAX, &at))
		at = 0;
	answer_line(
	    q,
	    "%s: %s entries, %s active, %s suspended, %s waiting, %s doubtful, "
	    "%s held, seen whole %s",
	    name,
	    count_of(a,
	             "SELECT count(*) FROM records WHERE directory = ?1"
	             " AND class = 'person'",
	             name),
	    count_of(a,
	             "SELECT count(*) FROM affiliations WHERE directory = ?1"
	             " AND status = 'active'",
	             name),
	    count_of(a,
	             "SELECT count(*) FROM affiliations WHERE directory = ?1"
	             " AND status = 'suspended'",
	             name),
	    count_of(a, "SELECT count(*) FROM dirty WHERE directory = ?1",
	             name),
	    count_of(a, "SELECT count(*) FROM quarantine WHERE directory = ?1",
	             name),
	    held, at > 0 ? clock_iso(a, at) : "never");
	if (!text_equal(held, "0"))
		answer_line(q,
		            "%s: %s people would leave at once; they are held "
		            "until they are back or `sync release %s`",
		            name, held, name);
	groups_tell_held(q, name);
}

/* What its reader has to say. */
static void tell_health(const struct question *q, const char *name)
{
	char *text =
	    state_text(q->arena, "SELECT value FROM meta WHERE name = ?1", "t",
	               arena_print(q->arena, "health %s", name));

	if (text)
		answer_line(q, "%s: %s", name, text);
}

/* Directories that are configured no more, and have people still. */
static void tell_former(const struct question *q)
{
	size_t count = 0;
	char ***rows = state_rows(
	    q->arena, &count,
	    "SELECT DISTINCT directory FROM affiliations ORDER BY 1", "");

	for (size_t i = 0; i < count; i++) {
		if (region_directory(q->region, rows[i][0]))
			continue;
		answer_line(q, "%s: is not in the configuration", rows[i][0]);
		tell_directory(q, rows[i][0]);
	}
}

static bool is_known(const struct question *q, const char *directory)
{
	return region_directory(q->region, directory) ||
	       state_number("SELECT count(*) FROM affiliations"
	                    " WHERE directory = ?1",
	                    "t", directory) > 0;
}

static void tell_doubts(const struct question *q)
{
	size_t count = 0;
	char ***rows = state_rows(q->arena, &count,
	                          "SELECT directory, anchor, reason"
	                          " FROM quarantine ORDER BY 1, 2 LIMIT 50",
	                          "");

	for (size_t i = 0; i < count; i++)
		answer_line(q, "doubtful %s:%s %s", rows[i][0], rows[i][1],
		            rows[i][2]);
}

static bool tell_status(const struct question *q, char **words,
                        struct fault *why)
{
	(void)words, (void)why;
	for (size_t i = 0; i < q->region->directory_count; i++) {
		tell_directory(q, q->region->directories[i].name);
		tell_health(q, q->region->directories[i].name);
	}
	tell_former(q);
	tell_doubts(q);
	return true;
}

/* Everybody who is dirty or held, as they would be planned now. */
static bool tell_plan(const struct question *q, char **words, struct fault *why)
{
	size_t count = 0;
	size_t steps = 0;
	char ***rows =
	    state_rows(q->arena, &count,
	               "SELECT DISTINCT f.person FROM affiliations AS f JOIN"
	               " (SELECT directory, anchor FROM dirty UNION"
	               " SELECT directory, anchor FROM held) AS d"
	               " ON d.directory = f.directory AND d.anchor = f.anchor"
	               " ORDER BY 1",
	               "");

	(void)words, (void)why;
	for (size_t i = 0; i < count; i++) {
		struct arena *a = arena_open();
		struct plan p = plan_person(a, q->region, rows[i][0], NULL);

		for (size_t s = 0; s < p.count; s++, steps++)
			answer_line(q, "%s", step_line(a, &p.steps[s]));
		arena_close(a);
	}
	rows =
	    state_rows(q->arena, &count,
	               "SELECT directory, anchor FROM held ORDER BY 1, 2", "");
	for (size_t i = 0; i < count; i++)
		answer_line(q, "held %s:%s", rows[i][0], rows[i][1]);
	answer_line(q, "%zu steps, %zu held", steps, count);
	return true;
}

static bool release(const struct question *q, char **words, struct fault *why)
{
	if (!words[1] || !is_known(q, words[1]))
		return fault(why, FAULT_INVALID, "release which directory?");
	state_begin();
	state_do("INSERT OR IGNORE INTO released SELECT directory, anchor"
	         " FROM held WHERE directory = ?1",
	         "t", words[1]);
	/* Also of those who are being written as held at this moment. */
	state_do("INSERT INTO dirty(directory, anchor, at)"
	         " SELECT directory, anchor, 0 FROM held WHERE directory = ?1"
	         " ON CONFLICT DO UPDATE SET gen = gen + 1",
	         "t", words[1]);
	state_do("DELETE FROM held WHERE directory = ?1", "t", words[1]);
	groups_release(words[1]);
	state_commit();
	work_came();
	return true;
}

static bool look_now(const struct question *q, char **words, struct fault *why)
{
	(void)q, (void)words, (void)why;
	control_want_readback();
	work_came();
	return true;
}

static bool decided(const struct question *q, char **words, struct fault *why)
{
	(void)q, (void)words, (void)why;
	decisions_want();
	work_came();
	return true;
}

static const struct {
	const char *word;
	bool (*act)(const struct question *q, char **words, struct fault *why);
} acts[] = {
	{ "status", tell_status },
	{ "plan", tell_plan },
	{ "release", release },
	{ "now", look_now },
	{ "decided", decided },
	{ "groups", groups_tell },
	{ "changes", journal_changes },
	{ "feide", feide_tell },
	{ "person", control_person },
	{ "quarantine", control_quarantine },
	{ "school-year", school_year_tell },
	{ "build", build_people },
	{ "forget", left_forget },
	{ "scrub", left_scrub },
};

static char **words_of(const struct question *q)
{
	const json_t *list = js_array(q->body, "words");
	size_t count = json_array_size(list);
	char **words = arena_array(q->arena, char *, count + 1);

	for (size_t i = 0; i < count; i++)
		words[i] = (char *)json_string_value(json_array_get(list, i));
	return text_equal(words[0], "sync") ? words + 1 : words;
}

bool control_do(const struct question *q, json_t **ret_answer,
                struct fault *why)
{
	char **words = words_of(q);

	*ret_answer = js_keep(q->arena, json_object());
	for (size_t i = 0; i < LENGTH(acts); i++) {
		if (!text_equal(words[0], acts[i].word))
			continue;
		state_lock();
		bool good = acts[i].act(q, words, why);
		state_unlock();
		return good;
	}
	return fault(why, FAULT_INVALID, "sync knows no such word");
}
