/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_log.c: the audit log as files. One lock for all: codes count up over
 * all municipalities, and an append takes a few microseconds. */
#include "idp/scribe/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "idp/scribe/past.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/log.h"
#include "lib/text.h"

enum {
	LARGEST_RECEIPT = 32 * 1024,
	DAY_LENGTH = 10,
	NAME_MOST = 64,
	LONGEST_WAIT_MS = 15 * 1000,
};

/* Today's file of one municipality. */
struct journal {
	struct journal *next;
	char municipality[NAME_MOST];
	char day[DAY_LENGTH + 1];
	char hash[RECORD_HASH + 1]; /* of the last line */
	int fd;
	off_t size;
	uint64_t lines, signed_lines;
	bool is_dirty;  /* not on disk yet */
	bool is_broken; /* after a disk error: accepts no more lines */
};

static struct {
	pthread_mutex_t lock;
	int only; /* the lock file: one process per directory */
	char *folder, *node;
	char day[DAY_LENGTH + 1]; /* the day that counter belongs to */
	uint64_t counter;         /* the last one returned */
	struct journal *journals;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER, .only = -1 };

static bool away(struct fault *why, const char *what)
{
	return fault_for(why, FAULT_UNAVAILABLE, "scribe-away", "%s: %s", what,
	                 strerror(errno));
}

static char *path_of(struct arena *a, const char *municipality, const char *day,
                     const char *ending)
{
	return arena_print(a, "%s/%s/%s", all.folder, municipality,
	                   record_file(a, day, all.node, ending));
}

static bool make_folder(const char *path, struct fault *why)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST || away(why, path);
}

/* ---- open */

static bool open_file(struct arena *a, struct journal *j, struct past *ret_past,
                      struct fault *why)
{
	const char *path = path_of(a, j->municipality, j->day, "jsonl");

	if (!past_read(path, ret_past, why))
		return false;
	j->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (j->fd < 0)
		return away(why, path);
	/* An incomplete line was never acknowledged. */
	if (ftruncate(j->fd, ret_past->whole) != 0)
		return away(why, path);
	return true;
}

static bool journal_begin(struct arena *a, struct journal *j, off_t *ret_torn,
                          struct fault *why)
{
	struct past p = { 0 };
	const char *folder =
	    arena_print(a, "%s/%s", all.folder, j->municipality);

	if (!make_folder(folder, why) || !open_file(a, j, &p, why))
		return false;
	if (p.lines > 0)
		memcpy(j->hash, p.hash, sizeof(j->hash));
	else if (!past_before(a, folder, all.node, j->day, j->hash, why))
		return false;
	j->size = p.whole;
	j->lines = p.lines;
	*ret_torn = p.torn;
	return true;
}

/* Continues after the day's greatest counter in any file. */
static bool find_counter(struct arena *a, struct fault *why)
{
	size_t count = 0;
	char **names;

	if (!file_list(a, all.folder, "", &names, &count, why))
		return false;
	all.counter = 0;
	for (size_t i = 0; i < count; i++) {
		struct past p;

		if (!past_read(path_of(a, names[i], all.day, "jsonl"), &p, why))
			return false;
		if (p.counter > all.counter)
			all.counter = p.counter;
	}
	return true;
}

/* A previous process may still finish its requests; its exit frees the lock. */
static bool be_the_only_one(const char *folder, struct fault *why)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	struct arena *a = arena_open();
	const char *path = arena_print(a, "%s/.lock", folder);
	int tries = 0;

	all.only = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	bool good = all.only >= 0 || away(why, path);

	while (good && flock(all.only, LOCK_EX | LOCK_NB) != 0) {
		(void)nanosleep(&pause, NULL);
		if (++tries * 10 > LONGEST_WAIT_MS)
			good = away(why, path);
	}
	arena_close(a);
	return good;
}

bool journal_open(const char *folder, const char *node, struct fault *why)
{
	if (!make_folder(folder, why) || !be_the_only_one(folder, why))
		return false;
	all.folder = strdup(folder);
	all.node = strdup(node);
	if (!all.folder || !all.node)
		abort();
	all.day[0] = '\0';
	return true;
}

static void journal_end(struct journal *j)
{
	if (j->fd >= 0 && j->is_dirty)
		(void)fdatasync(j->fd);
	if (j->fd >= 0)
		(void)close(j->fd);
	free(j);
}

void journal_close(void)
{
	(void)pthread_mutex_lock(&all.lock);
	while (all.journals) {
		struct journal *j = all.journals;

		all.journals = j->next;
		journal_end(j);
	}
	free(all.folder);
	free(all.node);
	all.folder = all.node = NULL;
	(void)close(all.only);
	all.only = -1;
	(void)pthread_mutex_unlock(&all.lock);
}

/* ---- append, with the lock held */

static char *next_code(struct arena *a)
{
	const char month_day[] = { all.day[5], all.day[6], all.day[8],
		                   all.day[9], '\0' };

	return record_code(a, all.node, month_day, all.counter + 1);
}

static char *line_for(struct arena *a, const struct journal *j,
                      const json_t *receipt, const char *code)
{
	json_t *line = js_keep(a, json_object());

	(void)json_object_update(line, (json_t *)(uintptr_t)receipt);
	(void)json_object_set_new(line, "v", json_integer(1));
	(void)json_object_set_new(line, "at", json_integer(clock_now()));
	js_put(line, "prev", j->hash);
	js_put(line, "code", code);
	return js_write(a, line);
}

static bool append(struct arena *a, struct journal *j, const char *line,
                   struct fault *why)
{
	const char *whole = arena_print(a, "%s\n", line);
	const size_t length = strlen(whole);
	ssize_t written = pwrite(j->fd, whole, length, j->size);

	if (written != (ssize_t)length) {
		errno = written < 0 ? errno : ENOSPC;
		(void)away(why, "cannot write");
		/* A partial line must not be read as a line. */
		j->is_broken = ftruncate(j->fd, j->size) != 0;
		return false;
	}
	(void)snprintf(j->hash, sizeof(j->hash), "%s",
	               hash_hex(a, line, strlen(line)));
	j->size += (off_t)length;
	j->lines++;
	j->is_dirty = true;
	return true;
}

static bool write_line(struct arena *a, struct journal *j,
                       const json_t *receipt, char **ret_code,
                       struct fault *why)
{
	char *code = next_code(a);
	const char *line = line_for(a, j, receipt, code);

	if (strlen(line) > LARGEST_RECEIPT)
		return fault(why, FAULT_INVALID, "the receipt is over %d bytes",
		             LARGEST_RECEIPT);
	if (j->is_broken)
		return fault_for(why, FAULT_UNAVAILABLE, "scribe-away",
		                 "the disk failed before");
	if (!append(a, j, line, why))
		return false;
	all.counter++;
	*ret_code = code;
	return true;
}

static bool note_torn(struct arena *a, struct journal *j, off_t torn,
                      struct fault *why)
{
	own(release_json) json_t *note = json_pack(
	    "{s:s, s:I}", "what", "torn-line-cut", "bytes", (json_int_t)torn);
	char *code;

	log_warn("a torn line was cut", "municipality", j->municipality, "day",
	         j->day, NULL);
	return write_line(a, j, note, &code, why);
}

static bool journal_add(struct arena *a, const char *municipality,
                        struct journal **ret_journal, struct fault *why)
{
	struct journal *j = calloc(1, sizeof(*j));
	off_t torn = 0;

	if (!j)
		abort();
	j->fd = -1;
	(void)snprintf(j->municipality, sizeof(j->municipality), "%s",
	               municipality);
	memcpy(j->day, all.day, sizeof(j->day));
	if (!journal_begin(a, j, &torn, why) ||
	    (torn > 0 && !note_torn(a, j, torn, why))) {
		journal_end(j);
		return false;
	}
	j->next = all.journals;
	all.journals = j;
	*ret_journal = j;
	return true;
}

/* Closes yesterday's files when the day changes. */
static bool turn_day(struct arena *a, struct fault *why)
{
	const char *day = record_day(a, clock_now());

	if (text_equal(day, all.day))
		return true;
	while (all.journals) {
		struct journal *j = all.journals;

		all.journals = j->next;
		journal_end(j);
	}
	memcpy(all.day, day, sizeof(all.day));
	if (find_counter(a, why))
		return true;
	all.day[0] = '\0';
	return false;
}

static bool journal_for(struct arena *a, const char *municipality,
                        struct journal **ret_journal, struct fault *why)
{
	if (!turn_day(a, why))
		return false;
	for (struct journal *j = all.journals; j; j = j->next) {
		if (text_equal(j->municipality, municipality)) {
			*ret_journal = j;
			return true;
		}
	}
	return journal_add(a, municipality, ret_journal, why);
}

/* A name is one component of a path, as in the configuration. */
static bool is_name(const char *name)
{
	const size_t length = strlen(name);

	return length > 0 && length < NAME_MOST &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

bool journal_write(struct arena *a, const char *municipality,
                   const json_t *receipt, char **ret_code, struct fault *why)
{
	struct journal *j;

	if (!is_name(municipality))
		return fault(why, FAULT_INVALID, "no such municipality");
	(void)pthread_mutex_lock(&all.lock);
	bool good = journal_for(a, municipality, &j, why) &&
	            write_line(a, j, receipt, ret_code, why);
	(void)pthread_mutex_unlock(&all.lock);
	return good;
}

/* ---- delete */

static void forget_open(const char *municipality)
{
	struct journal **at = &all.journals;

	while (*at) {
		struct journal *j = *at;

		if (!text_equal(j->municipality, municipality)) {
			at = &j->next;
			continue;
		}
		*at = j->next;
		journal_end(j);
	}
}

static bool forget_files(struct arena *a, const char *folder, size_t *ret_files,
                         struct fault *why)
{
	char **names;

	*ret_files = 0;
	if (access(folder, F_OK) != 0)
		return true;
	if (!file_list(a, folder, "", &names, ret_files, why))
		return false;
	for (size_t i = 0; i < *ret_files; i++)
		if (unlink(arena_print(a, "%s/%s", folder, names[i])) != 0)
			return away(why, names[i]);
	return rmdir(folder) == 0 || away(why, folder);
}

bool journal_forget(struct arena *a, const char *municipality,
                    size_t *ret_files, struct fault *why)
{
	if (!is_name(municipality))
		return fault(why, FAULT_INVALID, "no such municipality");
	(void)pthread_mutex_lock(&all.lock);
	forget_open(municipality);
	bool good =
	    forget_files(a, arena_print(a, "%s/%s", all.folder, municipality),
	                 ret_files, why);
	(void)pthread_mutex_unlock(&all.lock);
	return good;
}

/* ---- sync and sign in the background */

/* The lock is held to select a file, not while the disk syncs; the caller owns
 * the returned descriptor. */
static int take_dirty(struct journal **ret_journal)
{
	int fd = -1;

	(void)pthread_mutex_lock(&all.lock);
	for (struct journal *j = all.journals; j && fd < 0; j = j->next) {
		if (!j->is_dirty)
			continue;
		j->is_dirty = false;
		fd = fcntl(j->fd, F_DUPFD_CLOEXEC, 3);
		*ret_journal = j;
	}
	(void)pthread_mutex_unlock(&all.lock);
	return fd;
}

static void mark_broken(const struct journal *which)
{
	(void)pthread_mutex_lock(&all.lock);
	for (struct journal *j = all.journals; j; j = j->next)
		if (j == which)
			j->is_broken = true;
	(void)pthread_mutex_unlock(&all.lock);
}

void journal_sync(void)
{
	struct journal *j = NULL;

	for (int fd = take_dirty(&j); fd >= 0; fd = take_dirty(&j)) {
		if (fdatasync(fd) != 0) {
			log_error("the record cannot be synced", "why",
			          strerror(errno), NULL);
			mark_broken(j);
		}
		(void)close(fd);
	}
}

/* The head of one file that is to be signed, copied with the lock held. */
struct to_sign {
	char municipality[NAME_MOST], day[DAY_LENGTH + 1];
	char hash[RECORD_HASH + 1];
	uint64_t lines;
};

static size_t take_grown(struct arena *a, struct to_sign **ret_list)
{
	size_t count = 0, at = 0;

	(void)pthread_mutex_lock(&all.lock);
	for (struct journal *j = all.journals; j; j = j->next)
		count++;
	*ret_list = arena_array(a, struct to_sign, count);
	for (struct journal *j = all.journals; j; j = j->next) {
		if (j->lines == j->signed_lines)
			continue;
		struct to_sign *s = &(*ret_list)[at++];

		memcpy(s->municipality, j->municipality,
		       sizeof(s->municipality));
		memcpy(s->day, j->day, sizeof(s->day));
		memcpy(s->hash, j->hash, sizeof(s->hash));
		s->lines = j->lines;
	}
	(void)pthread_mutex_unlock(&all.lock);
	return at;
}

static void note_signed(const struct to_sign *s)
{
	(void)pthread_mutex_lock(&all.lock);
	for (struct journal *j = all.journals; j; j = j->next)
		if (text_equal(j->municipality, s->municipality) &&
		    text_equal(j->day, s->day))
			j->signed_lines = s->lines;
	(void)pthread_mutex_unlock(&all.lock);
}

static bool append_head(struct arena *a, const struct to_sign *s,
                        json_t *members)
{
	const char *path = path_of(a, s->municipality, s->day, "heads");
	const char *line = arena_print(a, "%s\n", js_write(a, members));
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	bool good = write(fd, line, strlen(line)) == (ssize_t)strlen(line) &&
	            fdatasync(fd) == 0;

	(void)close(fd);
	return good;
}

static bool sign_one(struct arena *a, const struct to_sign *s,
                     bool (*sign)(void *with, struct arena *a, const char *head,
                                  json_t **ret_members),
                     void *with)
{
	const char *head = record_head(
	    a, s->municipality, record_file(a, s->day, all.node, "jsonl"),
	    s->lines, s->hash);
	json_t *members;

	if (!sign(with, a, head, &members))
		return false;
	(void)json_object_set_new(members, "v", json_integer(1));
	(void)json_object_set_new(members, "at", json_integer(clock_now()));
	(void)json_object_set_new(members, "lines",
	                          json_integer((json_int_t)s->lines));
	js_put(members, "hash", s->hash);
	return append_head(a, s, members);
}

void journal_sign(bool (*sign)(void *with, struct arena *a, const char *head,
                               json_t **ret_members),
                  void *with)
{
	struct arena *a = arena_open();
	struct to_sign *list;
	size_t count = take_grown(a, &list);

	/* Signed lines must survive a power failure. */
	journal_sync();
	for (size_t i = 0; i < count; i++)
		if (sign_one(a, &list[i], sign, with))
			note_signed(&list[i]);
	arena_close(a);
}
