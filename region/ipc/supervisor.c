/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervisor.c: shared by the two supervisors (portvakt-idp, portvakt-sync). */
#include "region/ipc/supervisor.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process/accept.h"
#include "lib/process/identity.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_acl.h"
#include "region/ipc/ipc_client.h"

enum { REQUEST_TIMEOUT_MS = 500 };

const char supervisor_own_user[] = "portvakt";
static const char installed_dir[] = "/usr/libexec/portvakt";

const char *supervisor_program_dir(struct arena *a, const char *sibling)
{
	char self[PATH_MAX] = { 0 };

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return installed_dir;
	const char *dir = arena_strdup(a, dirname(self));

	if (access(arena_printf(a, "%s/%s", dir, sibling), X_OK) == 0)
		return dir;
	return installed_dir;
}

const char *supervisor_user(struct arena *a, const char *what)
{
	const char *user = arena_printf(a, "portvakt-%s", what);

	return getpwnam(user) ? user : NULL;
}

static bool supervisor_errno_error(const char *what, const char *path,
                                   struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE, "cannot %s %s: %s", what, path,
	                 strerror(errno));
}

bool supervisor_create_dir(const char *path, mode_t mode, struct error *err)
{
	struct stat st;
	bool created = mkdir(path, mode) == 0;

	if (!created && errno != EEXIST)
		return supervisor_errno_error("create", path, err);
	/* The umask removes permissions that other users need. */
	if (created && chmod(path, mode) != 0)
		return supervisor_errno_error("set the mode of", path, err);
	if (!identity_can_change())
		return true;
	if (stat(path, &st) != 0)
		return supervisor_errno_error("stat", path, err);
	return st.st_uid == geteuid() ||
	       error_set(err, ERROR_INVALID,
	                 "%s belongs to another user; run: chown %s: %s", path,
	                 supervisor_own_user, path);
}

/* Without CAP_CHOWN a supervisor cannot give a directory to another user. */
static bool state_directory_check(const char *path,
                                  const struct supervisor_directory *d,
                                  struct error *err)
{
	const struct passwd *owner = getpwnam(d->user);
	struct stat st;

	if (!owner)
		return error_set(err, ERROR_INVALID, "user %s does not exist",
		                 d->user);
	if (lstat(path, &st) != 0)
		return error_set(err, ERROR_INVALID,
		                 "%s: %s; run: install -d -m %o -o %s -g %s %s",
		                 path, strerror(errno), d->mode, d->user,
		                 d->user, path);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ERROR_INVALID, "%s is not a directory",
		                 path);
	return st.st_uid == owner->pw_uid ||
	       error_set(err, ERROR_INVALID,
	                 "%s belongs to another user; run: chown -R %s: %s",
	                 path, d->user, path);
}

static bool state_directory_create(const char *path,
                                   const struct supervisor_directory *d,
                                   struct error *err)
{
	return mkdir(path, d->mode) == 0 || errno == EEXIST ||
	       supervisor_errno_error("create", path, err);
}

bool supervisor_open_state(struct arena *a, const struct config *cfg,
                           const struct supervisor_directory *list,
                           struct error *err)
{
	const bool own_users = identity_can_change();

	if (!own_users &&
	    !supervisor_create_dir(cfg->state_directory, 0755, err))
		return false;
	for (; list->name; list++) {
		const char *path =
		    arena_printf(a, "%s/%s", cfg->state_directory, list->name);

		if (!(own_users ? state_directory_check(path, list, err)
		                : state_directory_create(path, list, err)))
			return false;
	}
	return true;
}

void supervisor_log_event(void *thing, const char *role, const char *what,
                          const char *detail)
{
	static const struct {
		const char *what;
		enum log_event_id event;
	} events[] = {
		{ "started", LOG_PROCESS_STARTED },
		{ "ended", LOG_PROCESS_EXITED },
		{ "died", LOG_PROCESS_DIED },
		{ "killed", LOG_PROCESS_KILLED },
		{ "could not start", LOG_PROCESS_SPAWN_FAILED },
	};

	(void)thing;
	for (size_t i = 0; i < LENGTH(events); i++)
		if (text_equal(events[i].what, what))
			log_event(events[i].event, "role", role, "detail",
			          detail ? detail : "", NULL);
}

/* ---- control socket */

void control_reply_line(const struct control_request *c, const char *line)
{
	ipc_reply_line(&c->request, "%s", line);
}

static void control_reply_process(const struct control_request *c,
                                  const char *name, pid_t pid, int64_t since)
{
	control_reply_line(c,
	                   arena_printf(c->arena, "%s %d %s", name, (int)pid,
	                                pid ? clock_format_iso(c->arena, since)
	                                    : "not-running"));
}

void control_reply_status(const struct control_request *c, const char *name,
                          int64_t since, struct supervise *s)
{
	const struct supervise_process_status *rows = NULL;
	size_t count = supervise_status(s, &rows);

	control_reply_process(c, name, getpid(), since);
	for (size_t i = 0; i < count; i++)
		control_reply_process(c, rows[i].name, rows[i].pid,
		                      rows[i].started_at);
	if (!identity_can_change())
		control_reply_line(
		    c, arena_printf(c->arena,
		                    "warning: all processes of %s run as one "
		                    "user and can read each other's files; "
		                    "start it by its unit",
		                    name));
}

static bool control_read_args(struct control_request *c, json_t *body,
                              struct error *err)
{
	struct ipc_envelope envelope;
	struct command_request command;

	if (!ipc_envelope_take(c->arena, body, &envelope, err) ||
	    !command_request_read(c->arena, body, &command, err))
		return false;
	log_request_set(envelope.request_id);
	c->args = arena_array(c->arena, char *, command.args_count + 1);
	for (size_t i = 0; i < command.args_count; i++)
		c->args[i] = arena_strdup(c->arena, command.args[i]);
	return command.args_count > 0 ||
	       error_set(err, ERROR_INVALID, "command is missing");
}

static bool control_run_command(struct control_request *c,
                                const struct control_command *commands,
                                json_t *body, struct error *err)
{
	struct strbuf names = strbuf_init(c->arena);

	if (!control_read_args(c, body, err))
		return false;
	for (; commands->name; commands++) {
		if (text_equal(commands->name, c->args[0]))
			return commands->run(c, err);
		strbuf_appendf(&names, "%s%s", names.length ? ", " : "",
		               commands->name);
	}
	return error_set(err, ERROR_INVALID,
	                 "unknown command; the supervisor supports %s",
	                 names.data);
}

static void control_serve_request(struct control_request *c,
                                  const struct control_command *commands,
                                  json_t *body)
{
	struct error err = { 0 };
	bool done = control_run_command(c, commands, body, &err);

	(void)!ipc_reply_end(&c->request, done, &err);
	log_request_clear();
}

static bool control_peer_is_operator(int fd)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       ipc_acl_is_operator(peer.uid);
}

void control_socket_serve(void *supervisor, int listen_fd,
                          const struct control_command *commands)
{
	static struct accept_state accepting; /* a supervisor has one thread */
	struct control_request c = { .supervisor = supervisor };
	struct ipc_request *q = &c.request;
	uint8_t type = 0;
	json_t *body = NULL;

	q->fd = accept_client(listen_fd, &accepting);
	if (q->fd < 0)
		return;
	q->arena = c.arena = arena_open();
	if (control_peer_is_operator(q->fd) &&
	    ipc_frame_receive(c.arena, q->fd, REQUEST_TIMEOUT_MS, &type, &q->id,
	                      &body, NULL) &&
	    type == IPC_COMMAND)
		control_serve_request(&c, commands, body);
	arena_close(c.arena);
	(void)close(q->fd);
}
