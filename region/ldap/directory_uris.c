/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_uris.c: remembers for a minute which of a directory's URIs did not
 * respond, so that not every new connection waits for them. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/compiler.h"
#include "region/ldap/directory_private.h"

enum { SILENT_MS = 60 * 1000, MAX_SILENT = 32, URI_SIZE = 256 };

/* The lock protects all rows. */
static pthread_mutex_t silent_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	char uri[URI_SIZE];
	int64_t until_ms;
} silent[MAX_SILENT];

/* Needs the lock.  Returns the row of the URI, or the one that ends first. */
static size_t silent_row(const char *uri)
{
	size_t oldest = 0;

	for (size_t i = 0; i < LENGTH(silent); i++) {
		if (strncmp(silent[i].uri, uri, URI_SIZE - 1) == 0)
			return i;
		if (silent[i].until_ms < silent[oldest].until_ms)
			oldest = i;
	}
	return oldest;
}

void directory_uri_note(const char *uri, bool responds)
{
	(void)pthread_mutex_lock(&silent_lock);
	size_t row = silent_row(uri);
	bool is_noted = strncmp(silent[row].uri, uri, URI_SIZE - 1) == 0;

	if (!responds)
		(void)snprintf(silent[row].uri, URI_SIZE, "%s", uri);
	if (!responds || is_noted)
		silent[row].until_ms =
		    responds ? 0 : clock_monotonic_ms() + SILENT_MS;
	(void)pthread_mutex_unlock(&silent_lock);
}

static bool uri_is_silent(const char *uri)
{
	(void)pthread_mutex_lock(&silent_lock);
	size_t row = silent_row(uri);
	bool found = strncmp(silent[row].uri, uri, URI_SIZE - 1) == 0 &&
	             silent[row].until_ms > clock_monotonic_ms();

	(void)pthread_mutex_unlock(&silent_lock);
	return found;
}

size_t directory_uris_sort(char **uris, char **ret, size_t max)
{
	size_t count = 0;

	for (int round = 0; round < 2; round++)
		for (char **uri = uris; *uri && count < max; uri++)
			if (uri_is_silent(*uri) == (round == 1))
				ret[count++] = *uri;
	return count;
}
