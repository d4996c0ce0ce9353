/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signing_log.c: appends a JSON line for each signature: type, issuer,
 * audience, key. It holds no token and no person. A line without an audit
 * event reveals a signature that was not audited. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "idp/keeper/keeper.h"
#include "lib/clock.h"
#include "lib/text.h"

static int log_fd = -1;
static char *log_path;

bool issued_open(const char *folder, struct fault *why)
{
	struct arena *a = arena_open();
	const char *path = arena_print(a, "%s/issued.log", folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		(void)fault(why, FAULT_UNAVAILABLE, "cannot open %s: %s", path,
		            strerror(errno));
	free(log_path);
	log_path = strdup(path);
	arena_close(a);
	if (log_fd >= 0)
		(void)close(log_fd);
	log_fd = fd;
	return fd >= 0;
}

bool issued_note(const char *what, const char *issuer, const char *audience,
                 const char *kid, struct fault *why)
{
	struct arena *a = arena_open();
	json_t *line = js_keep(a, json_object());

	js_put(line, "at", clock_iso(a, clock_now()));
	js_put(line, "what", what);
	js_put(line, "issuer", issuer);
	js_put(line, "audience", audience);
	js_put(line, "kid", kid);
	const char *text = arena_print(a, "%s\n", js_write(a, line));
	const size_t length = strlen(text);
	bool noted = write(log_fd, text, length) == (ssize_t)length;

	arena_close(a);
	return noted ||
	       fault(why, FAULT_UNAVAILABLE, "what is signed cannot be noted");
}

OWNER(release_file, FILE *, fclose)

bool issued_by(const char *issuer, bool *ret, struct fault *why)
{
	own(release_file) FILE *log = fopen(log_path, "re");
	struct arena *a = arena_open();
	const char *said = arena_print(a, "\"issuer\":\"%s", issuer);
	char line[1024];

	*ret = false;
	while (log && !*ret && fgets(line, sizeof(line), log))
		*ret = strstr(line, said) != NULL;
	arena_close(a);
	return log || fault(why, FAULT_UNAVAILABLE, "%s: %s", log_path,
	                    strerror(errno));
}
