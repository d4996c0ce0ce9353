/* SPDX-License-Identifier: AGPL-3.0-or-later
 * candidate.c: plugins that must never answer, one for each value of BAD; the
 * name is candidate. */
#include <fcntl.h>

#include "tests/plugins/test-plugin.h"

#define GOOD                 0
#define WRONG_VERSION        1
#define NO_STRUCT            2
#define UNDEFINED_SYMBOL     3
#define WRONG_NAME           4
#define CRASH                5
#define LOOP                 6
#define HUNGRY               7
#define CRASH_IN_CONSTRUCTOR 8
#define FORK_IN_CONSTRUCTOR  9
#define SELF_TEST            10
#define VALIDATE             11
#define OPEN_IN_PREPARE      12

#if BAD == UNDEFINED_SYMBOL
int no_such_function(void);
#else
static int no_such_function(void)
{
	return 0;
}
#endif

void *taken;
static volatile int *volatile nowhere;

__attribute__((constructor)) static void construct(void)
{
	if (BAD == CRASH_IN_CONSTRUCTOR)
		*nowhere = 1;
	if (BAD == FORK_IN_CONSTRUCTOR)
		(void)!fork();
}

static const char *prepare(const struct portvakt_data *data)
{
	const size_t three_gib = (size_t)3 << 30;

	(void)data;
	if (BAD == CRASH)
		*nowhere = 1;
	for (volatile int i = 0; BAD == LOOP; i = i + 1)
		continue;
	if (BAD == OPEN_IN_PREPARE && open("/etc/passwd", O_RDONLY) < 0)
		return "it cannot open its file";
	if (BAD == HUNGRY)
		taken = memset(malloc(three_gib), 1, three_gib);
	return no_such_function() ? "strange" : NULL;
}

static const char *self_test(void)
{
	return BAD == SELF_TEST ? "two and two are five" : NULL;
}

static size_t validate(size_t count, const char *const *arguments,
                       const char **ret_why)
{
	if (BAD == VALIDATE)
		abort();
	return validate_any(count, arguments, ret_why);
}

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	return PORTVAKT_PERMIT;
}

static const struct portvakt_condition conditions[] = {
	{ .name = "candidate",
	  .description = "x.",
	  .validate = validate,
	  .evaluate = evaluate },
	{ .name = NULL },
};

#if BAD == NO_STRUCT
const int portvakt_nothing = 1;
const void *const portvakt_used[] = { conditions, prepare, self_test };
#else
const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = BAD == WRONG_VERSION ? 9 : PORTVAKT_PLUGIN_2,
	.name = BAD == WRONG_NAME ? "another" : "candidate",
	.conditions = conditions,
	.prepare_data = prepare,
	.self_test = self_test,
};
#endif
