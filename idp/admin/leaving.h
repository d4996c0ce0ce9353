/* SPDX-License-Identifier: AGPL-3.0-or-later
 * leaving.h: a municipality that leaves: who belongs to it and to it alone,
 * the bundle it takes along, and its removal (docs/LEAVING.md). */
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
	size_t staying;       /* of people: who have another affiliation */
};

/* Reads who that is, as the catalogue has it now. */
bool leaving_find(const struct act *t, const struct municipality *m,
                  struct leaving *ret, struct fault *why) must_check;

/* Whether a decision's subject is an entry or an affiliation of theirs.  In a
 * directory that another municipality reads too, only the entries that are
 * their people's. */
bool leaving_owns(const struct leaving *l, const char *subject);

/* Whether the municipality's people come to a service by the region's issuer:
 * such a service must be told who is who. */
bool leaving_must_be_told(const struct municipality *m,
                          const struct service *s);

/* Each entry below ou=<tree>. */
bool leaving_each(const struct leaving *l, const char *tree,
                  enum directory_scope scope, const char *filter,
                  const char *const *names,
                  bool (*each)(void *with, const struct directory_entry *e,
                               struct fault *why),
                  void *with, struct fault *why) must_check;

/* Whether --keep-record was typed.  What is decided for later says so as a
 * subject of its decision. */
bool leaving_keeps_record(const struct act *t);
extern const char keep_record[];

/* The steps that were decided: "end", "after", "remove"; when, 0: not. */
bool leaving_decided(const struct leaving *l, const char *step, int64_t *ret,
                     struct fault *why) must_check;
bool leaving_decide(const struct act *t, const struct municipality *m,
                    const char *step, int64_t until,
                    struct fault *why) must_check;

/* What portvaktctl writes to a file of that name in the bundle. */
bool leaving_file(const struct leaving *l, const char *name,
                  struct fault *why) must_check;

/* ---- text on its way to portvaktctl, as it is */

struct parcel {
	const struct act *act;
	struct text waiting;
};
struct parcel parcel_for(const struct act *t);
void parcel_add(struct parcel *p, const char *text);
void parcel_send(struct parcel *p);

/* One attribute of LDIF (RFC 2849), and an entry of it: but what is never to
 * leave, and what keep says no to (NULL: keep all). */
void ldif_value(struct parcel *p, const char *name,
                const struct directory_value *v);
void ldif_text(struct parcel *p, const char *name, const char *value);
void ldif_entry(struct parcel *p, const struct directory_entry *e,
                bool (*keep)(void *with, const char *name,
                             const struct directory_value *v),
                void *with);

/* ---- the files that tell services: services.json, subjects.csv */

bool leaving_services(const struct leaving *l, struct parcel *p,
                      struct fault *why) must_check;
bool leaving_subjects(const struct leaving *l, struct parcel *p,
                      struct fault *why) must_check;

/* ---- removal */

/* Ends what they have open. */
bool leaving_end(const struct act *t, const struct municipality *m,
                 struct fault *why) must_check;
/* All of it, going on where an earlier try stopped. */
bool leaving_remove(const struct act *t, const struct municipality *m,
                    struct fault *why) must_check;
/* From now on, what was decided for later is done when its day has come. */
bool leaving_later(struct fault *why) must_check;
/* Everything in Redis that names one of these ids; how many. */
bool leaving_sweep(const struct act *t, const json_t *ids, size_t *ret_count,
                   struct fault *why) must_check;

#endif
