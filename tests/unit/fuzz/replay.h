/* SPDX-License-Identifier: AGPL-3.0-or-later
 * replay.h: runs a fuzz target on its seeds, as a regression test. The
 * including file names the target:
 *
 *	#define TARGET "xml"
 *	#include "tests/fuzz/xml_fuzz.c"
 *	#include "tests/unit/fuzz/replay.h"
 */
#include "tests/unit/test.h"

#include <dirent.h>
#include <stdio.h>

static void run_seed(const char *name)
{
	char *path = NULL;
	static uint8_t bytes[1 << 20];

	assert_true(asprintf(&path, "tests/fuzz/seeds/" TARGET "/%s", name) >
	            0);
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	size_t length = fread(bytes, 1, sizeof(bytes), f);

	(void)fclose(f);
	free(path);
	assert_int_equal(LLVMFuzzerTestOneInput(bytes, length), 0);
}

static void the_seed_corpus_passes(void **state)
{
	DIR *folder = opendir("tests/fuzz/seeds/" TARGET);
	size_t seeds = 0;

	(void)state;
	assert_non_null(folder);
	for (struct dirent *e; (e = readdir(folder)); seeds++)
		if (e->d_name[0] != '.')
			run_seed(e->d_name);
	closedir(folder);
	assert_true(seeds > 2);
}

TESTS(the_seed_corpus_passes)
