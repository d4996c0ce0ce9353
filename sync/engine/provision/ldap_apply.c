/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldap_apply.c: changes one catalogue entry to its desired state.  The
 * assertion control (RFC 4528) on entryCSN detects concurrent writes, which
 * are never overwritten unread. */
#include "sync/engine/provision/ldap_apply.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/catalogue/change_log.h"
#include "sync/engine/catalogue/derived_entry.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/provision/reconcile_plan.h"
#include "sync/engine/provision/refused_values.h"
#include "sync/engine/state/state.h"
#include "sync/engine/state/work.h"
#include "sync/engine/target/desired_entry.h"
#include "sync/engine/target/purge_check.h"

enum { TRIES = 3, VERIFY_PAUSE_MS = 60000 };

static const char *const person_classes[] = { "inetOrgPerson", "eduPerson",
	                                      "norEduPerson", "portvaktPerson",
	                                      NULL };
static const char *const affiliation_classes[] = { "portvaktAffiliation",
	                                           NULL };

static char *apply_affiliation_dn(struct arena *a, const struct config *cfg,
                                  const struct plan_step *s, const char *person)
{
	return arena_printf(a, "portvaktId=%s,portvaktId=%s,ou=people,%s",
	                    s->id, person, cfg->catalogue.base);
}

char *apply_step_dn(struct arena *a, const struct config *cfg,
                    const struct plan_step *s)
{
	if (s->is_person)
		return arena_printf(a, "portvaktId=%s,ou=people,%s", s->id,
		                    cfg->catalogue.base);
	return apply_affiliation_dn(
	    a, cfg, s, s->current_parent ? s->current_parent : s->person);
}

static struct directory_change apply_text_change(struct arena *a,
                                                 const char *name,
                                                 const char *const *texts)
{
	size_t count = 0;

	while (texts[count])
		count++;
	struct directory_value *values =
	    arena_array(a, struct directory_value, count);
	for (size_t i = 0; i < count; i++)
		values[i] = (struct directory_value){ (char *)texts[i],
			                              strlen(texts[i]) };
	return (struct directory_change){ CHANGE_REPLACE, name, values, count };
}

/* Adds attributes that are written but never compared: object classes, the
 * sealed number, portvaktLastSeen. */
static size_t apply_add_uncompared(struct arena *a, const struct plan_step *s,
                                   bool is_new, struct directory_change *to)
{
	size_t n = 0;

	if (is_new)
		to[n++] = apply_text_change(a, "objectClass",
		                            s->is_person ? person_classes
		                                         : affiliation_classes);
	if (s->sealed_national_id) {
		const char *texts[] = { *s->sealed_national_id
			                    ? s->sealed_national_id
			                    : NULL,
			                NULL };

		to[n++] = apply_text_change(a, "portvaktNationalId", texts);
	}
	if (!s->is_person &&
	    text_equal(entry_json_value(s->after, "portvaktStatus"),
	               "active")) {
		const char *texts[] = {
			clock_format_generalized_time(a, clock_now()), NULL
		};

		to[n++] = apply_text_change(a, "portvaktLastSeen", texts);
	}
	return n;
}

/* Returns the changes from before to the desired state, allocated in a, and the
 * attributes written with them. */
static struct directory_change *apply_changes(struct arena *a,
                                              const struct plan_step *s,
                                              const json_t *before,
                                              size_t *ret_count,
                                              char **ret_names)
{
	size_t compared = 0;
	const struct directory_change *changes =
	    entry_json_diff(a, before, s->after, &compared, ret_names);
	struct directory_change *all =
	    arena_array(a, struct directory_change, compared + 3);
	size_t n = 0;

	*ret_count = 0;
	if (before && compared == 0)
		return all;
	for (size_t i = 0; i < compared; i++)
		all[n++] = changes[i];
	*ret_count = n + apply_add_uncompared(a, s, !before, &all[n]);
	return all;
}

const struct directory_change *apply_step_attributes(struct arena *a,
                                                     const struct plan_step *s,
                                                     size_t *ret_count)
{
	char *names = NULL;

	return apply_changes(a, s, NULL, ret_count, &names);
}

static bool apply_reread(const struct config *cfg, struct current_entry *k,
                         const struct plan_step *s, const char *dn,
                         struct error *err)
{
	k->names = s->is_person ? managed_person_attributes
	                        : managed_affiliation_attributes;
	return current_entry_read(cfg, k, dn, err);
}

/* Another writer may have changed more: requests a read of the whole catalogue,
 * rate-limited. */
static void apply_note_foreign_write(void)
{
	static int64_t noted_at;
	int64_t now = clock_monotonic_ms();

	if (noted_at > 0 && now - noted_at < VERIFY_PAUSE_MS)
		return;
	noted_at = now;
	work_request_verify();
}

static void apply_log_step(const struct plan_step *s, const char *names)
{
	struct logged_change change = { .before = s->before,
		                        .after = s->after,
		                        .person = s->person };

	if (!s->is_person) {
		change.affiliation = s->id;
		change.directory = s->directory;
		change.anchor = s->anchor;
	}
	change_log_append(&change, names);
}

/* Writes the differences, once. */
static bool apply_write(const struct config *cfg, struct arena *a,
                        struct plan_step *s, const struct current_entry *now,
                        const char *dn, enum directory_write_result *result,
                        struct error *err)
{
	size_t count = 0;
	char *csn = NULL;
	char *names = NULL;
	struct directory_change *changes =
	    apply_changes(a, s, now->attrs, &count, &names);

	if (now->attrs && count == 0) {
		s->csn = now->csn;
		*result = WRITE_OK;
		return true;
	}
	bool good =
	    now->attrs ? catalogue_modify(catalogue_writer, cfg, a, dn, changes,
	                                  count, now->csn, result, &csn, err)
		       : catalogue_add(catalogue_writer, cfg, a, dn, changes,
	                               count, result, &csn, err);
	if (good && *result == WRITE_OK) {
		s->csn = csn;
		apply_log_step(s, names);
	}
	return good;
}

/* After a concurrent write the entry is read again and compared anew; after a
 * rejected one, what the server rejects is left out.  Each rejection leaves out
 * at least one attribute, so it ends. */
bool apply_converge(const struct config *cfg, struct arena *a,
                    struct plan_step *s, struct error *err)
{
	struct current_entry now = { .arena = a,
		                     .attrs = (json_t *)s->before,
		                     .csn = s->csn };
	const char *dn = apply_step_dn(a, cfg, s);
	int tries = 0;

	while (tries < TRIES) {
		enum directory_write_result result = WRITE_FAILED;

		if (!apply_write(cfg, a, s, &now, dn, &result, err)) {
			if (err->kind != ERROR_INVALID ||
			    !refused_leave_out(a, s, now.attrs, err->text))
				return false;
			continue;
		}
		if (result == WRITE_OK)
			return true;
		if (!apply_reread(cfg, &now, s, dn, err))
			return false;
		apply_note_foreign_write();
		tries++;
	}
	/* Or its parent is gone: the catalogue must be read back. */
	work_request_verify();
	return error_set(err, ERROR_INVALID,
	                 "entry is changed concurrently by another client");
}

bool apply_move(const struct config *cfg, struct arena *a, struct plan_step *s,
                struct error *err)
{
	char *above = arena_printf(a, "portvaktId=%s,ou=people,%s", s->person,
	                           cfg->catalogue.base);
	enum directory_write_result result = WRITE_FAILED;
	char *csn = NULL;

	if (!catalogue_move(catalogue_writer, cfg, a,
	                    apply_affiliation_dn(a, cfg, s, s->current_parent),
	                    above, &result, &csn, err))
		return false;
	/* No longer there: apply_converge() finds out where it is. */
	s->current_parent = NULL;
	if (result != WRITE_OK)
		return true;
	s->csn = csn;
	apply_log_step(s, "moved");
	return true;
}

bool apply_remove(const struct config *cfg, struct arena *a,
                  struct plan_step *s, struct error *err)
{
	enum directory_write_result result = WRITE_FAILED;

	if (!s->before)
		return true;
	if (!catalogue_delete(catalogue_writer, cfg, a,
	                      apply_step_dn(a, cfg, s), &result, err))
		return false;
	apply_log_step(s, NULL);
	return true;
}

/* ---- municipalities */

static bool apply_municipality(const struct config *cfg, struct arena *a,
                               const struct municipality *m, struct error *err)
{
	static const char *const classes[] = { "portvaktBody", "norEduOrg",
		                               NULL };
	const struct derived_entry municipality = {
		.dn = arena_printf(a, "portvaktId=%s,ou=municipalities,%s",
		                   m->name, cfg->catalogue.base),
		.classes = classes,
		.names = managed_municipality_attributes,
		.attrs = desired_municipality(a, m),
	};

	return derived_entry_converge(cfg, a, &municipality, err);
}

static bool apply_municipality_is_purged(struct arena *a,
                                         const struct config *cfg,
                                         const struct municipality *m)
{
	state_lock();
	bool is_purged = purge_is_due(a, cfg, m);
	state_unlock();
	return is_purged;
}

bool apply_municipalities(const struct config *cfg, struct error *err)
{
	struct arena *a = arena_open();
	bool good = true;

	for (size_t i = 0; i < cfg->municipality_count && good; i++)
		good = apply_municipality_is_purged(a, cfg,
		                                    &cfg->municipalities[i]) ||
		       apply_municipality(cfg, a, &cfg->municipalities[i], err);
	arena_close(a);
	return good;
}
