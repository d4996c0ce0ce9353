/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_write.h: writes to the regional catalogue: portvakt-provisioner to
 * ou=people, groups, feide and municipalities, portvakt-admin to the rest.
 * slapd's access control enforces the split. */
#ifndef REGION_CATALOGUE_CATALOGUE_WRITE_H
#define REGION_CATALOGUE_CATALOGUE_WRITE_H

#include "region/config/config.h"
#include "region/ldap/directory.h"

enum catalogue_account { CATALOGUE_SYNC = 0, CATALOGUE_ADMIN };

/* One persistent connection, for a single thread. */
struct catalogue_writer;
struct catalogue_writer *catalogue_writer_open(enum catalogue_account account);
void catalogue_writer_close(struct catalogue_writer *w);

/* Each operation is applied once or not at all.  On ERROR_UNAVAILABLE the
 * outcome is unknown and a retry is safe: entryAlreadyExists and noSuchObject
 * (RFC 4511 A.1) are values of *ret, not errors. *ret_csn: see directory.h. */
bool catalogue_add(struct catalogue_writer *w, const struct config *cfg,
                   struct arena *a, const char *dn,
                   const struct directory_change *attributes, size_t count,
                   enum directory_write_result *ret, char **ret_csn,
                   struct error *err) must_check;
/* csn: fails unless the entry has this entryCSN (RFC 4528 assertion); NULL:
 * unconditional. */
bool catalogue_modify(struct catalogue_writer *w, const struct config *cfg,
                      struct arena *a, const char *dn,
                      const struct directory_change *changes, size_t count,
                      const char *csn, enum directory_write_result *ret,
                      char **ret_csn, struct error *err) must_check;
/* Moves the entry below another parent (newSuperior, RFC 4511 4.9) and keeps
 * its RDN. */
bool catalogue_move(struct catalogue_writer *w, const struct config *cfg,
                    struct arena *a, const char *dn, const char *new_superior,
                    enum directory_write_result *ret, char **ret_csn,
                    struct error *err) must_check;
bool catalogue_delete(struct catalogue_writer *w, const struct config *cfg,
                      struct arena *a, const char *dn,
                      enum directory_write_result *ret,
                      struct error *err) must_check;

/* Searches with the same account, which may read more than the reader
 * account. */
bool catalogue_for_each(struct catalogue_writer *w, const struct config *cfg,
                        const char *base, enum directory_scope scope,
                        const char *filter, const char *const *names,
                        bool (*each)(void *data,
                                     const struct directory_entry *e,
                                     struct error *err),
                        void *context, struct error *err) must_check;

#endif
