/* SPDX-License-Identifier: AGPL-3.0-or-later
 * journal.c: a line for each change of the catalogue: when, which entry, which
 * attributes.  Values stay where rights guard them. */
#include <fcntl.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "sync/writer/writer.h"

static int journal_fd = -1;

bool journal_open(const char *path, struct fault *why)
{
	journal_fd =
	    open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (journal_fd < 0)
		return fault(why, FAULT_UNAVAILABLE, "%s: %m", path);
	return true;
}

void journal(const struct step *s, const char *names)
{
	static const char *const verbs[] = { [STEP_ADD] = "add",
		                             [STEP_CHANGE] = "change",
		                             [STEP_REMOVE] = "remove" };
	struct arena *a = arena_open();
	json_t *line = js_keep(a, json_pack("{s:i}", "v", 1));

	js_put(line, "at", clock_iso(a, clock_now()));
	js_put(line, "do", verbs[s->kind]);
	js_put(line, "person", s->person);
	if (!s->is_person) {
		js_put(line, "affiliation", s->id);
		js_put(line, "directory", s->directory);
		js_put(line, "anchor", s->anchor);
	}
	js_put(line, "status", form_text(s->after, "portvaktStatus"));
	if (names && *names)
		js_put(line, "attributes", names);
	struct text t = text_in(a);
	text_addf(&t, "%s\n", js_write(a, line));
	/* A line that cannot be written does not stop a change that was made.
	 */
	(void)!write(journal_fd, t.at, t.length);
	arena_close(a);
}
