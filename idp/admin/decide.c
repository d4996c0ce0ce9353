/* SPDX-License-Identifier: AGPL-3.0-or-later
 * override.c: writes operators' overrides of synchronisation to ou=decisions,
 * where the provisioner applies them (docs/decisions/0005). */
#include <string.h>

#include "idp/admin/admin.h"
#include "idp/admin/entry.h"
#include "lib/clock.h"
#include "lib/random.h"
#include "lib/text.h"
#include "region/ask.h"

enum { MOST_SUBJECTS = 500, SYNC_MS = 10000 };

/* ---- write an override */

static bool write_some(const struct act *t, struct directory *to,
                       const struct deciding *d, size_t first, size_t count,
                       struct fault *why)
{
	struct new_entry e = { .arena = t->arena };
	const char *id = random_uuid(t->arena);
	const char **subjects = arena_array(t->arena, const char *, count + 2);
	size_t n = 0;

	if (d->about)
		subjects[n++] = d->about;
	if (d->word)
		subjects[n++] = d->word;
	for (size_t i = 0; i < count; i++)
		subjects[n++] = d->subjects[first + i];
	entry_say(&e, "objectClass", "portvaktDecision");
	entry_say(&e, "portvaktId", id);
	entry_say(&e, "portvaktVersion", "1");
	entry_say(&e, "portvaktDecides", d->decides);
	entry_say_all(&e, "portvaktSubject", subjects, n);
	entry_say(&e, "portvaktBy", act_option(t, "by"));
	entry_say(&e, "portvaktReason", act_option(t, "reason"));
	entry_say(&e, "portvaktFrom", clock_ldap(t->arena, clock_now()));
	entry_say(&e, "portvaktUntil",
	          d->until ? clock_ldap(t->arena, d->until) : NULL);
	entry_say(&e, "portvaktHash", d->hash);
	return entry_add(&e, to,
	                 arena_print(t->arena, "portvaktId=%s,ou=decisions,%s",
	                             id, t->region->catalogue.base),
	                 why);
}

static bool write_all(const struct act *t, struct directory *to,
                      const struct deciding *d, struct fault *why)
{
	size_t first = 0;

	do {
		size_t left = d->count - first;
		size_t some = left > MOST_SUBJECTS ? MOST_SUBJECTS : left;

		if (!write_some(t, to, d, first, some, why))
			return false;
		first += some;
	} while (first < d->count);
	return true;
}

static void hear_nothing(const char *line, void *nothing)
{
	(void)line;
	(void)nothing;
}

bool act_ask_sync(const struct act *t, char **words,
                  void (*each)(const char *line, void *with), void *with,
                  struct fault *why)
{
	char *path = arena_print(t->arena, "%s/sync.sock", t->region->run);

	return ask_lines(path, SYNC_MS, words, each ?: hear_nothing, with, why);
}

/* Sync also reads ou=decisions every minute. */
void act_tell_sync(const struct act *t)
{
	char *words[] = { arena_copy(t->arena, "decided"), NULL };
	struct fault why = { 0 };

	if (!act_ask_sync(t, words, NULL, NULL, &why))
		answer_line(t->question,
		            "sync could not be told (%s); it looks by itself "
		            "every minute",
		            why.text);
}

/* Returns whether text holds eleven digits in a row, ignoring blanks. A reason
 * stays in the catalogue and the audit log permanently, so it must not contain
 * a national identity number. */
static bool tells_a_number(const char *text)
{
	size_t digits = 0;

	for (; *text && digits < 11; text++) {
		if (*text >= '0' && *text <= '9')
			digits++;
		else if (*text != ' ')
			digits = 0;
	}
	return digits >= 11;
}

bool act_is_signed(const struct act *t, struct fault *why)
{
	const char *reason = act_option(t, "reason");

	if (reason && tells_a_number(reason))
		return fault(why, FAULT_INVALID,
		             "a reason tells no national number");
	if (act_option(t, "by") && reason)
		return true;
	return fault(why, FAULT_INVALID,
	             "somebody decides, and for a reason: --by NAME --reason "
	             "\"...\"");
}

bool act_decide(const struct act *t, const struct deciding *d,
                const struct person *p, struct fault *why)
{
	struct directory *to = NULL;

	if (!act_is_signed(t, why) || !act_catalogue(t, &to, why) ||
	    !act_record(t, p, NULL, why) || !write_all(t, to, d, why))
		return false;
	act_tell_sync(t);
	return true;
}

/* ---- decide KIND SUBJECT ... */

static const char *const kinds[] = { "join",    "new",     "out",    "part",
	                             "release", "welcome", "accept", "grace" };

static bool is_kind(const char *word)
{
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (text_equal(kinds[i], word))
			return true;
	return false;
}

char **act_operands(const struct act *t, size_t first, size_t *ret_count)
{
	char **operands = arena_array(t->arena, char *, t->count + 1);
	size_t n = 0;

	for (size_t i = first; i < t->count; i++) {
		if (text_starts(t->words[i], "--"))
			i++;
		else
			operands[n++] = t->words[i];
	}
	*ret_count = n;
	return operands;
}

static bool read_until(const struct act *t, int64_t *ret, struct fault *why)
{
	const char *date = act_option(t, "until");

	*ret = 0;
	if (!date || clock_from_date(date, true, ret))
		return true;
	return fault(why, FAULT_INVALID,
	             "--until wants a date such as 2026-12-31, not %s", date);
}

bool admin_decide(const struct act *t, struct fault *why)
{
	size_t count = 0;
	char **subjects = act_operands(t, 2, &count);
	struct deciding d = {
		.decides = t->words[1],
		.subjects = (const char *const *)subjects,
		.count = count,
		.hash = act_option(t, "hash"),
	};

	if (t->count < 3 || !is_kind(d.decides) || count == 0)
		return fault(why, FAULT_INVALID,
		             "decide KIND SUBJECT ... --by NAME --reason TEXT");
	return read_until(t, &d.until, why) && act_decide(t, &d, NULL, why);
}
