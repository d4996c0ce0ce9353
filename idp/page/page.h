/* SPDX-License-Identifier: AGPL-3.0-or-later
 * page.h: what people see.  Templates are compiled: a misspelt blank or word
 * stops the build, and every blank is escaped unless its type says markup. */
#ifndef IDP_PAGE_PAGE_H
#define IDP_PAGE_PAGE_H

#include "idp/session/visit.h"

/* A page that says why it did not work: the reason's sentence and what to do
 * now, in the visit's language, the municipality's contact where one is
 * known, and the receipt's code.  status and sentence come from reasons.def.
 * code NULL: page_fault writes the receipt itself first. */
void page_refused(struct visit *v, const char *reason,
                  const struct municipality *m, const char *code);

/* The same for a fault on the way: its reason, or what its kind says. */
void page_fault(struct visit *v, const struct fault *why);

/* The words' text in the visit's language; a missing one does not compile:
 * names are generated as WORD_... constants in words.h. */

#endif
