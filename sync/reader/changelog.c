/* SPDX-License-Identifier: AGPL-3.0-or-later
 * changelog.c: whether the changelog of 389-DS covers our cookie.  The server
 * accepts cookies older than its trimmed changelog without an error ("we could
 * add an additional check", its source), and the deletions in between are lost.
 * */
#include <string.h>

#include "lib/text.h"
#include "sync/reader/reader.h"

/* host:port#bind DN:base:filter#change number at the time of the cookie. */
static bool number_of(struct arena *a, const char *cookie, size_t length,
                      long long *ret_number)
{
	const char *text = arena_bytes(a, cookie, length);
	const char *behind = strrchr(text, '#');

	return behind && text_to_number(behind + 1, 0, INT64_MAX, ret_number);
}

static bool number_in(const struct directory_entry *e, const char *name,
                      long long *ret_number)
{
	const char *text = entry_text(e, name);

	return text && text_to_number(text, 0, INT64_MAX, ret_number);
}

bool changelog_reaches(const char *cookie, size_t length,
                       const struct directory_entry *root)
{
	struct arena *a = arena_open();
	long long number = 0;
	long long first = 0;
	long long last = 0;
	bool known = number_of(a, cookie, length, &number) &&
	             number_in(root, "firstchangenumber", &first) &&
	             number_in(root, "lastchangenumber", &last);

	arena_close(a);
	/* A larger number belongs to another changelog. */
	return known && number >= first - 1 && number <= last;
}

bool changelog_check(struct talk *t, struct directory *d, const char *cookie,
                     size_t length, bool *ret_reaches, struct fault *why)
{
	static const char *const names[] = { "firstchangenumber",
		                             "lastchangenumber", NULL };
	struct directory_entry *found = NULL;
	size_t count = 0;

	if (!directory_search(d, t->kept, "", SCOPE_BASE, "(objectClass=*)",
	                      names, 1, &found, &count, why))
		return false;
	*ret_reaches =
	    count == 1 && changelog_reaches(cookie, length, &found[0]);
	return true;
}
