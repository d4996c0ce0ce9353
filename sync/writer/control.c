/* SPDX-License-Identifier: AGPL-3.0-or-later
 * control.c: the commands of portvaktctl to the provisioner.  An unknown
 * command returns an error. */
#include <stdatomic.h>
#include <string.h>

#include "lib/text.h"
#include "sync/writer/control.h"
#include "sync/writer/decisions.h"
#include "sync/writer/feide.h"
#include "sync/writer/groups.h"
#include "sync/writer/left.h"
#include "sync/writer/state.h"

static atomic_bool readback_wanted;

void control_want_readback(void)
{
	atomic_store(&readback_wanted, true);
}

bool control_wants_readback(void)
{
	return atomic_exchange(&readback_wanted, false);
}

bool control_knows(const struct question *q, const char *directory)
{
	return region_directory(q->region, directory) ||
	       state_number("SELECT count(*) FROM affiliations"
	                    " WHERE directory = ?1",
	                    "t", directory) > 0;
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
	{ "status", health_status },
	{ "plan", preview_plan },
	{ "release", preview_release },
	{ "health", health_figures },
	{ "rehearsal", rehearsal_tell },
	{ "now", look_now },
	{ "decided", decided },
	{ "groups", groups_tell },
	{ "changes", journal_changes },
	{ "feide", feide_tell },
	{ "person", control_person },
	{ "quarantine", control_quarantine },
	{ "school-year", school_year_tell },
	{ "build", build_catalogue_ldif },
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
