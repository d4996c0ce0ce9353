/* SPDX-License-Identifier: AGPL-3.0-or-later
 * export_bundle.h: the data exported when a municipality is offboarded: a
 * directory of files, a manifest with the hash of each, and the region's
 * signature of the manifest (docs/decisions/0013). */
#ifndef REGION_AUDIT_EXPORT_BUNDLE_H
#define REGION_AUDIT_EXPORT_BUNDLE_H

#include "lib/json.h"

/* The files of a bundle; LDIF files in the order in which they are loaded into
 * the catalogue; NULL-terminated. */
extern const char *const export_bundle_files[];

/* Returns a new manifest without files, allocated in a. */
json_t *export_bundle_manifest_create(struct arena *a,
                                      const char *municipality);
/* Adds a file of the directory with its hash to the manifest. */
bool export_bundle_add_file(struct arena *a, const char *folder,
                            const char *file, json_t *manifest,
                            struct error *err) must_check;

/* Verifies a bundle and returns its manifest, allocated in a: signed with the
 * key of this thumbprint, a statement about a bundle, and every listed file
 * present and unchanged.  On error returns ERROR_REFUSED for the first
 * mismatch. */
bool export_bundle_verify(struct arena *a, const char *folder,
                          const char *thumbprint, json_t **ret_manifest,
                          struct error *err) must_check;

/* Rewrites the entries of a bundle's LDIF (RFC 2849) to another base.  Root
 * loads the result: returns ERROR_REFUSED for a line other than an attribute of
 * a new entry below from, and for an attribute that no bundle may contain. */
bool export_bundle_rebase(struct arena *a, const char *ldif, const char *from,
                          const char *to, char **ret_ldif,
                          struct error *err) must_check;

#endif
