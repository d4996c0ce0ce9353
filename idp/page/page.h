/* SPDX-License-Identifier: AGPL-3.0-or-later
 * page.h: what people see.  Templates are compiled: a misspelt blank or word
 * stops the build, and every blank is escaped unless its type says markup. */
#ifndef IDP_PAGE_PAGE_H
#define IDP_PAGE_PAGE_H

#include "idp/session/ticket.h"
#include "words.h"

/* A page that says why it did not work: the reason's sentence and what to do
 * now, in the visit's language, the municipality's contact where one is
 * known, and the receipt's code.  status and sentence come from reasons.def.
 * code NULL: page_fault writes the receipt itself first. */
void page_refused(struct visit *v, const char *reason,
                  const struct municipality *m, const char *code);

/* The same for a fault on the way: its reason, or what its kind says. */
void page_fault(struct visit *v, const struct fault *why);

/* The visit's language; its texts. */
enum language page_language(const struct visit *v);
const char *page_text(const struct visit *v, enum word w);
/* "kind-employee", "reason-network" by name; WORD_COUNT where there is none. */
enum word page_word(const char *kind, const char *name);

/* A page in its frame: header with the municipality's name, mark and colour,
 * languages, footer. */
struct sheet {
	int status;
	const char *title;
	const char *body;             /* markup, from a fill_ function */
	const struct municipality *m; /* NULL: the region's look */
	const char *back; /* word of a page the language links lead back to
	                   * (login, portal, ...); NULL: no links */
	const struct ticket *ticket; /* its t goes along */
	const char *csp;
};
void page_put(struct visit *v, const struct sheet *s);

/* What a form's page may lead to besides ourselves: browsers follow
 * form-action through redirects, so the service at the end is in it. */
char *page_csp_for(struct visit *v, const struct ticket *t);

/* The page that POSTs fields to a service's address by itself, and by a
 * button where there is no script.  The address has been checked. */
void page_post(struct visit *v, const char *address, const char *service,
               const struct pair *fields, size_t count);

/* The mark's name below /assets/, or NULL where there is none to show. */
const char *page_mark(struct visit *v, const struct municipality *m);

/* GET /assets/NAME: style, icon, marks and colours. */
void page_asset(struct visit *v);

/* "21.11.2026 kl. 23.05" in Europe/Oslo. */
char *page_time(struct visit *v, int64_t when);

/* A request the gate turned away, before there is a visit's word of it. */
void page_turned_away(struct visit *v, int status, const char *reason);

#endif
