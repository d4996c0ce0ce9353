/* SPDX-License-Identifier: AGPL-3.0-or-later
 * journal.c: a line for each change of the catalogue: when, which entry, which
 * attributes.  Values stay where rights guard them. */
#include <fcntl.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "sync/writer/groups.h"

static int journal_fd = -1;

bool journal_open(const char *path, struct fault *why)
{
	journal_fd =
	    open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (journal_fd < 0)
		return fault(why, FAULT_UNAVAILABLE, "%s: %m", path);
	return true;
}

static const char *const verbs[] = {
	[STEP_ADD] = "add", [STEP_CHANGE] = "change", [STEP_REMOVE] = "remove"
};

static json_t *begin_line(struct arena *a, enum step_kind kind)
{
	json_t *line = js_keep(a, json_pack("{s:i}", "v", 1));

	js_put(line, "at", clock_iso(a, clock_now()));
	js_put(line, "do", verbs[kind]);
	return line;
}

static void end_line(struct arena *a, json_t *line, const char *names)
{
	struct text t = text_in(a);

	if (names && *names)
		js_put(line, "attributes", names);
	text_addf(&t, "%s\n", js_write(a, line));
	/* A line that cannot be written does not stop a change that was made.
	 */
	(void)!write(journal_fd, t.at, t.length);
}

void journal(const struct step *s, const char *names)
{
	struct arena *a = arena_open();
	json_t *line = begin_line(a, s->kind);

	js_put(line, "person", s->person);
	if (!s->is_person) {
		js_put(line, "affiliation", s->id);
		js_put(line, "directory", s->directory);
		js_put(line, "anchor", s->anchor);
	}
	js_put(line, "status", form_text(s->after, "portvaktStatus"));
	end_line(a, line, names);
	arena_close(a);
}

void journal_group(const struct group_change *c, const char *names)
{
	struct arena *a = arena_open();
	json_t *line = begin_line(a, !c->after   ? STEP_REMOVE
	                             : c->before ? STEP_CHANGE
	                                         : STEP_ADD);

	js_put(line, "group", c->id);
	js_put(line, "directory", c->directory);
	js_put(line, "anchor", c->anchor);
	js_put(line, "status", form_text(c->after, "portvaktStatus"));
	if (c->joins.count + c->leaves.count > 0) {
		(void)json_object_set_new(
		    line, "joins", json_integer((json_int_t)c->joins.count));
		(void)json_object_set_new(
		    line, "leaves", json_integer((json_int_t)c->leaves.count));
	}
	end_line(a, line, names);
	arena_close(a);
}
