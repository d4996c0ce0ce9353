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
#include "lib/strbuf.h"
#include "region/ipc/ipc_acl.h"
#include "region/ipc/ipc_client.h"

enum { REQUEST_TIMEOUT_MS = 500 };

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

/* The umask removes permissions that processes of other users need. */
bool supervisor_create_dir(const char *path, mode_t mode, struct error *err)
{
	bool created = mkdir(path, mode) == 0;

	if (!created && errno != EEXIST)
		return supervisor_errno_error("create", path, err);
	if ((created || geteuid() == 0) && chmod(path, mode) != 0)
		return supervisor_errno_error("set the mode of", path, err);
	return true;
}

/* Only entries that this user still owns are changed: a directory that was
 * handed over belongs to its user, and changing it would need more privileges.
 */
bool supervisor_create_dir_for(const char *path, const char *user,
                               struct error *err)
{
	const struct passwd *owner =
	    user && geteuid() == 0 ? getpwnam(user) : NULL;
	struct stat st;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return supervisor_errno_error("create", path, err);
	if (lstat(path, &st) != 0)
		return supervisor_errno_error("stat", path, err);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ERROR_INVALID, "%s is not a directory",
		                 path);
	if (!owner || st.st_uid == owner->pw_uid)
		return true;
	if (chmod(path, 0700) != 0 ||
	    chown(path, owner->pw_uid, owner->pw_gid) != 0)
		return supervisor_errno_error("change the owner of", path, err);
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
	if (geteuid() != 0)
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
