/* SPDX-License-Identifier: AGPL-3.0-or-later
 * changelog.c: checks whether the changelog of 389-DS still has all changes
 * since a cookie.  The server accepts a cookie older than its trimmed changelog
 * without an error, and the deletions in between are lost. */
#include "sync/connector/changelog.h"

#include <string.h>

#include "lib/strbuf.h"
#include "sync/connector/source_session.h"
#include "sync/connector/went_back.h"

/* Parses the change number at the end of a cookie of 389-DS:
 * host:port#bind DN:base:filter#change number. */
static bool changelog_cookie_number(struct arena *a, const char *cookie,
                                    size_t length, long long *ret_number)
{
	const char *text = arena_memdup(a, cookie, length);
	const char *hash = strrchr(text, '#');

	return hash && text_to_number(hash + 1, 0, INT64_MAX, ret_number);
}

static bool changelog_attribute_number(const struct directory_entry *e,
                                       const char *name, long long *ret_number)
{
	const char *text = directory_entry_text(e, name);

	return text && text_to_number(text, 0, INT64_MAX, ret_number);
}

bool changelog_went_back(const char *cookie, size_t length,
                         const struct directory_entry *root_dse)
{
	struct arena *a = arena_open();
	long long number = 0;
	long long last = 0;
	bool went_back =
	    changelog_cookie_number(a, cookie, length, &number) &&
	    changelog_attribute_number(root_dse, "lastchangenumber", &last) &&
	    number > last;

	arena_close(a);
	return went_back;
}

bool changelog_covers(const char *cookie, size_t length,
                      const struct directory_entry *root_dse)
{
	struct arena *a = arena_open();
	long long number = 0;
	long long first = 0;
	long long last = 0;
	bool parsed =
	    changelog_cookie_number(a, cookie, length, &number) &&
	    changelog_attribute_number(root_dse, "firstchangenumber", &first) &&
	    changelog_attribute_number(root_dse, "lastchangenumber", &last);

	arena_close(a);
	/* A number over last is of a changelog that was replaced. */
	return parsed && number >= first - 1 && number <= last;
}

bool changelog_check(struct source_session *s, struct directory *d,
                     const char *cookie, size_t length, bool *ret_covers,
                     struct error *err)
{
	static const char *const names[] = { "firstchangenumber",
		                             "lastchangenumber", NULL };
	struct directory_entry *found = NULL;
	size_t count = 0;

	if (!directory_search(d, s->arena, "", SCOPE_BASE, "(objectClass=*)",
	                      names, 1, &found, &count, err))
		return false;
	*ret_covers = count == 1 && changelog_covers(cookie, length, &found[0]);
	if (count == 1 && changelog_went_back(cookie, length, &found[0]))
		went_back_note(s);
	return true;
}
