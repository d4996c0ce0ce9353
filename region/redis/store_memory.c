/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_memory.c: the memory of Redis, from the section "memory" of INFO. */
#include <limits.h>
#include <string.h>

#include "lib/strbuf.h"
#include "region/redis/store_private.h"

static bool store_memory_field(struct arena *a, const char *info,
                               const char *name, long long *ret)
{
	const char *line = strstr(info, arena_printf(a, "\n%s:", name));

	if (!line)
		return false;
	line = strchr(line, ':') + 1;
	return text_to_number(arena_memdup(a, line, strcspn(line, "\r\n")), 0,
	                      LLONG_MAX, ret);
}

bool store_memory_read(struct store *s, const struct config *cfg,
                       struct store_memory *ret, struct error *err)
{
	const char *const args[] = { "INFO", "memory", NULL };
	struct arena *a = arena_open();
	struct store_memory memory;
	struct store_reply reply;
	bool good = store_command(s->conns, cfg, a, args, &reply, err);

	if (good &&
	    (reply.type != STORE_REPLY_STRING ||
	     !store_memory_field(a, reply.text, "used_memory", &memory.used) ||
	     !store_memory_field(a, reply.text, "maxmemory", &memory.most)))
		good = store_unexpected_reply(err);
	if (good)
		*ret = memory;
	arena_close(a);
	return good;
}

int store_memory_percent(const struct store_memory *memory)
{
	if (memory->most <= 0)
		return 0;
	return (int)(memory->used * 100 / memory->most);
}
