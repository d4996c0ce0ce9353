/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ended_ids.c: a file of a header and of records of equal size, appended and
 * synced.  The header has the version and the number of the first record, both
 * in eight bytes, big-endian. */
#include "idp/revocation/ended_ids.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"

enum {
	VERSION = 1,
	HEADER_SIZE = 16,
	RECORD_SIZE = ENDED_ID_SIZE + 8,
	FILE_MAX = HEADER_SIZE + 2 * ENDED_IDS_MAX * RECORD_SIZE,
};

struct ended_ids {
	pthread_mutex_t lock; /* guards all below */
	char *path;
	int fd;               /* for appending; -1: to be opened again */
	int64_t first;        /* the number of ids[0] */
	struct ended_id *ids; /* in the order of their numbers */
	size_t count, capacity;
	size_t in_file;  /* records */
	uint32_t *table; /* of the indices + 1 of ids, by their first bytes */
	size_t table_size;
};

/* ---- in memory ---------------------------------------------------------- */

static size_t ended_slot(const struct ended_ids *t,
                         const unsigned char id[ENDED_ID_SIZE])
{
	uint64_t h;

	memcpy(&h, id, sizeof(h));
	for (h %= t->table_size; t->table[h] != 0; h = (h + 1) % t->table_size)
		if (memcmp(t->ids[t->table[h] - 1].id, id, ENDED_ID_SIZE) == 0)
			break;
	return (size_t)h;
}

static void *ended_require(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* Makes the table anew, for capacity ids at most half full. */
static void ended_rehash(struct ended_ids *t)
{
	free(t->table);
	t->table_size = 2 * t->capacity + 1;
	t->table = ended_require(calloc(t->table_size, sizeof(*t->table)));
	for (size_t i = 0; i < t->count; i++)
		t->table[ended_slot(t, t->ids[i].id)] = (uint32_t)i + 1;
}

static void ended_grow(struct ended_ids *t)
{
	if (t->count < t->capacity)
		return;
	t->capacity = t->capacity ? 2 * t->capacity : 1024;
	t->ids =
	    ended_require(reallocarray(t->ids, t->capacity, sizeof(*t->ids)));
	ended_rehash(t);
}

/* Returns false where it is known. */
static bool ended_remember(struct ended_ids *t, const struct ended_id *one)
{
	ended_grow(t);
	size_t slot = ended_slot(t, one->id);

	if (t->table[slot] != 0)
		return false;
	t->ids[t->count++] = *one;
	t->table[slot] = (uint32_t)t->count;
	return true;
}

/* ---- the file ----------------------------------------------------------- */

static void put_be64(unsigned char *at, int64_t number)
{
	const uint64_t big = htobe64((uint64_t)number);

	memcpy(at, &big, sizeof(big));
}

static int64_t get_be64(const unsigned char *at)
{
	uint64_t big;

	memcpy(&big, at, sizeof(big));
	return (int64_t)be64toh(big);
}

static void ended_encode(unsigned char *at, const struct ended_id *one)
{
	memcpy(at, one->id, ENDED_ID_SIZE);
	put_be64(at + ENDED_ID_SIZE, one->at);
}

static bool ended_file_error(const struct ended_ids *t, struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE, "%s: %s", t->path,
	                 strerror(errno));
}

static void ended_close_file(struct ended_ids *t)
{
	if (t->fd >= 0)
		(void)close(t->fd);
	t->fd = -1;
}

/* Writes the file anew, with what is in memory. */
static bool ended_write_all(struct ended_ids *t, struct error *err)
{
	const size_t length = HEADER_SIZE + t->count * RECORD_SIZE;
	unsigned char *bytes = ended_require(malloc(length));

	put_be64(bytes, VERSION);
	put_be64(bytes + 8, t->first);
	for (size_t i = 0; i < t->count; i++)
		ended_encode(bytes + HEADER_SIZE + i * RECORD_SIZE, &t->ids[i]);
	bool good = file_write(t->path, bytes, length, 0600, err);

	free(bytes);
	ended_close_file(t);
	if (good)
		t->in_file = t->count;
	return good;
}

static bool ended_read_all(struct ended_ids *t, const unsigned char *bytes,
                           size_t length, struct error *err)
{
	if (length < HEADER_SIZE || get_be64(bytes) != VERSION ||
	    get_be64(bytes + 8) < 0)
		return error_set(err, ERROR_INVALID,
		                 "%s is not a list of ended sessions of "
		                 "version %d",
		                 t->path, VERSION);
	t->first = get_be64(bytes + 8);
	for (size_t at = HEADER_SIZE; at + RECORD_SIZE <= length;
	     at += RECORD_SIZE) {
		struct ended_id one = { .at = get_be64(bytes + at +
			                               ENDED_ID_SIZE) };

		memcpy(one.id, bytes + at, ENDED_ID_SIZE);
		(void)ended_remember(t, &one);
	}
	t->in_file = t->count;
	return true;
}

/* After an error the file is written anew, because the last record may be cut
 * off. */
static bool ended_append(struct ended_ids *t, size_t from, struct error *err)
{
	const size_t length = (t->count - from) * RECORD_SIZE;

	if (t->in_file != from)
		return ended_write_all(t, err);
	if (t->fd < 0)
		t->fd = open(t->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (t->fd < 0)
		return ended_file_error(t, err);
	unsigned char *bytes = ended_require(malloc(length));

	for (size_t i = from; i < t->count; i++)
		ended_encode(bytes + (i - from) * RECORD_SIZE, &t->ids[i]);
	bool good = write(t->fd, bytes, length) == (ssize_t)length &&
	            fdatasync(t->fd) == 0;

	free(bytes);
	t->in_file = good ? t->count : SIZE_MAX;
	return good || ended_file_error(t, err);
}

/* ---- */

static bool ended_load(struct ended_ids *t, struct error *err)
{
	struct arena *a = arena_open();
	struct stat st;
	char *bytes;
	size_t length;
	bool good;

	if (stat(t->path, &st) != 0 && errno == ENOENT) {
		good = ended_write_all(t, err);
	} else {
		good = file_read(a, t->path, FILE_MAX, &bytes, &length, err) &&
		       ended_read_all(t, (const unsigned char *)bytes, length,
		                      err);
		/* The next append must not follow a record cut off. */
		if (good && (length - HEADER_SIZE) % RECORD_SIZE != 0)
			good = ended_write_all(t, err);
	}
	arena_close(a);
	return good;
}

bool ended_ids_open(const char *path, struct ended_ids **ret, struct error *err)
{
	struct ended_ids *t = ended_require(calloc(1, sizeof(*t)));

	(void)pthread_mutex_init(&t->lock, NULL);
	t->path = ended_require(strdup(path));
	t->fd = -1;
	*ret = t;
	if (ended_load(t, err))
		return true;
	ended_ids_close(t);
	*ret = NULL;
	return false;
}

void ended_ids_close(struct ended_ids *t)
{
	if (!t)
		return;
	ended_close_file(t);
	(void)pthread_mutex_destroy(&t->lock);
	free(t->path);
	free(t->ids);
	free(t->table);
	free(t);
}

bool ended_ids_add(struct ended_ids *t, const struct ended_id *ids,
                   size_t count, struct error *err)
{
	(void)pthread_mutex_lock(&t->lock);
	const size_t from = t->count;

	for (size_t i = 0; i < count; i++)
		(void)ended_remember(t, &ids[i]);
	/* Also what an earlier call could not write. */
	bool good = t->in_file == t->count || ended_append(t, from, err);

	(void)pthread_mutex_unlock(&t->lock);
	return good;
}

bool ended_ids_drop(struct ended_ids *t, int64_t before, struct error *err)
{
	bool good = true;
	size_t gone = 0;

	(void)pthread_mutex_lock(&t->lock);
	while (gone < t->count &&
	       (t->ids[gone].at < before || t->count - gone > ENDED_IDS_MAX))
		gone++;
	if (gone > 0 && gone * 2 >= t->count) {
		memmove(t->ids, t->ids + gone,
		        (t->count - gone) * sizeof(*t->ids));
		t->count -= gone;
		t->first += (int64_t)gone;
		ended_rehash(t);
		good = ended_write_all(t, err);
	}
	(void)pthread_mutex_unlock(&t->lock);
	return good;
}

size_t ended_ids_since(struct ended_ids *t, int64_t since, size_t max,
                       struct ended_id *ret, int64_t *ret_next)
{
	size_t count = 0;

	(void)pthread_mutex_lock(&t->lock);
	const int64_t end = t->first + (int64_t)t->count;
	int64_t number = since < t->first || since > end ? t->first : since;

	for (; number < end && count < max; number++)
		ret[count++] = t->ids[number - t->first];
	*ret_next = number;
	(void)pthread_mutex_unlock(&t->lock);
	return count;
}
