/* SPDX-License-Identifier: AGPL-3.0-or-later
 * bundle.h: what a municipality takes along when it leaves: a folder of files,
 * a manifest that names each with its hash, and the giving region's word that
 * this is the manifest (docs/decisions/0013). */
#ifndef REGION_BUNDLE_H
#define REGION_BUNDLE_H

#include "lib/json.h"

/* The files that are made of what there is now, in the order in which the
 * catalogue takes those of LDIF; NULL-terminated. */
extern const char *const bundle_files[];

/* A manifest under way: says v, what, and no file yet. */
json_t *bundle_manifest(struct arena *a, const char *municipality);
/* Hashes a file of the folder into it. */
bool bundle_add(struct arena *a, const char *folder, const char *file,
                json_t *manifest, struct fault *why) must_check;

/* The manifest of a folder, where it is signed with the key of this
 * thumbprint, is about a leaving municipality, and every file it names is
 * there as it was.  REFUSED names the first thing that is wrong. */
bool bundle_open(struct arena *a, const char *folder, const char *thumbprint,
                 json_t **ret_manifest, struct fault *why) must_check;

/* LDIF of a bundle, with its entries below another base.  Root will load it:
 * REFUSED for a line that says anything but an attribute of a new entry below
 * from, or an attribute that no bundle holds. */
bool bundle_rebase(struct arena *a, const char *ldif, const char *from,
                   const char *to, char **ret_ldif,
                   struct fault *why) must_check;

#endif
