/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervisor.c: shared by the two supervisors (portvakt-idp, portvakt-sync). */
#include "region/master.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/ask.h"
#include "region/asker.h"

enum { WAIT_MS = 500 };

static const char installed[] = "/usr/libexec/portvakt";

const char *master_programs(struct arena *a, const char *beside)
{
	char self[PATH_MAX] = { 0 };

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return installed;
	const char *folder = arena_copy(a, dirname(self));

	if (access(arena_print(a, "%s/%s", folder, beside), X_OK) == 0)
		return folder;
	return installed;
}

const char *master_user(struct arena *a, const char *what)
{
	const char *user = arena_print(a, "portvakt-%s", what);

	return getpwnam(user) ? user : NULL;
}

static bool cannot(const char *what, const char *path, struct fault *why)
{
	return fault(why, FAULT_UNAVAILABLE, "cannot %s %s: %s", what, path,
	             strerror(errno));
}

/* The umask removes permissions that processes of other users need. */
bool master_folder(const char *path, mode_t mode, struct fault *why)
{
	bool made = mkdir(path, mode) == 0;

	if (!made && errno != EEXIST)
		return cannot("make", path, why);
	if ((made || geteuid() == 0) && chmod(path, mode) != 0)
		return cannot("set the rights of", path, why);
	return true;
}

/* Only entries that this user still owns are changed: a directory that was
 * handed over belongs to its user, and changing it would need more privileges.
 */
bool master_folder_for(const char *path, const char *user, struct fault *why)
{
	const struct passwd *owner =
	    user && geteuid() == 0 ? getpwnam(user) : NULL;
	struct stat st;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return cannot("make", path, why);
	if (lstat(path, &st) != 0)
		return cannot("look at", path, why);
	if (!S_ISDIR(st.st_mode))
		return fault(why, FAULT_INVALID, "%s is no folder", path);
	if (!owner || st.st_uid == owner->pw_uid)
		return true;
	if (chmod(path, 0700) != 0 ||
	    chown(path, owner->pw_uid, owner->pw_gid) != 0)
		return cannot("give away", path, why);
	return true;
}

void master_said(void *thing, const char *role, const char *what,
                 const char *detail)
{
	(void)thing;
	log_info(what, "role", role, "detail", detail ? detail : "", NULL);
}

/* ---- control socket */

void master_line(const struct master_call *c, const char *line)
{
	own(release_json) json_t *body = json_object();

	js_put(body, "text", line);
	(void)!frame_send(c->fd, ASK_LINE, c->id, body, NULL);
}

static void say_process(const struct master_call *c, const char *name,
                        pid_t pid, int64_t since)
{
	master_line(c, arena_print(c->arena, "%s %d %s", name, (int)pid,
	                           clock_iso(c->arena, since)));
}

void master_status(const struct master_call *c, const char *name, int64_t since,
                   struct supervise *s)
{
	const struct supervise_row *rows = NULL;
	size_t count = supervise_status(s, &rows);

	say_process(c, name, getpid(), since);
	for (size_t i = 0; i < count; i++)
		say_process(c, rows[i].name, rows[i].pid, rows[i].since);
}

static bool read_words(struct master_call *c, const json_t *body)
{
	const json_t *list = js_array(body, "words");
	size_t count = json_array_size(list);

	c->words = arena_array(c->arena, char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		const char *word = json_string_value(json_array_get(list, i));

		if (!word)
			return false;
		c->words[i] = arena_copy(c->arena, word);
	}
	return count > 0;
}

static bool do_words(struct master_call *c, const struct master_word *words,
                     const json_t *body, struct fault *why)
{
	struct text known = text_in(c->arena);

	if (!read_words(c, body))
		return fault(why, FAULT_INVALID, "no words");
	for (; words->word; words++) {
		if (text_equal(words->word, c->words[0]))
			return words->act(c, why);
		text_addf(&known, "%s%s", known.length ? ", " : "",
		          words->word);
	}
	return fault(why, FAULT_INVALID, "the master knows %s", known.at);
}

static void answer(struct master_call *c, const struct master_word *words,
                   const json_t *body)
{
	struct fault why = { 0 };
	bool done = do_words(c, words, body, &why);
	own(release_json) json_t *end = json_pack("{s:i}", "status", !done);

	if (!done)
		master_line(c, why.text);
	(void)!frame_send(c->fd, ASK_END, c->id, end, NULL);
}

static bool may_ask(int fd)
{
	struct ucred who = { 0 };
	socklen_t size = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
	       asker_is_operator(who.uid);
}

void master_hear(void *master, int listening, const struct master_word *words)
{
	struct master_call c = { .master = master };
	uint8_t kind = 0;
	json_t *body = NULL;

	c.fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	if (c.fd < 0)
		return;
	c.arena = arena_open();
	if (may_ask(c.fd) &&
	    frame_receive(c.arena, c.fd, WAIT_MS, &kind, &c.id, &body, NULL) &&
	    kind == ASK_DO)
		answer(&c, words, body);
	arena_close(c.arena);
	(void)close(c.fd);
}
