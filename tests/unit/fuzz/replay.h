/* SPDX-License-Identifier: AGPL-3.0-or-later
 * replay.h: plays a fuzz target's seeds again: what it once stumbled over, it
 * does not stumble over now.  The including file names the target:
 *
 *	#define TARGET "xml"
 *	#include "tests/fuzz/xml_fuzz.c"
 *	#include "tests/unit/fuzz/replay.h"
 */
#include "tests/unit/test.h"

#include <dirent.h>
#include <stdio.h>

static void play(const char *name)
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

static void the_seeds_of_its_fuzz_target_break_nothing(void **state)
{
	DIR *folder = opendir("tests/fuzz/seeds/" TARGET);
	size_t played = 0;

	(void)state;
	assert_non_null(folder);
	for (struct dirent *e; (e = readdir(folder)); played++)
		if (e->d_name[0] != '.')
			play(e->d_name);
	closedir(folder);
	assert_true(played > 2);
}

TESTS(the_seeds_of_its_fuzz_target_break_nothing)
