/* SPDX-License-Identifier: AGPL-3.0-or-later
 * report.c: the daily report on synchronisation for people: first required
 * actions, then healthy directories, then the changes of the last day. */
#include <stdio.h>
#include <string.h>

#include "ctl/health.h"
#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/config/config.h"

enum { NB, NN, EN, LANGUAGES, FULL_SYNC_OVERDUE_S = 30 * 60 * 60 };

static const char *const languages[LANGUAGES] = { "nb", "nn", "en" };

enum report_message {
	TITLE,
	ACTION_REQUIRED,
	NO_ACTION_REQUIRED,
	HEALTHY_DIRECTORIES,
	LAST_DAY,
	NO_CHANGES,
	ADDED,
	REACTIVATED,
	CHANGED,
	SUSPENDED,
	REMOVED,
	DIRECTORY_UNAVAILABLE,
	FULL_SYNC_OVERDUE,
	NEVER_SYNCED,
	QUARANTINED,
	DRIFT,
	REPORT_MESSAGE_COUNT
};

/* clang-format off */
static const char *const report_messages[REPORT_MESSAGE_COUNT][LANGUAGES] = {
	[TITLE] = { "Synkronisering i {}, {}", "Synkronisering i {}, {}", "Synchronisation in {}, {}" },
	[ACTION_REQUIRED] = { "Dette må noen gjøre noe med:", "Dette må nokon gjere noko med:", "Action required:" },
	[NO_ACTION_REQUIRED] = { "Ingen trenger å gjøre noe.", "Ingen treng å gjere noko.", "No action required." },
	[HEALTHY_DIRECTORIES] = { "Alt er i orden hos:", "Alt er i orden hos:", "No problems:" },
	[LAST_DAY] = { "Det siste døgnet:", "Det siste døgnet:", "Last 24 hours:" },
	[NO_CHANGES] = { "Ingenting er endret det siste døgnet.", "Ingenting er endra det siste døgnet.", "No changes in the last 24 hours." },
	[ADDED] = { "{} nye", "{} nye", "{} new" },
	[REACTIVATED] = { "{} tilbake", "{} attende", "{} reactivated" },
	[CHANGED] = { "{} endret", "{} endra", "{} changed" },
	[SUSPENDED] = { "{} sperret", "{} sperra", "{} suspended" },
	[REMOVED] = { "{} fjernet", "{} fjerna", "{} removed" },
	[DIRECTORY_UNAVAILABLE] = { "Katalogen kan ikke leses ({}). De som står i den, kan ikke logge inn med passordet sitt, og endringer kommer ikke fram. Se: portvaktctl sync check-source {}",
	                   "Katalogen kan ikkje lesast ({}). Dei som står i han, kan ikkje logge inn med passordet sitt, og endringar kjem ikkje fram. Sjå: portvaktctl sync check-source {}",
	                   "The directory cannot be read ({}). Its users cannot log in with their password, and changes are not synchronised. See: portvaktctl sync check-source {}" },
	[FULL_SYNC_OVERDUE] = { "Den ble sist lest i sin helhet for {} timer siden. Se: portvaktctl sync check-source {}",
	                 "Han vart sist lesen i heilskap for {} timar sidan. Sjå: portvaktctl sync check-source {}",
	                 "The last full synchronisation was {} hours ago. See: portvaktctl sync check-source {}" },
	[NEVER_SYNCED] = { "Den er ennå ikke lest i sin helhet. Se: portvaktctl sync check-source {}",
	                  "Han er enno ikkje lesen i heilskap. Sjå: portvaktctl sync check-source {}",
	                  "There has been no full synchronisation yet. See: portvaktctl sync check-source {}" },
	[QUARANTINED] = { "{} oppføringer kan ikke knyttes til en person. Se: portvaktctl quarantine list",
	               "{} oppføringar kan ikkje knytast til ein person. Sjå: portvaktctl quarantine list",
	               "{} entries could not be matched to a person. See: portvaktctl quarantine list" },
	[DRIFT] = { "I felleskatalogen var {} oppføringer endret av andre; de er satt tilbake.",
	            "I felleskatalogen var {} oppføringar endra av andre; dei er sette attende.",
	            "{} entries in the catalogue had been changed by another program; they were restored." },
};

/* Reasons of held changes, and the command that approves them. */
static const struct {
	const char *reason;
	const char *text[LANGUAGES];
	const char *command;
} held_reasons[] = {
	{ "deactivations", { "{} ville sluttet på én gang og holdes tilbake. Skal de slutte",
	             "{} ville slutta på éin gong og blir haldne att. Skal dei slutte",
	             "{} would be deactivated at once and are held. Approve" }, "sync approve deactivations" },
	{ "budget", { "{} ville sluttet etter mange andre den siste uka og holdes tilbake. Skal de slutte",
	              "{} ville slutta etter mange andre den siste veka og blir haldne att. Skal dei slutte",
	              "{} would be deactivated after many others this week and are held. Approve" }, "sync approve deactivations" },
	{ "canary", { "Kanarioppføringen er borte, og {} holdes tilbake. Skal de slutte",
	              "Kanarioppføringa er borte, og {} blir haldne att. Skal dei slutte",
	              "The canary entry is missing, and {} deactivations are held. Approve" }, "sync approve deactivations" },
	{ "source", { "Det svarer en annen katalog enn før, og {} endringer venter. Er den riktig",
	              "Det svarar ein annan katalog enn før, og {} endringar ventar. Er han rett",
	              "The directory is not the one read before, and {} changes are held. Is it the right one" }, "sync approve source" },
	{ "values", { "{} ville mistet opplysninger på én gang. Er det meningen",
	              "{} ville mist opplysningar på éin gong. Er det meininga",
	              "{} would lose values at once and are held. Approve" }, "sync approve values" },
	{ "roles", { "{} ville fått en rolle på én gang. Er det meningen",
	             "{} ville fått ei rolle på éin gong. Er det meininga",
	             "{} would gain a role at once and are held. Approve" }, "sync approve roles" },
	{ "creations", { "{} nye kom på én gang og venter. Er de velkomne",
	                 "{} nye kom på éin gong og ventar. Er dei velkomne",
	                 "{} new people would be created at once and are held. Approve" }, "sync approve creations" },
	{ "configuration", { "{} ville endret seg etter ny konfigurasjon. Er det meningen",
	                     "{} ville endra seg etter ny konfigurasjon. Er det meininga",
	                     "{} would change with the new configuration and are held. Approve" }, "sync approve configuration" },
};
/* clang-format on */

struct report {
	const struct command *command;
	const struct config *cfg;
	const json_t *health, *changes;
	int language;
	size_t action_count;
};

static const char *report_text(const struct report *r, enum report_message s)
{
	return report_messages[s][r->language];
}

/* Prints one action; the heading before the first. */
static void report_print_action(struct report *r, const char *directory,
                                const char *text)
{
	if (r->action_count++ == 0)
		printf("%s\n", report_text(r, ACTION_REQUIRED));
	printf("  %s: %s\n", directory, text);
}

/* Returns the format with each {} replaced by a value. */
static char *report_fill(const struct report *r, const char *format,
                         const char *one, const char *two)
{
	struct strbuf t = strbuf_init(r->command->arena);
	const char *next = one;

	for (const char *at; (at = strstr(format, "{}")) != NULL;
	     format = at + 2) {
		strbuf_appendf(&t, "%.*s%s", (int)(at - format), format, next);
		next = two;
	}
	strbuf_appendf(&t, "%s", format);
	return t.data;
}

static char *report_fill_number(const struct report *r, const char *format,
                                int64_t n)
{
	return report_fill(
	    r, format, arena_printf(r->command->arena, "%lld", (long long)n),
	    "");
}

static bool report_print_held(struct report *r, const char *name,
                              const json_t *line)
{
	const json_t *by_reason = js_object(line, "held");
	bool any = false;

	for (size_t i = 0; i < LENGTH(held_reasons); i++) {
		int64_t count = js_number(by_reason, held_reasons[i].reason, 0);

		if (count == 0)
			continue;
		any = true;
		report_print_action(
		    r, name,
		    arena_printf(
			r->command->arena,
			"%s? portvaktctl %s %s --by ... --reason ...",
			report_fill_number(r, held_reasons[i].text[r->language],
		                           count),
			held_reasons[i].command, name));
	}
	return any;
}

/* Returns whether the directory has a problem. */
static bool report_print_problems(struct report *r, const char *name,
                                  const json_t *line)
{
	const char *error = js_string(line, "error");
	int64_t age = js_number(line, "full_sync_age", 0);
	int64_t doubtful = js_number(line, "quarantined", 0);
	bool never = !json_object_get(line, "full_sync_age");
	bool any = report_print_held(r, name, line) || never;

	if (error)
		report_print_action(
		    r, name,
		    report_fill(r, report_text(r, DIRECTORY_UNAVAILABLE), error,
		                name));
	if (never)
		report_print_action(
		    r, name,
		    report_fill(r, report_text(r, NEVER_SYNCED), name, ""));
	if (age > FULL_SYNC_OVERDUE_S)
		report_print_action(
		    r, name,
		    report_fill(r, report_text(r, FULL_SYNC_OVERDUE),
		                arena_printf(r->command->arena, "%lld",
		                             (long long)(age / 3600)),
		                name));
	if (doubtful > 0)
		report_print_action(
		    r, name,
		    report_fill_number(r, report_text(r, QUARANTINED),
		                       doubtful));
	return any || error || age > FULL_SYNC_OVERDUE_S || doubtful > 0;
}

static void report_print_drift(const struct report *r)
{
	for (size_t i = 0; i < json_array_size(r->health); i++) {
		const json_t *line = json_array_get(r->health, i);
		int64_t drift = js_number(line, "drift", 0);

		if (!js_string(line, "directory") && drift > 0)
			printf("\n%s\n", report_fill_number(
					     r, report_text(r, DRIFT), drift));
	}
}

static void report_print_directories(struct report *r)
{
	struct strbuf well = strbuf_init(r->command->arena);

	for (size_t i = 0; i < json_array_size(r->health); i++) {
		const json_t *line = json_array_get(r->health, i);
		const char *name = js_string(line, "directory");

		if (name && !report_print_problems(r, name, line))
			strbuf_appendf(&well, " %s", name);
	}
	if (r->action_count == 0)
		printf("%s\n", report_text(r, NO_ACTION_REQUIRED));
	if (well.length > 0)
		printf("\n%s%s\n", report_text(r, HEALTHY_DIRECTORIES),
		       well.data);
	report_print_drift(r);
}

/* ---- the last day */

static void report_print_changes(struct report *r, const json_t *of)
{
	static const struct {
		const char *member;
		enum report_message message;
	} parts[] = {
		{ "came", ADDED },      { "came-back", REACTIVATED },
		{ "changed", CHANGED }, { "suspended", SUSPENDED },
		{ "removed", REMOVED },
	};
	const char *comma = "";

	printf("  %s: ", js_string(of, "directory"));
	for (size_t i = 0; i < LENGTH(parts); i++) {
		int64_t count = js_number(of, parts[i].member, 0);

		if (count == 0)
			continue;
		printf("%s%s", comma,
		       report_fill_number(r, report_text(r, parts[i].message),
		                          count));
		comma = ", ";
	}
	printf("\n");
}

static void report_print_last_day(struct report *r)
{
	size_t count = json_array_size(r->changes);

	printf("\n%s\n", report_text(r, count > 0 ? LAST_DAY : NO_CHANGES));
	for (size_t i = 0; i < count; i++)
		report_print_changes(r, json_array_get(r->changes, i));
}

/* ---- the whole report */

static void report_print(struct report *r)
{
	struct tm now = clock_oslo(clock_now());
	char *when = arena_printf(r->command->arena, "%04d-%02d-%02d %02d:%02d",
	                          now.tm_year + 1900, now.tm_mon + 1,
	                          now.tm_mday, now.tm_hour, now.tm_min);

	printf("%s\n\n",
	       report_fill(r, report_text(r, TITLE), r->cfg->display, when));
	report_print_directories(r);
	report_print_last_day(r);
}

static int report_language(const struct command *c, const struct config *cfg)
{
	const char *language = cfg->languages[0];

	if (c->argc == 4 && text_equal(c->argv[2], "--language"))
		language = c->argv[3];
	for (int i = 0; i < LANGUAGES; i++)
		if (text_equal(language, languages[i]))
			return i;
	return NB;
}

int command_report(const struct command *c)
{
	struct config *cfg = ctl_load_config(c);
	struct report r = { .command = c, .cfg = cfg };
	json_t *health = NULL;
	json_t *changes = NULL;

	bool good = cfg && ctl_health_request(c, "health", &health) &&
	            ctl_health_request(c, "changes", &changes);
	if (good) {
		r.health = health;
		r.changes = changes;
		r.language = report_language(c, cfg);
		report_print(&r);
	}
	config_unref(cfg);
	return good ? 0 : 1;
}
