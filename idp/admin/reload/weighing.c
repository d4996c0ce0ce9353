/* SPDX-License-Identifier: AGPL-3.0-or-later
 * weighing.c: weighs what a changed configuration does to access, over all
 * people of the catalogue. */
#include "idp/admin/reload/weighing.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/policy/policy_effects.h"

enum { SHORT_HASH = 16 };

struct weighing {
	const struct admin_command *cmd;
	struct policy_effects *effects;
	bool prints_names;
};

static void weighing_on_change(void *data, const struct affiliation *f,
                               const char *service, enum policy_reach before,
                               enum policy_reach after)
{
	const struct weighing *w = data;
	struct arena *a = arena_open();

	if (w->prints_names)
		ipc_reply_line(w->cmd->request, "%s",
		               policy_change_text(a, w->cmd->cfg, f, service,
		                                  before, after));
	arena_close(a);
}

static void weighing_on_affiliation(void *data, const struct affiliation *f)
{
	struct weighing *w = data;

	policy_effects_add(w->effects, f, weighing_on_change, w);
}

static void weighing_note(void *data, const char *text)
{
	ipc_reply_line(data, "%s", text);
}

static bool weighing_read(struct weighing *w, const struct config *after,
                          const struct config *catalogue_of, struct error *err)
{
	policy_effects_close(w->effects);
	w->effects =
	    policy_effects_open(w->cmd->arena, w->cmd->cfg, after, clock_now());
	return catalogue_each_affiliation(admin_backends.catalogue,
	                                  catalogue_of, weighing_on_affiliation,
	                                  w, err);
}

/* Where the active configuration's catalogue cannot be read, that of the next
 * one has the people: it may be the change that mends it. */
static bool weighing_read_any(struct weighing *w, const struct config *after,
                              struct error *err)
{
	struct error ignored = { 0 };
	bool good = weighing_read(w, after, w->cmd->cfg, err) ||
	            (weighing_read(w, after, after, &ignored) &&
	             policy_effects_total(w->effects) > 0);

	policy_effects_close(w->effects);
	return good;
}

bool weighing_run(const struct admin_command *cmd, const struct config *after,
                  bool prints_names, bool *ret_held, struct error *err)
{
	struct weighing w = { .cmd = cmd, .prints_names = prints_names };
	int64_t began = clock_monotonic_ms();
	size_t count;

	*ret_held = false;
	if (!weighing_read_any(&w, after, err))
		return false;
	const struct policy_effect *effects =
	    policy_effects_list(w.effects, &count);

	for (size_t i = 0; i < count; i++) {
		ipc_reply_line(cmd->request, "%s",
		               policy_effect_text(cmd->arena, &effects[i]));
		*ret_held |= policy_effect_is_large(
		    &effects[i], cmd->cfg->max_access_change);
	}
	policy_effects_notes(w.effects, weighing_note, (void *)cmd->request);
	if (count > 0 || prints_names)
		ipc_reply_line(cmd->request,
		               "%zu affiliations weighed in %lld ms",
		               policy_effects_total(w.effects),
		               (long long)(clock_monotonic_ms() - began));
	return true;
}

/* ---- reload */

static bool weighing_is_accepted(const struct admin_command *cmd,
                                 const char *hash)
{
	const char *accepted = cmd_option(cmd, "accept-effects");

	return accepted && strlen(accepted) >= SHORT_HASH &&
	       text_starts(hash, accepted);
}

static bool weighing_hold(const char *hash, const struct error *cause,
                          struct error *err)
{
	return error_set(err, cause ? ERROR_UNAVAILABLE : ERROR_REFUSED,
	                 "nothing was changed: %s; to activate it, repeat with "
	                 "--accept-effects %.16s --by NAME --reason TEXT",
	                 cause ? cause->text
	                       : "the configuration would change the access "
	                         "of many",
	                 hash);
}

bool weighing_allows(const struct admin_command *cmd, const char *hash,
                     struct error *err)
{
	struct config *after = config_by_hash(hash);
	struct error cause = { 0 };
	bool held = false;

	if (!after)
		return error_set(err, ERROR_INVALID,
		                 "configuration %.16s was not prepared", hash);
	bool weighed = weighing_run(cmd, after, false, &held, &cause);

	config_unref(after);
	if (weighing_is_accepted(cmd, hash))
		return cmd_require_by_and_reason(cmd, err);
	if (cmd_option(cmd, "accept-effects"))
		return error_set(err, ERROR_REFUSED,
		                 "nothing was changed: the files have changed, "
		                 "their hash is %.16s",
		                 hash);
	if (weighed && !held)
		return true;
	return weighing_hold(hash, weighed ? NULL : &cause, err);
}
