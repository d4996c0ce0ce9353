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

bool directory_uri_is_silent(const char *uri)
{
	(void)pthread_mutex_lock(&silent_lock);
	size_t row = silent_row(uri);
	bool found = strncmp(silent[row].uri, uri, URI_SIZE - 1) == 0 &&
	             silent[row].until_ms > clock_monotonic_ms();

	(void)pthread_mutex_unlock(&silent_lock);
	return found;
}

char **directory_uris_sort(struct arena *a, char **uris, size_t *ret_count)
{
	size_t count = 0, good = 0, late = 0;

	while (uris[count])
		count++;
	char **sorted = arena_array(a, char *, count + 1);
	char **silent_ones = arena_array(a, char *, count + 1);

	for (size_t i = 0; i < count; i++)
		if (directory_uri_is_silent(uris[i]))
			silent_ones[late++] = uris[i];
		else
			sorted[good++] = uris[i];
	for (size_t i = 0; i < late; i++)
		sorted[good + i] = silent_ones[i];
	*ret_count = count;
	return sorted;
}
