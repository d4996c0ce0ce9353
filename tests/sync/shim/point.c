/* SPDX-License-Identifier: AGPL-3.0-or-later
 * point.c: loaded into the writer by tests/sync/crash-points: ends the process,
 * as a kill would, at the n-th call that leaves a trace outside it: what it
 * writes to files and sockets.  The page it shares with the test says which. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
	_Atomic uint32_t count; /* calls since the test reset it */
	_Atomic uint32_t end;   /* the call to end at; 0: none */
	_Atomic uint32_t after; /* the call itself is still made */
} * page;

__attribute__((constructor)) static void map_page(void)
{
	const char *path = getenv("PORTVAKT_POINTS");
	int fd = path && strstr(program_invocation_name, "portvakt-provisioner")
	             ? open(path, O_RDWR | O_CLOEXEC)
	             : -1;
	void *at = fd < 0 ? MAP_FAILED
	                  : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
	                         fd, 0);

	if (at != MAP_FAILED)
		page = at;
	if (fd >= 0)
		(void)close(fd);
}

static int is_the_end(void)
{
	return page && atomic_load(&page->end) > 0 &&
	       atomic_fetch_add(&page->count, 1) + 1 == atomic_load(&page->end);
}

static void end(void)
{
	atomic_store(&page->end, 0);
	_exit(137);
}

#define POINT(type, name, parameters, ...)                                  \
	type name parameters                                                \
	{                                                                   \
		static type(*real) parameters;                              \
		int last = is_the_end();                                    \
                                                                            \
		if (last && !atomic_load(&page->after))                     \
			end();                                              \
		if (!real)                                                  \
			real = (type(*) parameters)dlsym(RTLD_NEXT, #name); \
		type result = real(__VA_ARGS__);                            \
		if (last)                                                   \
			end();                                              \
		return result;                                              \
	}

POINT(ssize_t, write, (int fd, const void *b, size_t n), fd, b, n)
POINT(ssize_t, writev, (int fd, const struct iovec *v, int n), fd, v, n)
POINT(ssize_t, pwrite64, (int fd, const void *b, size_t n, off64_t o), fd, b, n,
      o)
POINT(ssize_t, send, (int fd, const void *b, size_t n, int f), fd, b, n, f)
POINT(ssize_t, sendto,
      (int fd, const void *b, size_t n, int f, const struct sockaddr *a,
       socklen_t l),
      fd, b, n, f, a, l)
POINT(ssize_t, sendmsg, (int fd, const struct msghdr *m, int f), fd, m, f)
POINT(int, fsync, (int fd), fd)
POINT(int, fdatasync, (int fd), fd)
POINT(int, ftruncate64, (int fd, off64_t n), fd, n)
POINT(int, rename, (const char *from, const char *to), from, to)
POINT(int, unlink, (const char *path), path)
