/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_write.h: changing the regional catalogue.  For sync's writer, who
 * writes ou=people, groups, feide and municipalities, and for admin, who
 * writes the rest; slapd's rights see to it. */
#ifndef REGION_CATALOGUE_WRITE_H
#define REGION_CATALOGUE_WRITE_H

#include "region/directory.h"
#include "region/region.h"

enum catalogue_who { CATALOGUE_SYNC = 0, CATALOGUE_ADMIN };

/* One connection, kept; for one thread. */
struct catalogue_writer;
struct catalogue_writer *catalogue_writer_open(enum catalogue_who who);
void catalogue_writer_close(struct catalogue_writer *w);

/* Each is done once, or not at all; after UNAVAILABLE nobody knows, and doing
 * it again is right: an entry that is there already, or gone already, is an
 * answer and no fault.  csn as in directory.h. */
bool catalogue_add(struct catalogue_writer *w, const struct region *r,
                   struct arena *a, const char *dn,
                   const struct directory_change *attributes, size_t count,
                   enum write_result *ret, char **ret_csn,
                   struct fault *why) must_check;
/* Only if the entry still has this entryCSN; NULL: whatever it has. */
bool catalogue_change(struct catalogue_writer *w, const struct region *r,
                      struct arena *a, const char *dn,
                      const struct directory_change *changes, size_t count,
                      const char *csn, enum write_result *ret, char **ret_csn,
                      struct fault *why) must_check;
/* To below another entry, under the same name. */
bool catalogue_move(struct catalogue_writer *w, const struct region *r,
                    struct arena *a, const char *dn, const char *above,
                    enum write_result *ret, char **ret_csn,
                    struct fault *why) must_check;
bool catalogue_remove(struct catalogue_writer *w, const struct region *r,
                      struct arena *a, const char *dn, enum write_result *ret,
                      struct fault *why) must_check;

/* Reading as the same identity, which sees what the reader may not. */
bool catalogue_each(struct catalogue_writer *w, const struct region *r,
                    const char *base, enum directory_scope scope,
                    const char *filter, const char *const *names,
                    bool (*each)(void *with, const struct directory_entry *e,
                                 struct fault *why),
                    void *with, struct fault *why) must_check;

#endif
