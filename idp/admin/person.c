/* SPDX-License-Identifier: AGPL-3.0-or-later
 * person.c: prints the catalogue's data about one person, for the help
 * desk. */
#include "idp/admin/admin.h"

#include "lib/clock.h"
#include "lib/text.h"

static const char *const status_names[] = {
	[STATUS_ENDED] = "ended",
	[STATUS_SUSPENDED] = "suspended",
	[STATUS_ACTIVE] = "active",
};

static const char *joined(struct arena *a, char **words)
{
	struct text t = text_in(a);

	for (size_t i = 0; words && words[i]; i++)
		text_addf(&t, "%s%s", i ? ", " : "", words[i]);
	return t.length ? t.at : "-";
}

static const char *day(struct arena *a, int64_t when)
{
	return when ? clock_iso(a, when) : "-";
}

static void say_affiliation(const struct act *t, const struct affiliation *f)
{
	answer_line(t->question, "affiliation  %s", f->id);
	answer_line(t->question, "  %s in %s, %s", kind_name(f->kind),
	            f->municipality, status_names[f->status]);
	answer_line(t->question, "  login      %s", f->login ?: "-");
	answer_line(t->question, "  mail       %s", f->mail ?: "-");
	answer_line(t->question, "  title      %s", f->title ?: "-");
	answer_line(t->question, "  units      %s", joined(t->arena, f->units));
	answer_line(t->question, "  roles      %s", joined(t->arena, f->roles));
	if (f->position >= 0)
		answer_line(t->question, "  position   %d %%", f->position);
	answer_line(t->question, "  from       %s until %s",
	            day(t->arena, f->from), day(t->arena, f->until));
	answer_line(t->question, "  source     %s:%s", f->directory, f->anchor);
}

static void relay(const char *line, void *with)
{
	const struct act *t = with;

	answer_line(t->question, "%s", line);
}

/* Source values that only sync holds; on error the rest is still printed. */
static void say_sources(const struct act *t, const struct person *p)
{
	char *words[] = { arena_copy(t->arena, "person"),
		          arena_copy(t->arena, p->id), NULL };
	struct fault why = { 0 };

	if (!act_ask_sync(t, words, relay, (void *)t, &why) && *why.text)
		answer_line(t->question,
		            "sources      sync does not answer: %s", why.text);
}

bool admin_person(const struct act *t, struct fault *why)
{
	const struct person *p = NULL;

	if (t->count < 2)
		return fault(why, FAULT_INVALID, "person WHO");
	if (!act_person(t, t->words[1], &p, why))
		return false;
	answer_line(t->question, "person       %s", p->id);
	answer_line(t->question, "name         %s",
	            p->is_protected ? "(protected)" : p->display);
	answer_line(t->question, "status       %s", status_names[p->status]);
	answer_line(t->question, "joined       %s",
	            joined(t->arena, p->former_ids));
	for (size_t i = 0; i < p->affiliation_count; i++)
		say_affiliation(t, &p->affiliations[i]);
	say_sources(t, p);
	return true;
}
