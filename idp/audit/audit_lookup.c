/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_lookup.c: finds an audit event by its receipt code. The code holds
 * node and day, so that day's files are searched without an index. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idp/audit/audit_log.h"
#include "lib/file.h"
#include "lib/strbuf.h"
#include "region/audit/audit_chain.h"

static json_t *audit_lookup_in_file(struct arena *a, const char *path,
                                    const char *code)
{
	const char *member = arena_printf(a, "\"code\":\"%s\"", code);
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	json_t *found = NULL, *event;

	while (in && !found && (length = getline(&line, &capacity, in)) > 0)
		if (strstr(line, member) &&
		    js_parse(a, line, (size_t)length, &event, NULL) &&
		    text_equal(js_string(event, "code"), code))
			found = event;
	free(line);
	if (in)
		(void)fclose(in);
	return found;
}

/* The newest year is first: the code has no year. */
static json_t *audit_lookup_in_folder(struct arena *a, const char *log_folder,
                                      const char *municipality,
                                      const char *suffix, const char *code)
{
	const char *folder = arena_printf(a, "%s/%s", log_folder, municipality);
	size_t count;
	char **names;
	json_t *found = NULL;

	if (!file_list(a, folder, suffix, &names, &count, NULL))
		return NULL;
	while (count > 0 && !found)
		found = audit_lookup_in_file(
		    a, arena_printf(a, "%s/%s", folder, names[--count]), code);
	if (found)
		js_set_string(found, "municipality", municipality);
	return found;
}

bool audit_lookup(struct arena *a, const char *log_folder, const char *typed,
                  json_t **ret_event, struct error *err)
{
	const char *code, *node, *month_day;
	uint64_t counter;
	size_t count;
	char **names;
	json_t *found = NULL;

	if (!receipt_code_parse(a, typed, &code, &node, &month_day, &counter))
		return error_set(err, ERROR_INVALID,
		                 "not a valid receipt code");
	if (!file_list(a, log_folder, "", &names, &count, err))
		return false;
	const char *suffix = arena_printf(a, "-%.2s-%s.%s.jsonl", month_day,
	                                  month_day + 2, node);

	for (size_t i = 0; i < count && !found; i++)
		found = audit_lookup_in_folder(a, log_folder, names[i], suffix,
		                               code);
	*ret_event = found;
	return true;
}
