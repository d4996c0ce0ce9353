/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervise.c: the supervisor's process table and the operations on it. */
#include "lib/supervise_parts.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/text.h"

void supervise_say(struct supervise *s, const struct role *r, const char *what,
                   const char *detail)
{
	if (s->ear.said)
		s->ear.said(s->ear.thing, r->is.name, what, detail);
}

static void close_socket(int *fd, const struct listen_at *at)
{
	if (*fd >= 0)
		listen_close(at, *fd);
	*fd = -1;
}

static void close_role(struct role *r)
{
	close_socket(&r->listener, &r->is.socket);
	close_socket(&r->second, &r->is.second);
}

static const char *const *copy_argv(struct arena *a, const char *const *argv)
{
	LIST(const char *) copy = { 0 };

	if (!argv)
		return NULL;
	for (; *argv; argv++)
		*list_add(a, &copy) = arena_copy(a, *argv);
	*list_add(a, &copy) = NULL;
	return copy.at;
}

static struct listen_at copy_socket(struct arena *a, struct listen_at at)
{
	at.path = arena_copy(a, at.path);
	at.user = arena_copy(a, at.user);
	at.group = arena_copy(a, at.group);
	at.farewell = arena_copy(a, at.farewell);
	return at;
}

static struct role *copy_role(const struct supervise_role *given)
{
	struct arena *a = arena_open();
	struct role *r = arena_new(a, struct role);

	r->arena = a;
	r->listener = r->second = -1;
	r->is = *given;
	r->is.name = arena_copy(a, given->name);
	r->is.program = arena_copy(a, given->program);
	r->is.argv = copy_argv(a, given->argv);
	r->is.user = arena_copy(a, given->user);
	r->is.socket = copy_socket(a, given->socket);
	r->is.second = copy_socket(a, given->second);
	return r;
}

static bool open_sockets(struct role *r, struct fault *why)
{
	if (!r->is.socket.path && r->is.start == SUPERVISE_FIRST_USE)
		return fault(why, FAULT_INVALID, "%s has no socket to wait at",
		             r->is.name);
	if (r->is.socket.path && !listen_open(&r->is.socket, &r->listener, why))
		return false;
	return !r->is.second.path ||
	       listen_open(&r->is.second, &r->second, why);
}

static struct role *open_role(const struct supervise_role *given,
                              struct fault *why)
{
	struct role *r = copy_role(given);

	if (open_sockets(r, why))
		return r;
	close_role(r);
	arena_close(r->arena);
	return NULL;
}

static struct role *find_role(const struct supervise *s, const char *name)
{
	for (size_t i = 0; i < s->roles.count; i++)
		if (!s->roles.at[i]->gone &&
		    text_equal(s->roles.at[i]->is.name, name))
			return s->roles.at[i];
	return NULL;
}

/* Opens the processes that are not in the table yet; all or none. */
static bool open_missing(struct supervise *s, struct arena *a,
                         const struct supervise_role *roles, size_t count,
                         role_list *into, struct fault *why)
{
	for (size_t i = 0; i < count; i++) {
		if (find_role(s, roles[i].name))
			continue;
		struct role *r = open_role(&roles[i], why);

		if (r) {
			*list_add(a, into) = r;
			continue;
		}
		for (size_t k = 0; k < into->count; k++) {
			close_role(into->at[k]);
			arena_close(into->at[k]->arena);
		}
		return false;
	}
	return true;
}

static bool is_among(const struct role *r, const struct supervise_role *roles,
                     size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(r->is.name, roles[i].name))
			return true;
	return false;
}

static void drop_others(struct supervise *s, const struct supervise_role *roles,
                        size_t count)
{
	for (size_t i = 0; i < s->roles.count; i++) {
		struct role *r = s->roles.at[i];

		if (is_among(r, roles, count))
			continue;
		r->gone = true;
		supervise_end_role(r);
		close_role(r);
	}
}

bool supervise_change(struct supervise *s, const struct supervise_role *roles,
                      size_t count, struct fault *why)
{
	struct arena *fresh_in = arena_open();
	role_list fresh = { 0 }, all = { 0 };

	if (!open_missing(s, fresh_in, roles, count, &fresh, why)) {
		arena_close(fresh_in);
		return false;
	}
	drop_others(s, roles, count);
	for (size_t i = 0; i < s->roles.count; i++)
		*list_add(fresh_in, &all) = s->roles.at[i];
	for (size_t i = 0; i < fresh.count; i++)
		*list_add(fresh_in, &all) = fresh.at[i];
	arena_close(s->roles_in);
	s->roles_in = fresh_in;
	s->roles = all;
	return true;
}

static int open_signals(void)
{
	sigset_t set;

	/* An inherited SIG_IGN would prevent waiting for children. */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool supervise_open(const struct supervise_role *roles, size_t count,
                    const struct supervise_ear *ear,
                    struct supervise **ret_supervise, struct fault *why)
{
	struct arena *a = arena_open();
	struct supervise *s = arena_new(a, struct supervise);

	s->arena = a;
	s->ear = ear ? *ear : (struct supervise_ear){ .fd = -1 };
	s->signals = open_signals();
	if (s->signals < 0)
		(void)fault(why, FAULT_UNAVAILABLE, "cannot hear signals: %s",
		            strerror(errno));
	if (s->signals < 0 || !supervise_change(s, roles, count, why)) {
		supervise_close(s);
		return false;
	}
	*ret_supervise = s;
	return true;
}

void supervise_close(struct supervise *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->roles.count; i++) {
		close_role(s->roles.at[i]);
		arena_close(s->roles.at[i]->arena);
	}
	if (s->signals >= 0)
		(void)close(s->signals);
	arena_close(s->rows_in);
	arena_close(s->roles_in);
	arena_close(s->arena);
}

/* ---- operations for the supervisor program */

bool supervise_restart(struct supervise *s, const char *name, struct fault *why)
{
	struct role *r = find_role(s, name);

	if (!r)
		return fault(why, FAULT_INVALID, "there is no role %s", name);
	if (r->ending)
		return fault(why, FAULT_UNAVAILABLE, "%s is ending", name);
	if (r->now.pid == 0 && r->is.start == SUPERVISE_FIRST_USE)
		return true;
	struct child old = r->now;

	if (!supervise_start(s, r)) {
		r->now = old;
		return fault(why, FAULT_UNAVAILABLE, "%s cannot be started",
		             name);
	}
	struct child fresh = r->now;

	r->now = old;
	supervise_leave(r);
	r->now = fresh;
	r->short_lives = 0;
	return true;
}

void supervise_signal(struct supervise *s, int signal)
{
	for (size_t i = 0; i < s->roles.count; i++)
		supervise_send(&s->roles.at[i]->now, signal);
}

size_t supervise_status(struct supervise *s,
                        const struct supervise_row **ret_rows)
{
	LIST(struct supervise_row) rows = { 0 };

	arena_close(s->rows_in);
	s->rows_in = arena_open();
	for (size_t i = 0; i < s->roles.count; i++) {
		const struct role *r = s->roles.at[i];
		struct supervise_row row = { .name = r->is.name,
			                     .pid = r->now.pid,
			                     .since = r->now.since,
			                     .starts = r->starts };

		for (size_t k = 0; k < SUPERVISE_LEAVING; k++)
			row.leaving += r->leaving[k].pid > 0;
		*list_add(s->rows_in, &rows) = row;
	}
	*ret_rows = rows.at;
	return rows.count;
}
