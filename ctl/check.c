/* SPDX-License-Identifier: AGPL-3.0-or-later
 * check.c: the commands that need no running process: the configuration check
 * and the keyword list of the manual. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/text.h"
#include "region/region.h"
#include "region/region_words.h"

enum { WRONG_USAGE = 64, LONGEST_PATH = 4096 };

/* Returns the path relative to the current directory if it is below it. */
static const char *from_here(const char *file)
{
	static char here[LONGEST_PATH];
	size_t length = getcwd(here, sizeof(here)) ? strlen(here) : 0;

	if (length > 1 && strncmp(file, here, length) == 0 &&
	    file[length] == '/')
		return file + length + 1;
	return file;
}

static void print_complaints(const struct command *c,
                             const struct conf_complaints *wrong)
{
	for (size_t i = 0; i < wrong->count; i++) {
		struct conf_complaint one = wrong->at[i];

		one.file = from_here(one.file);
		printf("%s\n", conf_complaint_text(c->arena, &one));
	}
}

int command_check(const struct command *c)
{
	const char *file = c->count > 1 ? c->words[1] : c->conf;
	struct conf_complaints wrong;
	struct region *r = region_read(c->arena, file, &wrong);

	print_complaints(c, &wrong);
	if (!r) {
		fprintf(stderr, "%s: %zu mistake%s\n", file, wrong.count,
		        wrong.count == 1 ? "" : "s");
		return 1;
	}
	printf("%s is good: %zu municipalities, %zu directories, %zu services; "
	       "%.16s\n",
	       file, r->municipality_count, r->directory_count,
	       r->service_count, r->hash);
	region_release(r);
	return 0;
}

int command_words(const struct command *c)
{
	if (!text_equal(c->words[1], "--mdoc")) {
		fprintf(stderr, "usage: portvaktctl words --mdoc\n");
		return WRONG_USAGE;
	}
	printf("%s", region_words_mdoc(c->arena));
	return 0;
}
