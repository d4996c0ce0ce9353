/* SPDX-License-Identifier: AGPL-3.0-or-later
 * report_emergencies.c: logins of the last day that only a "may always" rule
 * allowed, listed to each municipality, which asks for the reason. */
#include "ctl/report_emergencies.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/clock.h"
#include "region/ipc/ipc_client.h"

enum { ANSWER_MS = 60 * 1000, ONE_DAY = 24 * 60 * 60 };

enum emergency_message { HEADING, ENTERED, MORE, UNREADABLE, MESSAGES };

/* clang-format off */
static const char *const emergency_messages[MESSAGES][3] = {
	[HEADING] = { "Nødtilgang brukt det siste døgnet. Spør om grunnen:", "Naudtilgang brukt det siste døgnet. Spør om grunnen:", "Emergency access used in the last 24 hours. Ask for the reason:" },
	[ENTERED] = { "logget inn i", "logga inn i", "logged in to" },
	[MORE] = { "Flere som ikke er listet opp:", "Fleire som ikkje er lista opp:", "More that are not listed:" },
	[UNREADABLE] = { "Bruk av nødtilgang kan ikke leses. Se portvaktctl status:", "Bruk av naudtilgang kan ikkje lesast. Sjå portvaktctl status:", "The use of emergency access cannot be read. See portvaktctl status:" },
};
/* clang-format on */

static void emergency_print(const struct emergency_login *e, int language)
{
	const struct tm at = clock_oslo(e->at);

	printf("  %s: %s %s %s, %04d-%02d-%02d %02d:%02d. portvaktctl audit "
	       "show %s\n",
	       e->municipality, e->login, emergency_messages[ENTERED][language],
	       e->service, at.tm_year + 1900, at.tm_mon + 1, at.tm_mday,
	       at.tm_hour, at.tm_min, e->receipt);
}

size_t report_print_emergencies(const struct command *c, int language)
{
	const struct emergency_list_request request = { .since = clock_now() -
		                                                 ONE_DAY };
	const char *path =
	    arena_printf(c->arena, "%s/admin.sock", ctl_runtime_directory(c));
	struct emergency_list_reply reply;
	struct error err = { 0 };

	/* A machine may have portvakt-sync alone. */
	if (access(path, F_OK) != 0)
		return 0;
	struct ipc_client *admin = ipc_client_open(path, 1, ANSWER_MS);
	bool done =
	    emergency_list_call(admin, c->arena, NULL, &request, &reply, &err);

	ipc_client_close(admin);
	if (!done) {
		printf("%s %s\n\n", emergency_messages[UNREADABLE][language],
		       err.text);
		return 1;
	}
	if (reply.logins_count == 0)
		return 0;
	printf("%s\n", emergency_messages[HEADING][language]);
	for (size_t i = 0; i < reply.logins_count; i++)
		emergency_print(&reply.logins[i], language);
	if ((size_t)reply.count > reply.logins_count)
		printf("  %s %lld\n", emergency_messages[MORE][language],
		       reply.count - (long long)reply.logins_count);
	printf("\n");
	return reply.logins_count;
}
