/* SPDX-License-Identifier: AGPL-3.0-or-later
 * list_rest.c: a list that is not whole states how much is left out. */
#include "sync/engine/report/reports.h"

void list_report_rest(const struct ipc_request *q, const char *what,
                      size_t listed, size_t count, const char *where)
{
	if (count > listed)
		ipc_reply_line(q, "%s: %zu of %zu are listed; %s", what, listed,
		               count, where);
}
