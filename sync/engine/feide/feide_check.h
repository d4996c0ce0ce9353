/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide_check.h: the errors of Feide's validator. */
#ifndef SYNC_ENGINE_FEIDE_FEIDE_CHECK_H
#define SYNC_ENGINE_FEIDE_FEIDE_CHECK_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "region/config/config.h"

enum feide_issue {
	FEIDE_ISSUE_NONE = 0,
	FEIDE_DUPLICATE_UNIT,
	FEIDE_GROUPID_NOT_CANONICAL,
	FEIDE_GROUPID_WITHOUT_GROUP,
	FEIDE_GROUP_CODE_INVALID,
	FEIDE_GROUP_WITHOUT_CODE,
	FEIDE_GROUP_WITHOUT_GROUPID,
	FEIDE_MISSING_GREP,
	FEIDE_MISSING_GROUPIDS,
	FEIDE_MISSING_GROUPS,
	FEIDE_MISSING_UNIT,
	FEIDE_MISSING_ATTRIBUTE,
	/* not in Feide's validator */
	FEIDE_NAME_TAKEN,
	FEIDE_PROTECTED,
};

/* The code, what it means, and the remedy. */
struct feide_issue_text {
	const char *code, *description, *remedy;
};
const struct feide_issue_text *feide_issue_text(enum feide_issue e);
enum feide_issue feide_issue_from_code(const char *code);

/* Returns [{"error": code, "about": value}, ...], living in a: the errors of a
 * person's entry about to be published. */
json_t *feide_check_person(struct arena *a, const json_t *entry);
/* The same for the schools of one owner. */
json_t *feide_check_units(struct arena *a, const struct feide *f);
void feide_issue_add(json_t *issues, enum feide_issue e, const char *about);
/* Removes the invalid values.  Returns false when the entry must not be
 * published. */
bool feide_drop_invalid_values(struct arena *a, json_t *entry,
                               const json_t *issues);

#endif
