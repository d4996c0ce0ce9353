/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_check_result.c: sends the results of the source check. */
#include "sync/connector/source_check_private.h"

void source_check_ok(struct source_check *check, const char *result)
{
	ipc_reply_line(check->request, "ok      %s", result);
}

void source_check_fail(struct source_check *check, const char *problem,
                       const char *remedy)
{
	check->failures++;
	ipc_reply_line(check->request, "FAIL    %s", problem);
	ipc_reply_line(check->request, "        %s", remedy);
}

void source_check_warn(struct source_check *check, const char *problem,
                       const char *remedy)
{
	ipc_reply_line(check->request, "warn    %s", problem);
	ipc_reply_line(check->request, "        %s", remedy);
}
