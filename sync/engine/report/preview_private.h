/* SPDX-License-Identifier: AGPL-3.0-or-later
 * preview_private.h: the preview of one source entry. */
#ifndef SYNC_ENGINE_REPORT_PREVIEW_PRIVATE_H
#define SYNC_ENGINE_REPORT_PREVIEW_PRIVATE_H

#include <stdbool.h>

#include "region/ipc/ipc_server.h"
#include "sync/engine/provision/reconcile_plan.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"

/* One entry being previewed. */
struct preview {
	const struct ipc_request *request;
	struct arena *arena;
	const struct config *cfg;
	const char *directory, *anchor;
	const struct source_entry *entry; /* NULL: it is gone */
	const char *entry_text;           /* see report_entry_text() */
	struct classification classification;
	bool is_classified, is_protected;
	const char *why_no_kind;            /* "": it has one */
	const char *linked, *linked_person; /* affiliation before; NULL: none */
	const char *affiliation, *person;   /* after the join; NULL: none */
	const char *former_person;
	const json_t *after; /* attributes of the affiliation; NULL: none */
	char ***held;        /* reason, time, details */
	size_t held_count;
	struct plan plan;
};

void preview_line(const struct preview *p, const char *label, const char *text);

/* Show the effects.  The values of a protected person are hidden. */
void preview_show_step(const struct preview *p, const struct plan_step *s);
void preview_show_dates(const struct preview *p);
void preview_show_login(const struct preview *p);

#endif
