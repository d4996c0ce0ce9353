/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldap_apply.c: changes one catalogue entry to its desired state.  The
 * assertion control (RFC 4528) on entryCSN detects concurrent writes, which
 * are never overwritten unread. */
#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/left.h"
#include "sync/writer/state.h"

enum { TRIES = 3, MEET_MS = 60000 };

struct catalogue_writer *catalogue_writer;

static const char *const person_classes[] = { "inetOrgPerson", "eduPerson",
	                                      "norEduPerson", "portvaktPerson",
	                                      NULL };
static const char *const affiliation_classes[] = { "portvaktAffiliation",
	                                           NULL };

static char *dn_below(struct arena *a, const struct region *r,
                      const struct step *s, const char *person)
{
	return arena_print(a, "portvaktId=%s,portvaktId=%s,ou=people,%s", s->id,
	                   person, r->catalogue.base);
}

char *step_dn(struct arena *a, const struct region *r, const struct step *s)
{
	if (s->is_person)
		return arena_print(a, "portvaktId=%s,ou=people,%s", s->id,
		                   r->catalogue.base);
	return dn_below(a, r, s, s->under ? s->under : s->person);
}

static struct directory_change text_change(struct arena *a, const char *name,
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
static size_t add_uncompared(struct arena *a, const struct step *s, bool whole,
                             struct directory_change *to)
{
	size_t n = 0;

	if (whole)
		to[n++] = text_change(a, "objectClass",
		                      s->is_person ? person_classes
		                                   : affiliation_classes);
	if (s->sealed) {
		const char *texts[] = { *s->sealed ? s->sealed : NULL, NULL };

		to[n++] = text_change(a, "portvaktNationalId", texts);
	}
	if (!s->is_person &&
	    text_equal(form_text(s->after, "portvaktStatus"), "active")) {
		const char *texts[] = { clock_ldap(a, clock_now()), NULL };

		to[n++] = text_change(a, "portvaktLastSeen", texts);
	}
	return n;
}

/* Returns the changes from before to the desired state, allocated in a, and the
 * attributes written with them. */
static struct directory_change *changes_for(struct arena *a,
                                            const struct step *s,
                                            const json_t *before,
                                            size_t *ret_count, char **ret_names)
{
	size_t compared = 0;
	const struct directory_change *changes =
	    form_changes(a, before, s->after, &compared, ret_names);
	struct directory_change *all =
	    arena_array(a, struct directory_change, compared + 3);
	size_t n = 0;

	*ret_count = 0;
	if (before && compared == 0)
		return all;
	for (size_t i = 0; i < compared; i++)
		all[n++] = changes[i];
	*ret_count = n + add_uncompared(a, s, !before, &all[n]);
	return all;
}

const struct directory_change *step_attributes(struct arena *a,
                                               const struct step *s,
                                               size_t *ret_count)
{
	char *names = NULL;

	return changes_for(a, s, NULL, ret_count, &names);
}

static bool keep_entry(void *with, const struct directory_entry *e,
                       struct fault *why)
{
	struct reread *k = with;

	(void)why;
	k->form = form_of_entry(k->arena, e, k->names);
	k->csn = arena_copy(k->arena, entry_text(e, "entryCSN"));
	return true;
}

bool reread_entry(const struct region *r, struct reread *k, const char *dn,
                  struct fault *why)
{
	static const char *const all[] = { "*", "entryCSN", NULL };

	k->form = NULL;
	k->csn = NULL;
	return catalogue_each(catalogue_writer, r, dn, SCOPE_BASE,
	                      "(objectClass=*)", all, keep_entry, k, why);
}

static bool read_again(const struct region *r, struct reread *k,
                       const struct step *s, const char *dn, struct fault *why)
{
	k->names = s->is_person ? person_form_names : affiliation_form_names;
	return reread_entry(r, k, dn, why);
}

/* Another writer may have changed more: requests a read of the whole catalogue,
 * rate-limited. */
static void meet_another(void)
{
	static int64_t met_at;
	int64_t now = clock_monotonic_ms();

	if (met_at > 0 && now - met_at < MEET_MS)
		return;
	met_at = now;
	control_want_readback();
}

/* After a concurrent write the entry is read again and compared anew. */
bool bring(const struct region *r, struct arena *a, struct step *s,
           struct fault *why)
{
	struct reread now = { .arena = a,
		              .form = (json_t *)s->before,
		              .csn = s->csn };
	const char *dn = step_dn(a, r, s);
	char *names = NULL;

	for (int try = 0; try < TRIES; try++) {
		enum write_result result = WRITE_FAILED;
		size_t count = 0;
		char *csn = NULL;
		struct directory_change *changes =
		    changes_for(a, s, now.form, &count, &names);

		if (now.form && count == 0) {
			s->csn = now.csn;
			return true;
		}
		bool good =
		    now.form
			? catalogue_change(catalogue_writer, r, a, dn, changes,
		                           count, now.csn, &result, &csn, why)
			: catalogue_add(catalogue_writer, r, a, dn, changes,
		                        count, &result, &csn, why);
		if (!good)
			return false;
		if (result == WRITE_DONE) {
			s->csn = csn;
			journal(s, names);
			return true;
		}
		if (!read_again(r, &now, s, dn, why))
			return false;
		meet_another();
	}
	/* Or its parent is gone: the catalogue must be read back. */
	control_want_readback();
	return fault(why, FAULT_INVALID, "somebody else keeps writing it");
}

bool relocate(const struct region *r, struct arena *a, struct step *s,
              struct fault *why)
{
	char *above = arena_print(a, "portvaktId=%s,ou=people,%s", s->person,
	                          r->catalogue.base);
	enum write_result result = WRITE_FAILED;
	char *csn = NULL;

	if (!catalogue_move(catalogue_writer, r, a, dn_below(a, r, s, s->under),
	                    above, &result, &csn, why))
		return false;
	/* No longer there: apply_converge() finds out where it is. */
	s->under = NULL;
	if (result != WRITE_DONE)
		return true;
	s->csn = csn;
	journal(s, "moved");
	return true;
}

bool remove_entry(const struct region *r, struct arena *a, struct step *s,
                  struct fault *why)
{
	enum write_result result = WRITE_FAILED;

	if (!s->before)
		return true;
	if (!catalogue_remove(catalogue_writer, r, a, step_dn(a, r, s), &result,
	                      why))
		return false;
	journal(s, NULL);
	return true;
}

/* ---- municipalities */

static bool bring_body(const struct region *r, struct arena *a,
                       const struct municipality *m, struct fault *why)
{
	static const char *const classes[] = { "portvaktBody", "norEduOrg",
		                               NULL };
	const struct derived body = {
		.dn = arena_print(a, "portvaktId=%s,ou=municipalities,%s",
		                  m->name, r->catalogue.base),
		.classes = classes,
		.names = body_form_names,
		.form = form_of_body(a, m),
	};

	return derived_bring(r, a, &body, why);
}

static bool is_gone(struct arena *a, const struct region *r,
                    const struct municipality *m)
{
	state_lock();
	bool gone = left_has_gone(a, r, m);
	state_unlock();
	return gone;
}

bool write_bodies(const struct region *r, struct fault *why)
{
	struct arena *a = arena_open();
	bool good = true;

	for (size_t i = 0; i < r->municipality_count && good; i++)
		good = is_gone(a, r, &r->municipalities[i]) ||
		       bring_body(r, a, &r->municipalities[i], why);
	arena_close(a);
	return good;
}
