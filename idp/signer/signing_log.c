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

#include "idp/signer/signer.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

static int log_fd = -1;
static char *log_path;

bool signing_log_open(const char *folder, struct error *err)
{
	struct arena *a = arena_open();
	const char *path = arena_printf(a, "%s/signing.log", folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		(void)error_set(err, ERROR_UNAVAILABLE, "cannot open %s: %s",
		                path, strerror(errno));
	free(log_path);
	log_path = strdup(path);
	arena_close(a);
	if (log_fd >= 0)
		(void)close(log_fd);
	log_fd = fd;
	return fd >= 0;
}

bool signing_log_append(const char *what, const char *issuer,
                        const char *audience, const char *kid,
                        struct error *err)
{
	struct arena *a = arena_open();
	json_t *line = js_own(a, json_object());

	js_set_string(line, "at", clock_format_iso(a, clock_now()));
	js_set_string(line, "what", what);
	js_set_string(line, "issuer", issuer);
	js_set_string(line, "audience", audience);
	js_set_string(line, "kid", kid);
	const char *text = arena_printf(a, "%s\n", js_dump(a, line));
	const size_t length = strlen(text);
	bool written = write(log_fd, text, length) == (ssize_t)length;

	arena_close(a);
	return written || error_set(err, ERROR_UNAVAILABLE,
	                            "cannot write to the signing log");
}

DEFINE_CLEANUP(release_file, FILE *, fclose)

bool signing_log_has_issuer(const char *issuer, bool *ret, struct error *err)
{
	own(release_file) FILE *log = fopen(log_path, "re");
	struct arena *a = arena_open();
	const char *member =
	    issuer ? arena_printf(a, "\"issuer\":\"%s", issuer) : "";
	char line[1024];

	*ret = false;
	while (log && !*ret && fgets(line, sizeof(line), log))
		*ret = strstr(line, member) != NULL;
	arena_close(a);
	return log || error_set(err, ERROR_UNAVAILABLE, "%s: %s", log_path,
	                        strerror(errno));
}
