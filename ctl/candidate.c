/* SPDX-License-Identifier: AGPL-3.0-or-later
 * candidate.c: `explain` and `policy diff` with -c naming files that are not
 * those of the running processes, such as a checkout: evaluated here, with the
 * people of the catalogue, which portvakt-admin sends. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ask_plugin.h"
#include "ctl/ctl.h"
#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/accepted/accepted.h"
#include "region/config/config.h"
#include "region/ipc/ipc_client.h"
#include "region/policy/policy_effects.h"
#include "region/policy/policy_question.h"

enum { LINE_MS = 120 * 1000 };

/* A candidate beside the active configuration. */
struct candidate {
	const struct command *command;
	struct config *cfg, *active;
};

static void candidate_close(struct candidate *c)
{
	config_unref(c->cfg);
	config_unref(c->active);
}

static bool candidate_fail(const char *text)
{
	fprintf(stderr, "portvaktctl: %s\n", text);
	return false;
}

/* Prints the errors of the candidate as `check` does. */
static bool candidate_load(struct candidate *c)
{
	struct conf_errors errors = { 0 };

	c->cfg =
	    config_load_rules(c->command->arena, c->command->conf, &errors);
	for (size_t i = 0; !c->cfg && i < errors.count; i++)
		printf("%s\n",
		       conf_error_format(c->command->arena, &errors.at[i]));
	return c->cfg != NULL;
}

/* Returns whether -c names other files than those of the processes; where no
 * copy can be read, portvakt-admin answers. */
static bool candidate_open(const struct command *command, struct candidate *c)
{
	struct conf_errors ignored = { 0 };
	char *file = realpath(command->conf, NULL);
	const char *store = accepted_store(command->arena, command->conf);

	*c = (struct candidate){ .command = command };
	c->active = config_load_rules(
	    command->arena, accepted_copy(command->arena, store, NULL),
	    &ignored);
	bool differs = file && c->active && !text_equal(file, c->active->file);

	free(file);
	return differs;
}

/* ---- facts of people */

struct facts_reader {
	struct arena *arena; /* of the affiliations, if they are kept */
	const struct candidate *candidate;
	void (*each)(struct facts_reader *r, const char *person,
	             const struct affiliation *f);
	VECTOR(struct affiliation) affiliations;
	const char *person;
	struct policy_effects *effects;
	bool prints_names;
	const char *wrong; /* the first line that is none */
};

static char **facts_list(struct arena *a, const char *const *list, size_t count)
{
	char **copy = arena_array(a, char *, count + 1);

	for (size_t i = 0; i < count; i++)
		copy[i] = arena_strdup(a, list[i]);
	return copy;
}

static void facts_read(struct facts_reader *r, struct arena *a,
                       const struct affiliation_facts_frame *line)
{
	const struct affiliation f = {
		.kind = affiliation_type_from_name(line->kind),
		.id = arena_strdup(a, line->affiliation),
		.login = line->login ? arena_strdup(a, line->login) : NULL,
		.municipality = arena_strdup(a, line->municipality),
		.position = (int)line->position,
		.from = line->from,
		.until = line->until,
		.units = facts_list(a, line->units, line->units_count),
		.roles = facts_list(a, line->roles, line->roles_count),
		.status = line->active ? STATUS_ACTIVE : STATUS_ENDED,
	};

	if (text_equal(affiliation_type_name(f.kind), line->kind))
		r->each(r, line->person, &f);
	else
		r->wrong = r->wrong ?: arena_strdup(r->arena, line->kind);
}

/* What is no fact is an error of portvakt-admin, in its own text, or a line
 * that was too long. */
static void facts_on_line(const char *text, void *data)
{
	struct facts_reader *r = data;
	struct arena *a = arena_open();
	struct affiliation_facts_frame line;
	json_t *body = NULL;

	if (js_parse(a, text, strlen(text), &body, NULL) &&
	    affiliation_facts_frame_read(a, body, &line, NULL))
		facts_read(r, a, &line);
	else
		r->wrong = r->wrong ?: arena_strdup(r->arena, text);
	arena_close(a);
}

/* person NULL: all. */
static bool facts_request(struct facts_reader *r, char *person)
{
	const struct command *c = r->candidate->command;
	char *argv[] = { arena_strdup(c->arena, "facts"), person, NULL };
	struct error err = { 0 };
	bool done = ipc_command(
	    arena_printf(c->arena, "%s/admin.sock", ctl_runtime_directory(c)),
	    LINE_MS, argv, facts_on_line, r, &err);

	if (!done && *err.text)
		return candidate_fail(err.text);
	if (r->wrong)
		return candidate_fail(r->wrong);
	return done;
}

/* ---- explain */

static void explain_keep(struct facts_reader *r, const char *person,
                         const struct affiliation *f)
{
	struct affiliation copy = *f;
	size_t units = 0, roles = 0;

	while (f->units[units])
		units++;
	while (f->roles[roles])
		roles++;
	copy.id = arena_strdup(r->arena, f->id);
	copy.municipality = arena_strdup(r->arena, f->municipality);
	copy.login = NULL;
	copy.units = facts_list(r->arena, (const char *const *)f->units, units);
	copy.roles = facts_list(r->arena, (const char *const *)f->roles, roles);
	*vector_append(r->arena, &r->affiliations) = copy;
	r->person = arena_strdup(r->arena, person);
}

/* The plugins of the candidate are loaded for this question. */
static void explain_ask_plugins(void *data, const char *owner,
                                const struct condition *const *conditions,
                                size_t count,
                                const struct portvakt_context *facts,
                                enum portvakt_verdict *verdicts,
                                const char **identities)
{
	(void)identities;
	for (size_t i = 0; i < count; i++) {
		struct error err = { 0 };

		verdicts[i] = PORTVAKT_ERROR;
		if (!plugin_asker_ask(data, owner, conditions[i], facts,
		                      &verdicts[i], &err))
			(void)candidate_fail(err.text);
	}
}

static void candidate_print_line(void *unused, const char *line)
{
	(void)unused;
	printf("%s\n", line);
}

static bool candidate_explain(struct candidate *c)
{
	const struct command *command = c->command;
	struct facts_reader r = { .arena = command->arena,
		                  .candidate = c,
		                  .each = explain_keep };
	struct policy_question q;
	struct policy_request request;
	struct error err = { 0 };

	if (!policy_question_parse(command->argv, (size_t)command->argc, NULL,
	                           &q, &err) ||
	    !policy_question_read(command->arena, c->cfg, &q, &request, &err))
		return candidate_fail(err.text);
	if (!facts_request(&r, command->argv[1]))
		return false;
	const struct person person = { .id = r.person,
		                       .status = STATUS_ACTIVE,
		                       .affiliations = r.affiliations.at,
		                       .affiliation_count =
		                           r.affiliations.count };
	struct plugin_asker *asker = plugin_asker_open(command, c->cfg->source);
	const struct plugin_evaluator evaluator = { explain_ask_plugins,
		                                    asker };

	policy_question_answer(command->arena, c->cfg, &person, &request,
	                       &evaluator, candidate_print_line, NULL);
	plugin_asker_close(asker);
	return true;
}

int command_explain(const struct command *command)
{
	struct candidate c;

	if (!candidate_open(command, &c)) {
		candidate_close(&c);
		return command_admin(command);
	}
	bool done = text_list_has(command->argv, "--draft")
	                ? candidate_fail("--draft is for the active files; "
	                                 "without it, -c is the draft")
	                : candidate_load(&c) && candidate_explain(&c);

	candidate_close(&c);
	return done ? 0 : 1;
}

/* ---- policy diff */

static void diff_on_change(void *data, const struct affiliation *f,
                           const char *service, enum policy_reach before,
                           enum policy_reach after)
{
	const struct facts_reader *r = data;
	struct arena *a = arena_open();

	if (r->prints_names)
		printf("%s\n", policy_change_text(a, r->candidate->active, f,
		                                  service, before, after));
	arena_close(a);
}

static void diff_add(struct facts_reader *r, const char *person,
                     const struct affiliation *f)
{
	(void)person;
	policy_effects_add(r->effects, f, diff_on_change, r);
}

static bool candidate_diff(struct candidate *c, bool prints_names)
{
	struct facts_reader r = { .arena = c->command->arena,
		                  .candidate = c,
		                  .each = diff_add,
		                  .prints_names = prints_names };
	bool held = false;
	size_t count;

	r.effects =
	    policy_effects_open(r.arena, c->active, c->cfg, clock_now());
	bool answered = facts_request(&r, NULL);

	policy_effects_close(r.effects);
	if (!answered)
		return false;
	const struct policy_effect *effects =
	    policy_effects_list(r.effects, &count);

	for (size_t i = 0; i < count; i++) {
		printf("%s\n", policy_effect_text(r.arena, &effects[i]));
		held |= policy_effect_is_large(&effects[i],
		                               c->active->max_access_change);
	}
	policy_effects_notes(r.effects, candidate_print_line, NULL);
	printf("%zu affiliations weighed\n%s: %s\n",
	       policy_effects_total(r.effects), c->command->conf,
	       held ? "in the place of the active files, a reload would wait "
	              "until these effects are accepted"
	            : "in the place of the active files, a reload would "
	              "activate this");
	return true;
}

int command_policy_diff(const struct command *command)
{
	struct candidate c;
	bool names = command->argc == 3;

	if (names && !text_equal(command->argv[2], "--names"))
		return EXIT_USAGE;
	if (!candidate_open(command, &c)) {
		candidate_close(&c);
		return command_admin(command);
	}
	bool done = candidate_load(&c) && candidate_diff(&c, names);

	candidate_close(&c);
	return done ? 0 : 1;
}
