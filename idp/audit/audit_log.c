/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_log.c: the audit log as files. One lock for all: codes count up over
 * all municipalities, and an append takes a few microseconds. */
#include "idp/audit/audit_log.h"

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

#include "idp/audit/audit_log_tail.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/log.h"
#include "lib/strbuf.h"

enum {
	EVENT_MAX_BYTES = 32 * 1024,
	EVENT_FORMAT = 2, /* "v" of a line: 2 has request, facts and conf */
	DAY_LENGTH = 10,
	MUNICIPALITY_NAME_BYTES = 64,
	MAX_WAIT_MS = 15 * 1000,
};

/* Today's file of one municipality. */
struct audit_log_file {
	struct audit_log_file *next;
	char municipality[MUNICIPALITY_NAME_BYTES];
	char day[DAY_LENGTH + 1];
	char hash[AUDIT_HASH_DIGITS + 1]; /* of the last line */
	int fd;
	off_t size;
	uint64_t lines, signed_lines;
	bool is_dirty;  /* not on disk yet */
	bool is_broken; /* after a disk error: accepts no more lines */
};

static struct {
	pthread_mutex_t lock;
	int lock_fd; /* the lock file: one process per directory */
	char *folder, *node;
	char day[DAY_LENGTH + 1]; /* the day that counter belongs to */
	uint64_t counter;         /* the last one returned */
	bool write_failed;        /* the last event; logged once */
	struct audit_log_file *files;
} audit_log = { .lock = PTHREAD_MUTEX_INITIALIZER, .lock_fd = -1 };

static bool audit_log_unavailable(struct error *err, const char *what)
{
	return error_set_reason(err, ERROR_UNAVAILABLE, "audit-unavailable",
	                        "%s: %s", what, strerror(errno));
}

static char *audit_log_path(struct arena *a, const char *municipality,
                            const char *day, const char *suffix)
{
	return arena_printf(a, "%s/%s/%s", audit_log.folder, municipality,
	                    audit_file_name(a, day, audit_log.node, suffix));
}

static bool audit_log_mkdir(const char *path, struct error *err)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST ||
	       audit_log_unavailable(err, path);
}

/* ---- open */

static bool audit_log_file_open(struct arena *a, struct audit_log_file *j,
                                struct audit_log_tail *ret_tail,
                                struct error *err)
{
	const char *path = audit_log_path(a, j->municipality, j->day, "jsonl");

	if (!audit_log_scan(path, ret_tail, err))
		return false;
	j->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (j->fd < 0)
		return audit_log_unavailable(err, path);
	/* An incomplete line was never acknowledged. */
	if (ftruncate(j->fd, ret_tail->complete_bytes) != 0)
		return audit_log_unavailable(err, path);
	return true;
}

static bool audit_log_file_resume(struct arena *a, struct audit_log_file *j,
                                  off_t *ret_torn, struct error *err)
{
	struct audit_log_tail tail = { 0 };
	const char *folder =
	    arena_printf(a, "%s/%s", audit_log.folder, j->municipality);

	if (!audit_log_mkdir(folder, err) ||
	    !audit_log_file_open(a, j, &tail, err))
		return false;
	if (tail.lines > 0)
		memcpy(j->hash, tail.hash, sizeof(j->hash));
	else if (!audit_log_previous_hash(a, folder, audit_log.node, j->day,
	                                  j->hash, err))
		return false;
	j->size = tail.complete_bytes;
	j->lines = tail.lines;
	*ret_torn = tail.torn_bytes;
	return true;
}

/* Continues after the day's greatest counter in any file. */
static bool audit_log_find_counter(struct arena *a, struct error *err)
{
	size_t count = 0;
	char **names;

	if (!file_list(a, audit_log.folder, "", &names, &count, err))
		return false;
	audit_log.counter = 0;
	for (size_t i = 0; i < count; i++) {
		struct audit_log_tail tail;

		if (!audit_log_scan(
			audit_log_path(a, names[i], audit_log.day, "jsonl"),
			&tail, err))
			return false;
		if (tail.counter > audit_log.counter)
			audit_log.counter = tail.counter;
	}
	return true;
}

/* A previous process may still finish its requests; its exit frees the lock. */
static bool audit_log_lock(const char *folder, struct error *err)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	struct arena *a = arena_open();
	const char *path = arena_printf(a, "%s/.lock", folder);
	int tries = 0;

	audit_log.lock_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	bool good = audit_log.lock_fd >= 0 || audit_log_unavailable(err, path);

	while (good && flock(audit_log.lock_fd, LOCK_EX | LOCK_NB) != 0) {
		(void)nanosleep(&pause, NULL);
		if (++tries * 10 > MAX_WAIT_MS)
			good = audit_log_unavailable(err, path);
	}
	arena_close(a);
	return good;
}

bool audit_log_open(const char *folder, const char *node, struct error *err)
{
	if (!audit_log_mkdir(folder, err) || !audit_log_lock(folder, err))
		return false;
	audit_log.folder = strdup(folder);
	audit_log.node = strdup(node);
	if (!audit_log.folder || !audit_log.node)
		abort();
	audit_log.day[0] = '\0';
	return true;
}

static void audit_log_file_close(struct audit_log_file *j)
{
	if (j->fd >= 0 && j->is_dirty)
		(void)fdatasync(j->fd);
	if (j->fd >= 0)
		(void)close(j->fd);
	free(j);
}

void audit_log_close(void)
{
	(void)pthread_mutex_lock(&audit_log.lock);
	while (audit_log.files) {
		struct audit_log_file *j = audit_log.files;

		audit_log.files = j->next;
		audit_log_file_close(j);
	}
	free(audit_log.folder);
	free(audit_log.node);
	audit_log.folder = audit_log.node = NULL;
	(void)close(audit_log.lock_fd);
	audit_log.lock_fd = -1;
	(void)pthread_mutex_unlock(&audit_log.lock);
}

/* ---- append, with the lock held */

static char *audit_log_next_code(struct arena *a)
{
	const char month_day[] = { audit_log.day[5], audit_log.day[6],
		                   audit_log.day[8], audit_log.day[9], '\0' };

	return receipt_code_format(a, audit_log.node, month_day,
	                           audit_log.counter + 1);
}

static char *audit_log_format_line(struct arena *a,
                                   const struct audit_log_file *j,
                                   const json_t *event, const char *code)
{
	json_t *line = js_own(a, json_object());

	(void)json_object_update(line, (json_t *)(uintptr_t)event);
	(void)json_object_set_new(line, "v", json_integer(EVENT_FORMAT));
	(void)json_object_set_new(line, "at", json_integer(clock_now()));
	js_set_string(line, "prev", j->hash);
	js_set_string(line, "code", code);
	return js_dump(a, line);
}

static bool audit_log_write_line(struct arena *a, struct audit_log_file *j,
                                 const char *line, struct error *err)
{
	const char *text = arena_printf(a, "%s\n", line);
	const size_t length = strlen(text);
	ssize_t written = pwrite(j->fd, text, length, j->size);

	if (written != (ssize_t)length) {
		errno = written < 0 ? errno : ENOSPC;
		(void)audit_log_unavailable(err, "cannot write");
		/* A partial line must not be read as a line. */
		j->is_broken = ftruncate(j->fd, j->size) != 0;
		return false;
	}
	(void)snprintf(j->hash, sizeof(j->hash), "%s",
	               hash_sha256_hex(a, line, strlen(line)));
	j->size += (off_t)length;
	j->lines++;
	j->is_dirty = true;
	return true;
}

static bool audit_log_write_event(struct arena *a, struct audit_log_file *j,
                                  const json_t *event, char **ret_code,
                                  struct error *err)
{
	char *code = audit_log_next_code(a);
	const char *line = audit_log_format_line(a, j, event, code);

	if (strlen(line) > EVENT_MAX_BYTES)
		return error_set(err, ERROR_INVALID,
		                 "audit event is larger than %d bytes",
		                 EVENT_MAX_BYTES);
	if (j->is_broken)
		return error_set_reason(
		    err, ERROR_UNAVAILABLE, "audit-unavailable",
		    "an earlier write to the audit log failed");
	if (!audit_log_write_line(a, j, line, err))
		return false;
	audit_log.counter++;
	*ret_code = code;
	return true;
}

static bool audit_log_write_torn_note(struct arena *a, struct audit_log_file *j,
                                      off_t torn, struct error *err)
{
	own(release_json) json_t *note = json_pack(
	    "{s:s, s:I}", "what", "torn-line-cut", "bytes", (json_int_t)torn);
	char *code;

	log_event(LOG_AUDIT_LINE_TORN, "municipality", j->municipality, "day",
	          j->day, NULL);
	return audit_log_write_event(a, j, note, &code, err);
}

static bool audit_log_file_add(struct arena *a, const char *municipality,
                               struct audit_log_file **ret_file,
                               struct error *err)
{
	struct audit_log_file *j = calloc(1, sizeof(*j));
	off_t torn = 0;

	if (!j)
		abort();
	j->fd = -1;
	(void)snprintf(j->municipality, sizeof(j->municipality), "%s",
	               municipality);
	memcpy(j->day, audit_log.day, sizeof(j->day));
	if (!audit_log_file_resume(a, j, &torn, err) ||
	    (torn > 0 && !audit_log_write_torn_note(a, j, torn, err))) {
		audit_log_file_close(j);
		return false;
	}
	j->next = audit_log.files;
	audit_log.files = j;
	*ret_file = j;
	return true;
}

/* Closes yesterday's files when the day changes. */
static bool audit_log_change_day(struct arena *a, struct error *err)
{
	const char *day = audit_day(a, clock_now());

	if (text_equal(day, audit_log.day))
		return true;
	while (audit_log.files) {
		struct audit_log_file *j = audit_log.files;

		audit_log.files = j->next;
		audit_log_file_close(j);
	}
	memcpy(audit_log.day, day, sizeof(audit_log.day));
	if (audit_log_find_counter(a, err))
		return true;
	audit_log.day[0] = '\0';
	return false;
}

static bool audit_log_file_for(struct arena *a, const char *municipality,
                               struct audit_log_file **ret_file,
                               struct error *err)
{
	if (!audit_log_change_day(a, err))
		return false;
	for (struct audit_log_file *j = audit_log.files; j; j = j->next) {
		if (text_equal(j->municipality, municipality)) {
			*ret_file = j;
			return true;
		}
	}
	return audit_log_file_add(a, municipality, ret_file, err);
}

/* A name is one component of a path, as in the configuration. */
static bool audit_log_name_is_valid(const char *name)
{
	const size_t length = strlen(name);

	return length > 0 && length < MUNICIPALITY_NAME_BYTES &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

/* The page does not name the cause; the log does. */
static void audit_log_report(const char *municipality, bool good,
                             const struct error *err)
{
	if (!good && err->kind != ERROR_UNAVAILABLE)
		return;
	if (!good && !audit_log.write_failed)
		log_event(LOG_AUDIT_WRITE_FAILED, "municipality", municipality,
		          "error", err->text, NULL);
	if (good && audit_log.write_failed)
		log_event(LOG_AUDIT_WRITE_RESUMED, NULL);
	audit_log.write_failed = !good;
}

bool audit_log_append(struct arena *a, const char *municipality,
                      const json_t *event, char **ret_code, struct error *err)
{
	struct audit_log_file *j;
	struct error cause = { 0 };

	if (!audit_log_name_is_valid(municipality))
		return error_set(err, ERROR_INVALID, "unknown municipality");
	(void)pthread_mutex_lock(&audit_log.lock);
	bool good = audit_log_file_for(a, municipality, &j, &cause) &&
	            audit_log_write_event(a, j, event, ret_code, &cause);

	audit_log_report(municipality, good, &cause);
	(void)pthread_mutex_unlock(&audit_log.lock);
	if (!good && err)
		*err = cause;
	return good;
}

/* ---- delete */

static void audit_log_close_municipality(const char *municipality)
{
	struct audit_log_file **at = &audit_log.files;

	while (*at) {
		struct audit_log_file *j = *at;

		if (!text_equal(j->municipality, municipality)) {
			at = &j->next;
			continue;
		}
		*at = j->next;
		audit_log_file_close(j);
	}
}

static bool audit_log_remove_files(struct arena *a, const char *folder,
                                   size_t *ret_files, struct error *err)
{
	char **names;

	*ret_files = 0;
	if (access(folder, F_OK) != 0)
		return true;
	if (!file_list(a, folder, "", &names, ret_files, err))
		return false;
	for (size_t i = 0; i < *ret_files; i++)
		if (unlink(arena_printf(a, "%s/%s", folder, names[i])) != 0)
			return audit_log_unavailable(err, names[i]);
	return rmdir(folder) == 0 || audit_log_unavailable(err, folder);
}

bool audit_log_delete(struct arena *a, const char *municipality,
                      size_t *ret_files, struct error *err)
{
	if (!audit_log_name_is_valid(municipality))
		return error_set(err, ERROR_INVALID, "unknown municipality");
	(void)pthread_mutex_lock(&audit_log.lock);
	audit_log_close_municipality(municipality);
	bool good = audit_log_remove_files(
	    a, arena_printf(a, "%s/%s", audit_log.folder, municipality),
	    ret_files, err);
	(void)pthread_mutex_unlock(&audit_log.lock);
	return good;
}

/* ---- sync and sign in the background */

/* The lock is held to select a file, not while the disk syncs; the caller owns
 * the returned descriptor. */
static int audit_log_take_unsynced(struct audit_log_file **ret_file)
{
	int fd = -1;

	(void)pthread_mutex_lock(&audit_log.lock);
	for (struct audit_log_file *j = audit_log.files; j && fd < 0;
	     j = j->next) {
		if (!j->is_dirty)
			continue;
		j->is_dirty = false;
		fd = fcntl(j->fd, F_DUPFD_CLOEXEC, 3);
		*ret_file = j;
	}
	(void)pthread_mutex_unlock(&audit_log.lock);
	return fd;
}

static void audit_log_mark_broken(const struct audit_log_file *file)
{
	(void)pthread_mutex_lock(&audit_log.lock);
	for (struct audit_log_file *j = audit_log.files; j; j = j->next)
		if (j == file)
			j->is_broken = true;
	(void)pthread_mutex_unlock(&audit_log.lock);
}

void audit_log_sync(void)
{
	struct audit_log_file *j = NULL;

	for (int fd = audit_log_take_unsynced(&j); fd >= 0;
	     fd = audit_log_take_unsynced(&j)) {
		if (fdatasync(fd) != 0) {
			log_event(LOG_AUDIT_SYNC_FAILED, "error",
			          strerror(errno), NULL);
			audit_log_mark_broken(j);
		}
		(void)close(fd);
	}
}

/* The head of one file that is to be signed, copied with the lock held. */
struct audit_log_head {
	char municipality[MUNICIPALITY_NAME_BYTES], day[DAY_LENGTH + 1];
	char hash[AUDIT_HASH_DIGITS + 1];
	uint64_t lines;
};

static size_t audit_log_unsigned_heads(struct arena *a,
                                       struct audit_log_head **ret_list)
{
	size_t count = 0, at = 0;

	(void)pthread_mutex_lock(&audit_log.lock);
	for (struct audit_log_file *j = audit_log.files; j; j = j->next)
		count++;
	*ret_list = arena_array(a, struct audit_log_head, count);
	for (struct audit_log_file *j = audit_log.files; j; j = j->next) {
		if (j->lines == j->signed_lines)
			continue;
		struct audit_log_head *s = &(*ret_list)[at++];

		memcpy(s->municipality, j->municipality,
		       sizeof(s->municipality));
		memcpy(s->day, j->day, sizeof(s->day));
		memcpy(s->hash, j->hash, sizeof(s->hash));
		s->lines = j->lines;
	}
	(void)pthread_mutex_unlock(&audit_log.lock);
	return at;
}

static void audit_log_mark_signed(const struct audit_log_head *s)
{
	(void)pthread_mutex_lock(&audit_log.lock);
	for (struct audit_log_file *j = audit_log.files; j; j = j->next)
		if (text_equal(j->municipality, s->municipality) &&
		    text_equal(j->day, s->day))
			j->signed_lines = s->lines;
	(void)pthread_mutex_unlock(&audit_log.lock);
}

static bool audit_log_write_head(struct arena *a,
                                 const struct audit_log_head *s,
                                 json_t *members)
{
	const char *path = audit_log_path(a, s->municipality, s->day, "heads");
	const char *line = arena_printf(a, "%s\n", js_dump(a, members));
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	bool good = write(fd, line, strlen(line)) == (ssize_t)strlen(line) &&
	            fdatasync(fd) == 0;

	(void)close(fd);
	return good;
}

static bool audit_log_sign_head(struct arena *a, const struct audit_log_head *s,
                                bool (*sign)(void *data, struct arena *a,
                                             const char *head,
                                             json_t **ret_members),
                                void *data)
{
	const char *head =
	    audit_head_text(a, s->municipality,
	                    audit_file_name(a, s->day, audit_log.node, "jsonl"),
	                    s->lines, s->hash);
	json_t *members;

	if (!sign(data, a, head, &members))
		return false;
	(void)json_object_set_new(members, "v", json_integer(1));
	(void)json_object_set_new(members, "at", json_integer(clock_now()));
	(void)json_object_set_new(members, "lines",
	                          json_integer((json_int_t)s->lines));
	js_set_string(members, "hash", s->hash);
	return audit_log_write_head(a, s, members);
}

void audit_log_sign_heads(bool (*sign)(void *data, struct arena *a,
                                       const char *head, json_t **ret_members),
                          void *data)
{
	struct arena *a = arena_open();
	struct audit_log_head *list;
	size_t count = audit_log_unsigned_heads(a, &list);

	/* Signed lines must survive a power failure. */
	audit_log_sync();
	for (size_t i = 0; i < count; i++)
		if (audit_log_sign_head(a, &list[i], sign, data))
			audit_log_mark_signed(&list[i]);
	arena_close(a);
}
