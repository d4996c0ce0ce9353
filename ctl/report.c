/* SPDX-License-Identifier: AGPL-3.0-or-later
 * report.c: the daily report on synchronisation for people: first required
 * actions, then healthy directories, then the changes of the last day. */
#include <stdio.h>
#include <string.h>

#include "ctl/health.h"
#include "lib/clock.h"
#include "lib/text.h"
#include "region/region.h"

enum { NB, NN, EN, LANGUAGES, LATE = 30 * 60 * 60 };

static const char *const languages[LANGUAGES] = { "nb", "nn", "en" };

enum sentence {
	TITLE,
	TO_DO,
	NOTHING_TO_DO,
	WELL,
	THE_DAY,
	QUIET_DAY,
	CAME,
	CAME_BACK,
	CHANGED,
	SUSPENDED,
	REMOVED,
	NOT_FOLLOWED,
	LATE_WHOLE,
	NEVER_WHOLE,
	DOUBTFUL,
	DRIFT,
	SENTENCES
};

/* clang-format off */
static const char *const sentences[SENTENCES][LANGUAGES] = {
	[TITLE] = { "Synkronisering i {}, {}", "Synkronisering i {}, {}", "Synchronisation in {}, {}" },
	[TO_DO] = { "Dette må noen gjøre noe med:", "Dette må nokon gjere noko med:", "Somebody must look at this:" },
	[NOTHING_TO_DO] = { "Ingen trenger å gjøre noe.", "Ingen treng å gjere noko.", "Nobody needs to do anything." },
	[WELL] = { "Alt er i orden hos:", "Alt er i orden hos:", "All is well at:" },
	[THE_DAY] = { "Det siste døgnet:", "Det siste døgnet:", "Since this time yesterday:" },
	[QUIET_DAY] = { "Ingenting er endret det siste døgnet.", "Ingenting er endra det siste døgnet.", "Nothing changed since this time yesterday." },
	[CAME] = { "{} nye", "{} nye", "{} new" },
	[CAME_BACK] = { "{} tilbake", "{} attende", "{} back" },
	[CHANGED] = { "{} endret", "{} endra", "{} changed" },
	[SUSPENDED] = { "{} sperret", "{} sperra", "{} suspended" },
	[REMOVED] = { "{} fjernet", "{} fjerna", "{} removed" },
	[NOT_FOLLOWED] = { "Katalogen svarer ikke ({}). De som står i den, kan ikke logge inn med passordet sitt, og endringer kommer ikke fram. Se: portvaktctl sync doctor {}",
	                   "Katalogen svarar ikkje ({}). Dei som står i han, kan ikkje logge inn med passordet sitt, og endringar kjem ikkje fram. Sjå: portvaktctl sync doctor {}",
	                   "The directory does not answer ({}). Its people cannot log in with their password, and changes do not come through. See: portvaktctl sync doctor {}" },
	[LATE_WHOLE] = { "Den ble sist lest i sin helhet for {} timer siden. Se: portvaktctl sync doctor {}",
	                 "Han vart sist lesen i heilskap for {} timar sidan. Sjå: portvaktctl sync doctor {}",
	                 "It was last read whole {} hours ago. See: portvaktctl sync doctor {}" },
	[NEVER_WHOLE] = { "Den er ennå ikke lest i sin helhet. Se: portvaktctl sync doctor {}",
	                  "Han er enno ikkje lesen i heilskap. Sjå: portvaktctl sync doctor {}",
	                  "It has not been read whole yet. See: portvaktctl sync doctor {}" },
	[DOUBTFUL] = { "{} oppføringer som ingen vil gjette om. Se: portvaktctl quarantine",
	               "{} oppføringar som ingen vil gjette om. Sjå: portvaktctl quarantine",
	               "{} entries that nobody will guess about. See: portvaktctl quarantine" },
	[DRIFT] = { "I felleskatalogen var {} oppføringer endret av andre; de er satt tilbake.",
	            "I felleskatalogen var {} oppføringar endra av andre; dei er sette attende.",
	            "In the catalogue {} entries had been changed by somebody else; they were put back." },
};

/* Reasons of held changes, and the command that approves them. */
static const struct {
	const char *reason;
	const char *text[LANGUAGES];
	const char *settled_by;
} held[] = {
	{ "brake", { "{} ville sluttet på én gang og holdes tilbake. Skal de slutte",
	             "{} ville slutta på éin gong og blir haldne att. Skal dei slutte",
	             "{} would leave at once and are held. Should they" }, "sync release" },
	{ "budget", { "{} ville sluttet etter mange andre den siste uka og holdes tilbake. Skal de slutte",
	              "{} ville slutta etter mange andre den siste veka og blir haldne att. Skal dei slutte",
	              "{} would leave after many others this week and are held. Should they" }, "sync release" },
	{ "canary", { "Kanarioppføringen er borte, og {} holdes tilbake. Skal de slutte",
	              "Kanarioppføringa er borte, og {} blir haldne att. Skal dei slutte",
	              "The canary entry is gone, and {} are held. Should they leave" }, "sync release" },
	{ "source", { "Det svarer en annen katalog enn før, og {} endringer venter. Er den riktig",
	              "Det svarar ein annan katalog enn før, og {} endringar ventar. Er han rett",
	              "Another directory answers than before, and {} changes wait. Is it the right one" }, "sync accept source" },
	{ "values", { "{} ville mistet opplysninger på én gang. Er det meningen",
	              "{} ville mist opplysningar på éin gong. Er det meininga",
	              "{} would lose what is known of them at once. Is that meant" }, "sync accept values" },
	{ "roles", { "{} ville fått en rolle på én gang. Er det meningen",
	             "{} ville fått ei rolle på éin gong. Er det meininga",
	             "{} would be given a role at once. Is that meant" }, "sync accept roles" },
	{ "newcomers", { "{} nye kom på én gang og venter. Er de velkomne",
	                 "{} nye kom på éin gong og ventar. Er dei velkomne",
	                 "{} new people came at once and wait. Are they welcome" }, "sync welcome" },
	{ "configuration", { "{} ville endret seg etter ny konfigurasjon. Er det meningen",
	                     "{} ville endra seg etter ny konfigurasjon. Er det meininga",
	                     "{} would change with the new configuration. Is that meant" }, "sync accept configuration" },
};
/* clang-format on */

struct report {
	const struct command *command;
	const struct region *region;
	const json_t *health, *changes;
	int language;
	size_t to_do;
};

static const char *say(const struct report *r, enum sentence s)
{
	return sentences[s][r->language];
}

/* Prints one action; the heading before the first. */
static void to_do(struct report *r, const char *directory, const char *text)
{
	if (r->to_do++ == 0)
		printf("%s\n", say(r, TO_DO));
	printf("  %s: %s\n", directory, text);
}

/* Returns the format with each {} replaced by a value. */
static char *filled(const struct report *r, const char *form, const char *one,
                    const char *two)
{
	struct text t = text_in(r->command->arena);
	const char *next = one;

	for (const char *at; (at = strstr(form, "{}")) != NULL; form = at + 2) {
		text_addf(&t, "%.*s%s", (int)(at - form), form, next);
		next = two;
	}
	text_addf(&t, "%s", form);
	return t.at;
}

static char *with_number(const struct report *r, const char *form, int64_t n)
{
	return filled(r, form,
	              arena_print(r->command->arena, "%lld", (long long)n), "");
}

static bool tell_held(struct report *r, const char *name, const json_t *line)
{
	const json_t *by_reason = js_object(line, "held");
	bool any = false;

	for (size_t i = 0; i < LENGTH(held); i++) {
		int64_t count = js_number(by_reason, held[i].reason, 0);

		if (count == 0)
			continue;
		any = true;
		to_do(r, name,
		      arena_print(
			  r->command->arena,
			  "%s? portvaktctl %s %s --by ... --reason ...",
			  with_number(r, held[i].text[r->language], count),
			  held[i].settled_by, name));
	}
	return any;
}

/* Returns whether the directory has a problem. */
static bool tell_trouble(struct report *r, const char *name, const json_t *line)
{
	const char *error = js_string(line, "error");
	int64_t age = js_number(line, "age", 0);
	int64_t doubtful = js_number(line, "doubtful", 0);
	bool never = !json_object_get(line, "age");
	bool any = tell_held(r, name, line) || never;

	if (error)
		to_do(r, name, filled(r, say(r, NOT_FOLLOWED), error, name));
	if (never)
		to_do(r, name, filled(r, say(r, NEVER_WHOLE), name, ""));
	if (age > LATE)
		to_do(r, name,
		      filled(r, say(r, LATE_WHOLE),
		             arena_print(r->command->arena, "%lld",
		                         (long long)(age / 3600)),
		             name));
	if (doubtful > 0)
		to_do(r, name, with_number(r, say(r, DOUBTFUL), doubtful));
	return any || error || age > LATE || doubtful > 0;
}

static void tell_drift(const struct report *r)
{
	for (size_t i = 0; i < json_array_size(r->health); i++) {
		const json_t *line = json_array_get(r->health, i);
		int64_t drift = js_number(line, "drift", 0);

		if (!js_string(line, "directory") && drift > 0)
			printf("\n%s\n", with_number(r, say(r, DRIFT), drift));
	}
}

static void tell_directories(struct report *r)
{
	struct text well = text_in(r->command->arena);

	for (size_t i = 0; i < json_array_size(r->health); i++) {
		const json_t *line = json_array_get(r->health, i);
		const char *name = js_string(line, "directory");

		if (name && !tell_trouble(r, name, line))
			text_addf(&well, " %s", name);
	}
	if (r->to_do == 0)
		printf("%s\n", say(r, NOTHING_TO_DO));
	if (well.length > 0)
		printf("\n%s%s\n", say(r, WELL), well.at);
	tell_drift(r);
}

/* ---- the last day */

static void tell_changes(struct report *r, const json_t *of)
{
	static const struct {
		const char *member;
		enum sentence sentence;
	} parts[] = {
		{ "came", CAME },       { "came-back", CAME_BACK },
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
		       with_number(r, say(r, parts[i].sentence), count));
		comma = ", ";
	}
	printf("\n");
}

static void tell_day(struct report *r)
{
	size_t count = json_array_size(r->changes);

	printf("\n%s\n", say(r, count > 0 ? THE_DAY : QUIET_DAY));
	for (size_t i = 0; i < count; i++)
		tell_changes(r, json_array_get(r->changes, i));
}

/* ---- the whole report */

static void print_report(struct report *r)
{
	struct tm now = clock_oslo(clock_now());
	char *when = arena_print(r->command->arena, "%04d-%02d-%02d %02d:%02d",
	                         now.tm_year + 1900, now.tm_mon + 1,
	                         now.tm_mday, now.tm_hour, now.tm_min);

	printf("%s\n\n", filled(r, say(r, TITLE), r->region->display, when));
	tell_directories(r);
	tell_day(r);
}

static int language_of(const struct command *c, const struct region *r)
{
	const char *said = r->languages[0];

	if (c->count == 4 && text_equal(c->words[2], "--language"))
		said = c->words[3];
	for (int i = 0; i < LANGUAGES; i++)
		if (text_equal(said, languages[i]))
			return i;
	return NB;
}

int command_report(const struct command *c)
{
	struct conf_complaints ignored = { .arena = c->arena };
	struct region *region = region_read_rules(c->arena, c->conf, &ignored);
	struct report r = { .command = c, .region = region };
	json_t *health = NULL;
	json_t *changes = NULL;

	if (!region)
		fprintf(stderr,
		        "portvaktctl: %s has mistakes; see "
		        "`portvaktctl check`\n",
		        c->conf);
	bool good = region && health_ask(c, "health", &health) &&
	            health_ask(c, "changes", &changes);
	if (good) {
		r.health = health;
		r.changes = changes;
		r.language = language_of(c, region);
		print_report(&r);
	}
	region_release(region);
	return good ? 0 : 1;
}
