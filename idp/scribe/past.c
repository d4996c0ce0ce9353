/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_log_tail.c: reads the end of a log file. Lines are counted and only
 * the last one is parsed, so portvakt-audit restarts within milliseconds on
 * any day. */
#include "idp/scribe/past.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/hash.h"
#include "lib/json.h"

enum { CHUNK = 64 * 1024, DAY_LENGTH = 10, LONGEST_LINE = 64 * 1024 };

static bool unreadable(struct fault *why, const char *path)
{
	return fault_for(why, FAULT_UNAVAILABLE, "scribe-away", "%s: %s", path,
	                 strerror(errno));
}

/* Offsets of line ends. */
struct ends {
	off_t size;
	off_t last, before; /* after the last two newlines; 0: none */
	uint64_t lines;
};

static bool find_ends(int fd, char *chunk, struct ends *e)
{
	ssize_t length;

	while ((length = pread(fd, chunk, CHUNK, e->size)) > 0) {
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

static uint64_t counter_of(struct arena *a, const char *line, size_t length)
{
	const char *code, *node, *month_day;
	uint64_t counter;
	json_t *said;

	if (js_read(a, line, length, &said, NULL) && js_string(said, "code") &&
	    record_code_read(a, js_string(said, "code"), &code, &node,
	                     &month_day, &counter))
		return counter;
	return 0;
}

static bool read_last_line(struct arena *a, int fd, const struct ends *e,
                           struct past *p)
{
	const size_t length = (size_t)(e->last - e->before);
	char *line;

	if (e->lines == 0)
		return true;
	if (length > LONGEST_LINE)
		return false;
	line = arena_alloc(a, length + 1);
	if (pread(fd, line, length, e->before) != (ssize_t)length)
		return false;
	memcpy(p->hash, hash_hex(a, line, length - 1), sizeof(p->hash));
	p->counter = counter_of(a, line, length - 1);
	return true;
}

bool past_read(const char *path, struct past *ret_past, struct fault *why)
{
	struct ends e = { 0 };
	struct past p = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct arena *a;

	/* A file in place of a municipality's folder is an error for that
	 * municipality only, once it is written. */
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
		return unreadable(why, path);
	*ret_past = p;
	if (fd < 0)
		return true;
	a = arena_open();
	bool good = find_ends(fd, arena_alloc(a, CHUNK), &e) &&
	            read_last_line(a, fd, &e, &p);

	p.lines = e.lines;
	p.whole = e.last;
	p.torn = e.size - e.last;
	arena_close(a);
	(void)close(fd);
	if (!good)
		return unreadable(why, path);
	*ret_past = p;
	return true;
}

bool past_before(struct arena *a, const char *folder, const char *node,
                 const char *day, char ret_hash[RECORD_HASH + 1],
                 struct fault *why)
{
	struct past p = { 0 };
	size_t count;
	char **names;

	memset(ret_hash, '0', RECORD_HASH);
	ret_hash[RECORD_HASH] = '\0';
	if (!file_list(a, folder, arena_print(a, ".%s.jsonl", node), &names,
	               &count, why))
		return false;
	while (count > 0 && strncmp(names[count - 1], day, DAY_LENGTH) >= 0)
		count--;
	if (count == 0)
		return true;
	if (!past_read(arena_print(a, "%s/%s", folder, names[count - 1]), &p,
	               why))
		return false;
	if (p.lines > 0)
		memcpy(ret_hash, p.hash, sizeof(p.hash));
	return true;
}
