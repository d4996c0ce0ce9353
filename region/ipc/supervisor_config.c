/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervisor_config.c: how a supervisor opens and changes the configuration:
 * the copy that was accepted, which its processes read as well. */
#include <limits.h>
#include <stdlib.h>

#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/accepted/accepted.h"
#include "region/ipc/candidate_plugins.h"
#include "region/ipc/supervisor.h"

DEFINE_CLEANUP(config_release, struct config *, config_unref)
DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

static bool keeps_region(const struct accepted_choice *choice)
{
	return choice->kept.count > 0 &&
	       text_equal(choice->kept.at[0].name, "region");
}

static void log_kept(const struct accepted_choice *choice)
{
	if (choice->is_waiting)
		log_event(LOG_CONFIG_START_UNCHANGED, "error",
		          choice->kept.at[0].cause, NULL);
	for (size_t i = choice->is_waiting ? 1 : 0; i < choice->kept.count; i++)
		log_event(keeps_region(choice) ? LOG_CONFIG_REGION_KEPT
		                               : LOG_CONFIG_MUNICIPALITY_KEPT,
		          "municipality", choice->kept.at[i].name, "since",
		          choice->kept.at[i].since, "error",
		          choice->kept.at[i].cause, NULL);
}

/* ---- start */

static bool change_is_waiting; /* a supervisor has one thread */

bool supervisor_change_is_waiting(void)
{
	return change_is_waiting;
}

bool supervisor_open_config(const char *file, struct error *err)
{
	own(close_arena) struct arena *a = arena_open();
	char *real = realpath(file, NULL);
	const char *main_file =
	    real ? arena_own(a, real, free) : arena_strdup(a, file);
	const char *store = accepted_store(a, main_file);
	const struct accepted_options options = {
		.check_plugins = candidate_check_plugins,
	};
	struct accepted_choice choice;
	struct conf_errors errors;

	if (!accepted_start(a, store, main_file, &options, &choice, &errors,
	                    err))
		return false;
	log_kept(&choice);
	change_is_waiting = choice.is_waiting;
	return config_open(accepted_copy(a, store, NULL), err);
}

/* ---- reload */

/* Returns the names after each --accept, NULL-terminated. */
static char **accepted_names(const struct control_request *c)
{
	VECTOR(char *) names = { 0 };

	for (size_t i = 1; c->args[i] && c->args[i + 1]; i++)
		if (text_equal(c->args[i], "--accept"))
			*vector_append(c->arena, &names) = c->args[++i];
	*vector_append(c->arena, &names) = NULL;
	return names.at;
}

/* Returns the two arguments after each --refused. */
static void read_refused(const struct control_request *c,
                         struct accepted_options *ret)
{
	for (size_t i = 1; c->args[i] && c->args[i + 1]; i++)
		if (text_equal(c->args[i], "--refused") && c->args[i + 2]) {
			*vector_append(c->arena, &ret->refused) =
			    (struct accepted_refusal){ c->args[i + 1],
				                       c->args[i + 2] };
			i += 2;
		}
}

static bool refuse_region_files(const struct control_request *c,
                                const struct conf_errors *errors,
                                struct error *err)
{
	for (size_t i = 0; i < errors->count; i++)
		control_reply_line(c,
		                   conf_error_format(c->arena, &errors->at[i]));
	return error_set(err, ERROR_INVALID,
	                 "nothing was changed: %zu errors in the configuration",
	                 errors->count);
}

bool supervisor_prepare_config(struct control_request *c, const char **ret_hash,
                               struct error *err)
{
	own(config_release) struct config *cfg = config_current();
	struct accepted_options options = {
		.accept = accepted_names(c),
		.check_plugins = candidate_check_plugins,
	};
	struct accepted_choice choice;
	struct conf_errors errors;

	read_refused(c, &options);
	if (!accepted_prepare(c->arena, accepted_store_of(c->arena, cfg),
	                      cfg->file, &options, &choice, &errors, err))
		return false;
	if (keeps_region(&choice))
		return refuse_region_files(c, &errors, err);
	log_kept(&choice);
	for (size_t i = 0; i < choice.kept.count; i++)
		control_reply_line(
		    c, arena_printf(
			   c->arena, "kept %s at its last good version: %s",
			   choice.kept.at[i].name, choice.kept.at[i].cause));
	*ret_hash = choice.hash;
	return true;
}

bool supervisor_accept_config(struct arena *a, const char *hash,
                              struct error *err)
{
	own(config_release) struct config *cfg = config_current();

	return accepted_activate(a, accepted_store_of(a, cfg), hash, err);
}

bool supervisor_hold_config(struct arena *a, const char *hash,
                            struct error *err)
{
	own(config_release) struct config *cfg = config_current();

	return accepted_hold(a, accepted_store_of(a, cfg), hash, err);
}

bool supervisor_note_working(struct arena *a, const char *hash,
                             struct error *err)
{
	own(config_release) struct config *cfg = config_current();

	return accepted_note_working(a, accepted_store_of(a, cfg), hash, err);
}

bool supervisor_load_config(struct arena *a, const char *hash,
                            struct config **ret, struct error *err)
{
	own(config_release) struct config *cfg = config_current();
	const char *path = accepted_copy(a, accepted_store_of(a, cfg), NULL);
	struct conf_errors errors;

	*ret = NULL;
	if (!config_prepare(path, err))
		return false;
	*ret = config_load(a, path, &errors);
	if (*ret && text_equal((*ret)->hash, hash))
		return true;
	config_unref(*ret);
	*ret = NULL;
	return error_set(err, ERROR_INVALID,
	                 "configuration %.16s is not the active copy", hash);
}

/* ---- status */

void control_reply_kept(const struct control_request *c)
{
	own(config_release) struct config *cfg = config_current();
	const struct accepted_choice choice =
	    accepted_active(c->arena, accepted_store_of(c->arena, cfg));

	for (size_t i = 0; i < choice.kept.count; i++)
		control_reply_line(
		    c, arena_printf(
			   c->arena,
			   "warning: %s runs by its last good version, "
			   "since %s: %s",
			   choice.kept.at[i].name, choice.kept.at[i].since,
			   choice.kept.at[i].cause));
}
