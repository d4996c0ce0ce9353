/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboarding.h: moves a municipality out of the region (docs/OFFBOARDING.md):
 * what belongs to it, the export bundle, and the removal. On error functions
 * return false and set err. */
#ifndef IDP_ADMIN_LEAVING_H
#define IDP_ADMIN_LEAVING_H

#include "idp/admin/entry.h"
#include "lib/text.h"

struct leaving {
	const struct act *act;
	struct arena *arena;
	const struct municipality *m;
	struct directory *catalogue;
	json_t *people;       /* id -> {name, active, stays} */
	json_t *affiliations; /* id -> its person's id */
	json_t *anchors;      /* "directory:anchor" -> true */
	size_t staying;       /* people with an affiliation elsewhere */
};

/* Returns the municipality's people, affiliations and anchors in the
 * catalogue. */
bool leaving_find(const struct act *t, const struct municipality *m,
                  struct leaving *ret, struct fault *why) must_check;

/* Returns whether an override's subject is an entry or affiliation of the
 * municipality. In a directory that another municipality reads too, only the
 * entries of its own people are. */
bool leaving_owns(const struct leaving *l, const char *subject);

/* Returns whether the municipality's people use the service through the
 * region's issuer, so that it needs a mapping of subject identifiers. */
bool leaving_must_be_told(const struct municipality *m,
                          const struct service *s);

/* Calls each for every entry at or below ou=<tree> that matches filter. */
bool leaving_each(const struct leaving *l, const char *tree,
                  enum directory_scope scope, const char *filter,
                  const char *const *names,
                  bool (*each)(void *with, const struct directory_entry *e,
                               struct fault *why),
                  void *with, struct fault *why) must_check;

/* Returns whether --keep-record was given. A removal ordered for later stores
 * it as a subject of its override. */
bool leaving_keeps_record(const struct act *t);
extern const char keep_record[];

/* Steps are "end", "after" and "remove". The first returns the time for which a
 * step was ordered, 0 if it was not; the second orders it. */
bool leaving_decided(const struct leaving *l, const char *step, int64_t *ret,
                     struct fault *why) must_check;
bool leaving_decide(const struct act *t, const struct municipality *m,
                    const char *step, int64_t until,
                    struct fault *why) must_check;

/* Sends a file of the bundle. On error ERROR_INVALID: no such file. */
bool leaving_file(const struct leaving *l, const char *name,
                  struct fault *why) must_check;

/* ---- text sent to portvaktctl in chunks */

struct parcel {
	const struct act *act;
	struct text waiting;
};
struct parcel parcel_for(const struct act *t);
void parcel_add(struct parcel *p, const char *text);
void parcel_send(struct parcel *p);

/* Write LDIF (RFC 2849): one attribute value, or an entry without secret
 * attributes and without values for which keep (NULL: keep all) returns
 * false. */
void ldif_value(struct parcel *p, const char *name,
                const struct directory_value *v);
void ldif_text(struct parcel *p, const char *name, const char *value);
void ldif_entry(struct parcel *p, const struct directory_entry *e,
                bool (*keep)(void *with, const char *name,
                             const struct directory_value *v),
                void *with);

/* ---- files for services: services.json, subjects.csv */

bool leaving_services(const struct leaving *l, struct parcel *p,
                      struct fault *why) must_check;
bool leaving_subjects(const struct leaving *l, struct parcel *p,
                      struct fault *why) must_check;

/* ---- removal */

/* Revokes the sessions of the municipality's people. */
bool leaving_end(const struct act *t, const struct municipality *m,
                 struct fault *why) must_check;
/* Removes everything; resumes after an earlier error. */
bool leaving_remove(const struct act *t, const struct municipality *m,
                    struct fault *why) must_check;
/* Starts the thread that runs removals ordered for later. */
bool leaving_later(struct fault *why) must_check;
/* Deletes every value in Redis that contains one of these ids; returns the
 * number of such values. */
bool leaving_sweep(const struct act *t, const json_t *ids, size_t *ret_count,
                   struct fault *why) must_check;

#endif
