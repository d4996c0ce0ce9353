/* SPDX-License-Identifier: AGPL-3.0-or-later
 * accept.c: accepts a connection; waits in a shortage of descriptors or
 * memory. */
#include "lib/process/accept.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "lib/compiler.h"
#include "lib/log.h"

enum { SHORTAGE_PAUSE_MS = 100 };

/* All others are about one connection: the client has gone. */
static bool accept_is_shortage(int error)
{
	static const int shortages[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM };

	for (size_t i = 0; i < LENGTH(shortages); i++)
		if (shortages[i] == error)
			return true;
	return false;
}

static void accept_note(struct accept_state *s, int error)
{
	if (!s->in_shortage)
		log_event(LOG_PROCESS_ACCEPT_FAILED, "error", strerror(error),
		          NULL);
	s->in_shortage = true;
}

int accept_client(int listen_fd, struct accept_state *s)
{
	const struct timespec pause = { .tv_nsec =
		                            SHORTAGE_PAUSE_MS * 1000000L };
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0 && accept_is_shortage(errno)) {
		accept_note(s, errno);
		(void)nanosleep(&pause, NULL);
	}
	if (fd < 0)
		return -1;
	if (s->in_shortage)
		log_event(LOG_PROCESS_ACCEPT_RESUMED, NULL);
	s->in_shortage = false;
	return fd;
}
