/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_log_tail.c: reads the end of a log file. Lines are counted and only
 * the last one is parsed, so portvakt-audit restarts within milliseconds on
 * any day. */
#include "idp/audit/audit_log_tail.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/hash.h"
#include "lib/json.h"

enum { CHUNK_BYTES = 64 * 1024, DAY_LENGTH = 10, LINE_MAX_BYTES = 64 * 1024 };

static bool audit_log_scan_error(struct error *err, const char *path)
{
	return error_set_reason(err, ERROR_UNAVAILABLE, "audit-unavailable",
	                        "%s: %s", path, strerror(errno));
}

/* Offsets of line ends. */
struct line_ends {
	off_t size;
	off_t last, before; /* after the last two newlines; 0: none */
	uint64_t lines;
};

static bool audit_log_find_line_ends(int fd, char *chunk, struct line_ends *e)
{
	ssize_t length;

	while ((length = pread(fd, chunk, CHUNK_BYTES, e->size)) > 0) {
		const char *at = chunk, *end = chunk + length;

		while ((at = memchr(at, '\n', (size_t)(end - at)))) {
			at++;
			e->lines++;
			e->before = e->last;
			e->last = e->size + (at - chunk);
		}
		e->size += length;
	}
	return length == 0;
}

static uint64_t audit_log_counter_of_line(struct arena *a, const char *line,
                                          size_t length)
{
	const char *code, *node, *month_day;
	uint64_t counter;
	json_t *event;

	if (js_parse(a, line, length, &event, NULL) &&
	    js_string(event, "code") &&
	    receipt_code_parse(a, js_string(event, "code"), &code, &node,
	                       &month_day, &counter))
		return counter;
	return 0;
}

static bool audit_log_read_last_line(struct arena *a, int fd,
                                     const struct line_ends *e,
                                     struct audit_log_tail *tail)
{
	const size_t length = (size_t)(e->last - e->before);
	char *line;

	if (e->lines == 0)
		return true;
	if (length > LINE_MAX_BYTES)
		return false;
	line = arena_alloc(a, length + 1);
	if (pread(fd, line, length, e->before) != (ssize_t)length)
		return false;
	memcpy(tail->hash, hash_sha256_hex(a, line, length - 1),
	       sizeof(tail->hash));
	tail->counter = audit_log_counter_of_line(a, line, length - 1);
	return true;
}

bool audit_log_scan(const char *path, struct audit_log_tail *ret_tail,
                    struct error *err)
{
	struct line_ends e = { 0 };
	struct audit_log_tail tail = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct arena *a;

	/* A file in place of a municipality's folder is an error for that
	 * municipality only, once it is written. */
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
		return audit_log_scan_error(err, path);
	*ret_tail = tail;
	if (fd < 0)
		return true;
	a = arena_open();
	bool good =
	    audit_log_find_line_ends(fd, arena_alloc(a, CHUNK_BYTES), &e) &&
	    audit_log_read_last_line(a, fd, &e, &tail);

	tail.lines = e.lines;
	tail.complete_bytes = e.last;
	tail.torn_bytes = e.size - e.last;
	arena_close(a);
	(void)close(fd);
	if (!good)
		return audit_log_scan_error(err, path);
	*ret_tail = tail;
	return true;
}

bool audit_log_previous_hash(struct arena *a, const char *folder,
                             const char *node, const char *day,
                             char ret_hash[AUDIT_HASH_DIGITS + 1],
                             struct error *err)
{
	struct audit_log_tail tail = { 0 };
	size_t count;
	char **names;

	memset(ret_hash, '0', AUDIT_HASH_DIGITS);
	ret_hash[AUDIT_HASH_DIGITS] = '\0';
	if (!file_list(a, folder, arena_printf(a, ".%s.jsonl", node), &names,
	               &count, err))
		return false;
	while (count > 0 && strncmp(names[count - 1], day, DAY_LENGTH) >= 0)
		count--;
	if (count == 0)
		return true;
	if (!audit_log_scan(arena_printf(a, "%s/%s", folder, names[count - 1]),
	                    &tail, err))
		return false;
	if (tail.lines > 0)
		memcpy(ret_hash, tail.hash, sizeof(tail.hash));
	return true;
}
