/* SPDX-License-Identifier: AGPL-3.0-or-later
 * report.c: the daily report on synchronisation for people: first required
 * actions, then healthy directories, then the changes of the last day
 * and what was joined across municipalities. */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/kept.h"
#include "ctl/report.h"
#include "ctl/report_emergencies.h"
#include "ctl/report_links.h"
#include "ctl/report_state.h"
#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/config/config.h"

enum { NB, NN, EN, LANGUAGES };

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
	NAME_CONFLICTS,
	DOUBTS_ELSEWHERE,
	NOT_TAKEN,
	DATES_UNREADABLE,
	HELD_OTHERWISE,
	GROUPS_HELD,
	BACKLOG,
	MANY_SUSPENDED,
	CERTIFICATE_URGENT,
	CERTIFICATES_SOON,
	CERTIFICATE_SOON,
	UNCONFIGURED,
	NO_STATUS,
	DRY_RUN,
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
	[QUARANTINED] = { "{} oppføringer er det tvil om. Se: portvaktctl quarantine list",
	               "{} oppføringar er det tvil om. Sjå: portvaktctl quarantine list",
	               "{} entries are in doubt. See: portvaktctl quarantine list" },
	[NAME_CONFLICTS] = { "{} oppføringer har et brukernavn eller en e-postadresse som en annen har, eller hadde nylig. Se: portvaktctl quarantine list",
	               "{} oppføringar har eit brukarnamn eller ei e-postadresse som ein annan har, eller hadde nyleg. Sjå: portvaktctl quarantine list",
	               "{} entries have a login name or mail address that another has, or had recently. See: portvaktctl quarantine list" },
	[DOUBTS_ELSEWHERE] = { "{} oppføringer i andre kataloger har fødselsnummeret til noen her, og det er tvil om dem. Se: portvaktctl quarantine list",
	                 "{} oppføringar i andre katalogar har fødselsnummeret til nokon her, og det er tvil om dei. Sjå: portvaktctl quarantine list",
	                 "{} entries in other directories have the national number of people here, and are in doubt. See: portvaktctl quarantine list" },
	[NOT_TAKEN] = { "{} opplysninger kan ikke leses og er utelatt. Resten av oppføringene er tatt med. Se: portvaktctl sync not-taken {}",
	                "{} opplysningar kan ikkje lesast og er utelatne. Resten av oppføringane er tekne med. Sjå: portvaktctl sync not-taken {}",
	                "{} values cannot be read and were left out. The rest of the entries was taken. See: portvaktctl sync not-taken {}" },
	[DATES_UNREADABLE] = { "{} oppføringer har en dato som ikke kan leses, og personene er sperret. Se: portvaktctl quarantine list",
	                       "{} oppføringar har ein dato som ikkje kan lesast, og personane er sperra. Sjå: portvaktctl quarantine list",
	                       "{} entries have a date that cannot be read, and the people are suspended. See: portvaktctl quarantine list" },
	[HELD_OTHERWISE] = { "{} endringer holdes tilbake. Se: portvaktctl sync pending",
	                     "{} endringar blir haldne att. Sjå: portvaktctl sync pending",
	                     "{} changes are held. See: portvaktctl sync pending" },
	[GROUPS_HELD] = { "{} medlemmer ville blitt borte fra grupper og holdes tilbake. Skal de bort? portvaktctl sync approve deactivations {} --by ... --reason ...",
	                  "{} medlemer ville blitt borte frå grupper og blir haldne att. Skal dei bort? portvaktctl sync approve deactivations {} --by ... --reason ...",
	                  "{} members would be removed from groups and are held. Approve? portvaktctl sync approve deactivations {} --by ... --reason ..." },
	[BACKLOG] = { "{} endringer er ennå ikke skrevet til felleskatalogen. Se: portvaktctl sync status",
	              "{} endringar er enno ikkje skrivne til felleskatalogen. Sjå: portvaktctl sync status",
	              "{} changes are not written to the catalogue yet. See: portvaktctl sync status" },
	[MANY_SUSPENDED] = { "{} er sperret det siste døgnet; {} er igjen. Er det riktig? Se: portvaktctl sync status",
	                     "{} er sperra det siste døgnet; {} er att. Er det rett? Sjå: portvaktctl sync status",
	                     "{} were suspended within 24 hours; {} are left. Is that correct? See: portvaktctl sync status" },
	[CERTIFICATE_URGENT] = { "Sertifikatet til katalogen går ut {}. Be eieren av katalogen om å fornye det; etterpå kan ingen derfra logge inn.",
	                         "Sertifikatet til katalogen går ut {}. Be eigaren av katalogen om å fornye det; etterpå kan ingen derifrå logge inn.",
	                         "The directory's certificate ends {}. Ask the directory's owner to renew it; afterwards its users cannot log in." },
	[CERTIFICATES_SOON] = { "Sertifikater som går ut innen 30 dager:", "Sertifikat som går ut innan 30 dagar:", "Certificates that end within 30 days:" },
	[CERTIFICATE_SOON] = { "{} (om {} dager)", "{} (om {} dagar)", "{} (in {} days)" },
	[UNCONFIGURED] = { "Katalogen står ikke i konfigurasjonen lenger, men {} derfra er aktive.",
	                   "Katalogen står ikkje i konfigurasjonen lenger, men {} derifrå er aktive.",
	                   "The directory is no longer in the configuration, but {} of its people are active." },
	[NO_STATUS] = { "Synkroniseringen vet ingenting om katalogen. Se: portvaktctl status",
	                "Synkroniseringa veit ingenting om katalogen. Sjå: portvaktctl status",
	                "Synchronisation has no state of this directory. See: portvaktctl status" },
	[DRY_RUN] = { "Bare på prøve (ingenting skrives):", "Berre på prøve (ingenting blir skrive):", "In dry-run mode (nothing is written):" },
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
	{ "source", { "Det svarer en annen katalog enn før, eller en som er gjenopprettet, og {} endringer venter. Er den riktig",
	              "Det svarar ein annan katalog enn før, eller ein som er gjenoppretta, og {} endringar ventar. Er han rett",
	              "The directory is not the one read before, or was restored from a backup, and {} changes are held. Is it the right one" }, "sync approve source" },
	{ "values", { "{} ville mistet en opplysning, eller fått et nytt innloggingsnavn, en ny adresse eller samme verdi, på én gang. Er det meningen",
	              "{} ville mist ei opplysning, eller fått eit nytt innloggingsnamn, ei ny adresse eller same verdien, på éin gong. Er det meininga",
	              "{} would lose a value, or get another login name, mail address or the same value, at once and are held. Approve" }, "sync approve values" },
	{ "roles", { "{} ville fått eller mistet en rolle på én gang. Er det meningen",
	             "{} ville fått eller mist ei rolle på éin gong. Er det meininga",
	             "{} would gain or lose a role at once and are held. Approve" }, "sync approve roles" },
	{ "returns", { "{} ville blitt aktive igjen på én gang. Er det meningen",
	               "{} ville blitt aktive att på éin gong. Er det meininga",
	               "{} would be active again at once and are held. Approve" }, "sync approve returns" },
	{ "kinds", { "{} ville fått en annen tilknytning på én gang, for eksempel som ansatt og ikke elev. Er det meningen",
	             "{} ville fått ei anna tilknyting på éin gong, til dømes som tilsett og ikkje elev. Er det meininga",
	             "{} would become another kind at once, such as employee instead of pupil, and are held. Approve" }, "sync approve kinds" },
	{ "protected", { "{} ville mistet adressesperren (fortrolig adresse). Er det meningen",
	                 "{} ville mist adressesperra (fortruleg adresse). Er det meininga",
	                 "{} would lose the protection of their address and are held. Approve" }, "sync approve protected" },
	{ "dates", { "{} ville fått en tidligere sluttdato på én gang. Er det meningen",
	             "{} ville fått ein tidlegare sluttdato på éin gong. Er det meininga",
	             "{} would get an earlier last day at once and are held. Approve" }, "sync approve dates" },
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
	const json_t *health, *changes, *links;
	int language;
	size_t action_count;
	bool has_heading;
};

/* One directory, as sync reports it; NULL: nothing. */
struct directory_state {
	const char *name;
	const json_t *health, *changes;
};

static const char *report_text(const struct report *r, enum report_message s)
{
	return report_messages[s][r->language];
}

/* Returns whether people { } of the municipality reads the directory. */
static bool report_reads(const struct municipality *m, const char *directory)
{
	for (size_t i = 0; i < m->source_mapping_count; i++)
		if (text_equal(m->source_mappings[i].directory->name,
		               directory))
			return true;
	return false;
}

/* Returns the directory's name, with its municipalities if that is not the only
 * one: "shared (hjartdal, tinn)". */
static const char *report_label(const struct report *r, const char *directory)
{
	struct strbuf names = strbuf_init(r->command->arena);

	for (size_t i = 0; i < r->cfg->municipality_count; i++)
		if (report_reads(&r->cfg->municipalities[i], directory))
			strbuf_appendf(&names, "%s%s",
			               names.length > 0 ? ", " : "",
			               r->cfg->municipalities[i].name);
	return names.length == 0 || text_equal(names.data, directory)
	           ? directory
	           : arena_printf(r->command->arena, "%s (%s)", directory,
	                          names.data);
}

/* Prints one action; the heading before the first. */
static void report_print_action(struct report *r, const char *directory,
                                const char *text)
{
	r->action_count++;
	if (!r->has_heading)
		printf("%s\n", report_text(r, ACTION_REQUIRED));
	r->has_heading = true;
	printf("  %s: %s\n", report_label(r, directory), text);
}

char *report_fill(struct arena *a, const char *format, const char *one,
                  const char *two)
{
	struct strbuf t = strbuf_init(a);
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
	    r->command->arena, format,
	    arena_printf(r->command->arena, "%lld", (long long)n), "");
}

/* ---- problems of one directory */

char *report_held_text(struct arena *a, const char *reason,
                       const char *directory, int64_t people, int language)
{
	const char *count = arena_printf(a, "%lld", (long long)people);

	for (size_t i = 0; i < LENGTH(held_reasons); i++)
		if (text_equal(held_reasons[i].reason, reason))
			return arena_printf(
			    a, "%s? portvaktctl %s %s --by ... --reason ...",
			    report_fill(a, held_reasons[i].text[language],
			                count, ""),
			    held_reasons[i].command, directory);
	return report_fill(a, report_messages[HELD_OTHERWISE][language], count,
	                   "");
}

int report_language_index(const char *language)
{
	for (int i = 0; i < LANGUAGES; i++)
		if (text_equal(language, languages[i]))
			return i;
	return NB;
}

static void report_print_held(struct report *r, const struct directory_state *d)
{
	const char *reason;
	json_t *count;

	json_object_foreach(js_object(d->health, "held"), reason, count)
	{
		if (json_integer_value(count) > 0)
			report_print_action(
			    r, d->name,
			    report_held_text(r->command->arena, reason, d->name,
			                     json_integer_value(count),
			                     r->language));
	}
}

static const char *report_number(const struct report *r,
                                 const struct directory_state *d,
                                 const char *member)
{
	return arena_printf(r->command->arena, "%lld",
	                    (long long)js_number(d->health, member, 0));
}

static const char *report_hours(const struct report *r,
                                const struct directory_state *d)
{
	return arena_printf(
	    r->command->arena, "%lld",
	    (long long)js_number(d->health, "full_sync_age", 0) / 3600);
}

static const char *report_suspended(const struct report *r,
                                    const struct directory_state *d)
{
	return arena_printf(r->command->arena, "%lld",
	                    (long long)js_number(d->changes, "suspended", 0));
}

static const char *report_date(const struct report *r, int64_t when)
{
	struct tm day = clock_oslo(when);

	return arena_printf(r->command->arena, "%04d-%02d-%02d",
	                    day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

/* Prints the action for one problem. */
static void report_print_problem(struct report *r,
                                 const struct directory_state *d,
                                 enum report_problem problem,
                                 enum report_message message)
{
	const char *one = d->name;
	const char *two = d->name;

	if (problem == PROBLEM_UNREADABLE)
		one = js_string(d->health, "error");
	else if (problem == PROBLEM_OVERDUE)
		one = report_hours(r, d);
	else if (problem == PROBLEM_GROUPS_HELD)
		one = report_number(r, d, "groups_held");
	else if (problem == PROBLEM_QUARANTINED)
		one = report_number(r, d, "quarantined");
	else if (problem == PROBLEM_NAMES)
		one = report_number(r, d, "name_conflicts");
	else if (problem == PROBLEM_ELSEWHERE)
		one = report_number(r, d, "quarantined_elsewhere");
	else if (problem == PROBLEM_NOT_TAKEN)
		one = report_number(r, d, "not_taken");
	else if (problem == PROBLEM_DATES)
		one = report_number(r, d, "dates_unreadable");
	else if (problem == PROBLEM_BACKLOG)
		one = report_number(r, d, "pending");
	else if (problem == PROBLEM_UNCONFIGURED)
		one = report_number(r, d, "active");
	else if (problem == PROBLEM_CERTIFICATE)
		one = report_date(
		    r, js_number(d->health, "certificate_expires", 0));
	else if (problem == PROBLEM_MANY_SUSPENDED) {
		one = report_suspended(r, d);
		two = report_number(r, d, "active");
	}
	report_print_action(
	    r, d->name,
	    report_fill(r->command->arena, report_text(r, message), one, two));
}

static void report_print_problems(struct report *r,
                                  const struct directory_state *d,
                                  unsigned problems)
{
	static const struct {
		enum report_problem problem;
		enum report_message message;
	} messages[] = {
		{ PROBLEM_NO_STATUS, NO_STATUS },
		{ PROBLEM_UNCONFIGURED, UNCONFIGURED },
		{ PROBLEM_UNREADABLE, DIRECTORY_UNAVAILABLE },
		{ PROBLEM_NEVER_SYNCED, NEVER_SYNCED },
		{ PROBLEM_OVERDUE, FULL_SYNC_OVERDUE },
		{ PROBLEM_CERTIFICATE, CERTIFICATE_URGENT },
		{ PROBLEM_MANY_SUSPENDED, MANY_SUSPENDED },
		{ PROBLEM_BACKLOG, BACKLOG },
		{ PROBLEM_GROUPS_HELD, GROUPS_HELD },
		{ PROBLEM_QUARANTINED, QUARANTINED },
		{ PROBLEM_NAMES, NAME_CONFLICTS },
		{ PROBLEM_ELSEWHERE, DOUBTS_ELSEWHERE },
		{ PROBLEM_DATES, DATES_UNREADABLE },
		{ PROBLEM_NOT_TAKEN, NOT_TAKEN },
	};

	if (problems & PROBLEM_HELD)
		report_print_held(r, d);
	for (size_t i = 0; i < LENGTH(messages); i++)
		if (problems & messages[i].problem)
			report_print_problem(r, d, messages[i].problem,
			                     messages[i].message);
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

/* ---- all directories */

/* Returns the object of that directory in the list, or NULL. */
static const json_t *report_find(const json_t *list, const char *name)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *line = json_array_get(list, i);

		if (text_equal(js_string(line, "directory"), name))
			return line;
	}
	return NULL;
}

static void report_print_directory(struct report *r, const char *name,
                                   struct strbuf *lists)
{
	const struct directory_state d = {
		.name = name,
		.health = report_find(r->health, name),
		.changes = report_find(r->changes, name),
	};
	unsigned problems = report_problems(d.health, d.changes, clock_now());

	report_print_problems(r, &d, problems);
	strbuf_appendf(&lists[report_list_of(d.health, problems)], " %s",
	               report_label(r, name));
}

/* Directories that are no longer configured, but have people. */
static void report_print_unconfigured(struct report *r, struct strbuf *lists)
{
	for (size_t i = 0; i < json_array_size(r->health); i++) {
		const char *name =
		    js_string(json_array_get(r->health, i), "directory");

		if (name && !config_directory(r->cfg, name))
			report_print_directory(r, name, lists);
	}
}

static void report_print_certificates(const struct report *r)
{
	bool any = false;
	int64_t now = clock_now();

	for (size_t i = 0; i < json_array_size(r->health); i++) {
		const json_t *line = json_array_get(r->health, i);
		int64_t ends = report_certificate_soon(line, now);

		if (ends == 0)
			continue;
		if (!any)
			printf("\n%s\n", report_text(r, CERTIFICATES_SOON));
		any = true;
		printf("  %s: %s\n", js_string(line, "directory"),
		       report_fill(r->command->arena,
		                   report_text(r, CERTIFICATE_SOON),
		                   report_date(r, ends),
		                   arena_printf(r->command->arena, "%lld",
		                                (long long)(ends - now) /
		                                    (24 * 60 * 60))));
	}
}

static void report_print_directories(struct report *r)
{
	struct strbuf lists[] = {
		[LIST_TODO] = strbuf_init(r->command->arena),
		[LIST_DRY_RUN] = strbuf_init(r->command->arena),
		[LIST_WELL] = strbuf_init(r->command->arena),
	};

	for (size_t i = 0; i < r->cfg->directory_count; i++)
		report_print_directory(r, r->cfg->directories[i].name, lists);
	report_print_unconfigured(r, lists);
	if (r->action_count == 0)
		printf("%s\n", report_text(r, NO_ACTION_REQUIRED));
	if (lists[LIST_WELL].length > 0)
		printf("\n%s%s\n", report_text(r, HEALTHY_DIRECTORIES),
		       lists[LIST_WELL].data);
	if (lists[LIST_DRY_RUN].length > 0)
		printf("\n%s%s\n", report_text(r, DRY_RUN),
		       lists[LIST_DRY_RUN].data);
	report_print_certificates(r);
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

	printf("%s\n\n", report_fill(r->command->arena, report_text(r, TITLE),
	                             r->cfg->display, when));
	r->action_count += kept_print_report(r->command, r->language);
	r->action_count += report_print_emergencies(r->command, r->language);
	report_print_directories(r);
	report_print_last_day(r);
	report_print_links(r->command->arena, r->cfg, r->links, r->language);
}

static bool report_request(struct report *r)
{
	json_t *health = NULL;
	json_t *changes = NULL;
	json_t *links = NULL;

	if (!ctl_health_request(r->command, "health", &health) ||
	    !ctl_health_request(r->command, "changes", &changes) ||
	    !ctl_health_request(r->command, "links", &links))
		return false;
	r->health = health;
	r->changes = changes;
	r->links = links;
	return true;
}

bool report_print_daily(const struct command *c, const struct config *cfg,
                        int language)
{
	struct report r = { .command = c, .cfg = cfg, .language = language };

	if (!report_request(&r))
		return false;
	report_print(&r);
	return true;
}
