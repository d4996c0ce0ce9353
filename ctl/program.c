/* SPDX-License-Identifier: AGPL-3.0-or-later
 * program.c: commands that are programs of their own, in the folder of the
 * processes: those that make a region on a machine and remove it. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/compiler.h"

const char *ctl_program_path(struct arena *a, const char *name)
{
	static const char *const folders[] = { "", "../libexec/portvakt/" };
	char self[PATH_MAX] = { 0 };

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0)
		return NULL;
	const char *folder = dirname(self);

	for (size_t i = 0; i < LENGTH(folders); i++) {
		const char *path =
		    arena_printf(a, "%s/%s%s", folder, folders[i], name);

		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

int command_program(const struct command *c)
{
	const char *name = arena_printf(c->arena, "portvakt-%s", c->argv[0]);
	const char *path = ctl_program_path(c->arena, name);

	if (!path) {
		(void)fprintf(stderr,
		              "portvaktctl: %s is not installed; it is in the "
		              "package portvakt-region\n",
		              name);
		return 1;
	}
	(void)execv(path, c->argv);
	(void)fprintf(stderr, "portvaktctl: %s: %s\n", path, strerror(errno));
	return 1;
}
