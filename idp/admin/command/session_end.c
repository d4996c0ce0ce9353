/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_end.c: ends a session, and reads from its record what portvakt-web
 * has done. */
#include "idp/admin/command/session_end.h"

#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/strbuf.h"

enum { WAIT_MS = 8000, POLL_MS = 100 };

/* As the script that queues the notifications: a service without an identifier
 * of the person has received nothing. */
static bool is_notified(const struct store_fields *parts, size_t i)
{
	return strchr(parts->names[i], ' ') &&
	       strstr(parts->values[i], "\"name\"");
}

bool cmd_end_session(const struct admin_command *cmd, const char *hex,
                     const char *cause, struct ended_services *ended,
                     struct error *err)
{
	struct store_end_result result;
	json_t *value = NULL;

	if (!store_get_hashed(admin_backends.store, cmd->cfg, cmd->arena,
	                      "session", hex, &value, err))
		return false;
	const char *sid = js_string(value, "sid");
	const char *person = js_string(js_object(value, "person"), "id");

	if (!sid || !person)
		return true;
	const struct store_session session =
	    store_session_of(cmd->arena, hex, sid, person);

	if (!store_end_session(admin_backends.store, cmd->cfg, cmd->arena,
	                       &session, cause, 0, &result, err))
		return false;
	ended->sessions++;
	for (size_t i = 0; i < result.parts.count; i++)
		if (is_notified(&result.parts, i))
			*vector_append(cmd->arena, &ended->services) =
			    (struct ended_service){ hex,
				                    result.parts.names[i] };
	return true;
}

/* ---- the result --------------------------------------------------------- */

/* Returns in *ret_status the status of the notification, NULL: none yet. */
static bool ended_service_status(const struct admin_command *cmd,
                                 const struct ended_service *one,
                                 const char **ret_status, struct error *err)
{
	const char *field =
	    store_past_status_field(cmd->arena, one->participant);
	struct store_fields past;

	*ret_status = NULL;
	if (!store_past_read(admin_backends.store, cmd->cfg, cmd->arena,
	                     one->hex, &past, err))
		return false;
	for (size_t i = 0; i < past.count; i++)
		if (text_equal(past.names[i], field))
			*ret_status = past.values[i];
	return true;
}

/* Returns in *ret_status the status once there is one, NULL at end_ms. */
static bool ended_service_wait(const struct admin_command *cmd,
                               const struct ended_service *one, int64_t end_ms,
                               const char **ret_status, struct error *err)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };

	while (ended_service_status(cmd, one, ret_status, err)) {
		if (*ret_status || clock_monotonic_ms() >= end_ms)
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

static bool ended_services_wait(const struct admin_command *cmd,
                                const struct ended_services *ended,
                                const char **statuses, struct error *err)
{
	const int64_t end_ms = clock_monotonic_ms() + WAIT_MS;

	for (size_t i = 0; i < ended->services.count; i++)
		if (!ended_service_wait(cmd, &ended->services.at[i], end_ms,
		                        &statuses[i], err))
			return false;
	return true;
}

static const char *ended_status_text(const char *status)
{
	if (!status)
		return "not notified yet; portvakt-web continues";
	if (text_equal(status, "done"))
		return "logged out";
	if (text_equal(status, "failed"))
		return "did not respond; it is notified again";
	return "cannot be notified; open until that browser is closed";
}

bool cmd_print_ended_services(const struct admin_command *cmd,
                              const struct ended_services *ended,
                              struct error *err)
{
	const char **statuses =
	    arena_array(cmd->arena, const char *, ended->services.count + 1);

	if (!ended_services_wait(cmd, ended, statuses, err))
		return false;
	for (size_t i = 0; i < ended->services.count; i++)
		ipc_reply_line(cmd->request, "service  %s  %s",
		               ended->services.at[i].participant,
		               ended_status_text(statuses[i]));
	return true;
}
