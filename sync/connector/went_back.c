/* SPDX-License-Identifier: AGPL-3.0-or-later
 * went_back.c: detects a source directory that was restored from a backup.  Its
 * data is read as it is, but the provisioner holds who leaves or returns by
 * it. */
#include "sync/connector/went_back.h"

#include <string.h>

#include "lib/log.h"
#include "lib/strbuf.h"
#include "sync/connector/connector.h"
#include "sync/connector/source_session.h"

/* Returns the CSNs of a cookie: rid=000,csn=TIME#COUNT#PROVIDER#MOD;... */
static char **went_back_csns(struct arena *a, const char *cookie)
{
	const char *csns = strstr(cookie, "csn=");
	size_t count = 0;

	return text_split(a, csns ? csns + strlen("csn=") : "", ";,", &count);
}

/* Returns the part of a CSN that names its provider, or NULL. */
static const char *went_back_provider(struct arena *a, const char *csn)
{
	size_t count = 0;
	char **parts = text_split(a, csn, "#", &count);

	return count == 4 ? parts[2] : NULL;
}

/* CSNs of one provider compare as text. */
static bool went_back_has_older(struct arena *a, const char *before,
                                char **after)
{
	const char *provider = went_back_provider(a, before);

	for (; provider && *after; after++)
		if (text_equal(went_back_provider(a, *after), provider) &&
		    strcmp(*after, before) < 0)
			return true;
	return false;
}

bool went_back_by_csn(const char *before, const char *after)
{
	struct arena *a = arena_open();
	char **old = went_back_csns(a, before);
	char **new = went_back_csns(a, after);
	bool went_back = false;

	for (; *old; old++)
		went_back |= went_back_has_older(a, *old, new);
	arena_close(a);
	return went_back;
}

void went_back_note(struct source_session *s)
{
	if (!s->connector->went_back)
		log_event(LOG_SYNC_SOURCE_WENT_BACK, "directory",
		          s->directory->name, NULL);
	s->connector->went_back = true;
}

void went_back_check_cookie(struct source_session *s, const char *cookie,
                            size_t length)
{
	struct arena *a = arena_open();

	if (s->previous_cookie && length > 0 && !s->refreshed &&
	    !s->directory->uris[1] &&
	    s->directory->type == DIRECTORY_OPENLDAP &&
	    went_back_by_csn(s->previous_cookie,
	                     arena_memdup(a, cookie, length)))
		went_back_note(s);
	arena_close(a);
}
