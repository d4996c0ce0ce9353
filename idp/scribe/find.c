/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_lookup.c: finds an audit event by its receipt code. The code holds
 * node and day, so that day's files are searched without an index. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idp/scribe/journal.h"
#include "lib/file.h"
#include "lib/text.h"
#include "region/record.h"

static json_t *find_in_file(struct arena *a, const char *path, const char *code)
{
	const char *member = arena_print(a, "\"code\":\"%s\"", code);
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	json_t *found = NULL, *said;

	while (in && !found && (length = getline(&line, &room, in)) > 0)
		if (strstr(line, member) &&
		    js_read(a, line, (size_t)length, &said, NULL) &&
		    text_equal(js_string(said, "code"), code))
			found = said;
	free(line);
	if (in)
		(void)fclose(in);
	return found;
}

/* The newest year is first: the code has no year. */
static json_t *find_in_folder(struct arena *a, const char *record,
                              const char *municipality, const char *ending,
                              const char *code)
{
	const char *folder = arena_print(a, "%s/%s", record, municipality);
	size_t count;
	char **names;
	json_t *found = NULL;

	if (!file_list(a, folder, ending, &names, &count, NULL))
		return NULL;
	while (count > 0 && !found)
		found = find_in_file(
		    a, arena_print(a, "%s/%s", folder, names[--count]), code);
	if (found)
		js_put(found, "municipality", municipality);
	return found;
}

bool journal_find(struct arena *a, const char *record, const char *typed,
                  json_t **ret_receipt, struct fault *why)
{
	const char *code, *node, *month_day;
	uint64_t counter;
	size_t count;
	char **names;
	json_t *found = NULL;

	if (!record_code_read(a, typed, &code, &node, &month_day, &counter))
		return fault(why, FAULT_INVALID, "not a receipt's code");
	if (!file_list(a, record, "", &names, &count, why))
		return false;
	const char *ending =
	    arena_print(a, "-%.2s-%s.%s.jsonl", month_day, month_day + 2, node);

	for (size_t i = 0; i < count && !found; i++)
		found = find_in_folder(a, record, names[i], ending, code);
	*ret_receipt = found;
	return true;
}
