/* SPDX-License-Identifier: AGPL-3.0-or-later
 * remote.c: commands sent to another process's control socket; prints its
 * response line by line. */
#include "region/ask.h"

#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "lib/conf.h"
#include "lib/list.h"
#include "lib/text.h"
#include "region/decide.h"

/* Between two lines; a full synchronisation takes a while. */
enum { DEADLINE_MS = 120 * 1000 };

/* Reads the runtime directory only, so that a configuration with errors does
 * not prevent `status`. */
const char *run_folder(const struct command *c)
{
	struct conf_complaints ignored = { .arena = c->arena };
	struct conf_block top = { 0 };

	if (!conf_read(c->arena, c->conf, &top, &ignored) && top.count == 0)
		fprintf(stderr, "portvaktctl: cannot read %s\n", c->conf);
	const struct conf_statement *region = conf_find(&top, "region");

	return conf_value(region ? &region->block : NULL, "run",
	                  "/run/portvakt");
}

static void print_line(const char *line, void *nothing)
{
	(void)nothing;
	printf("%s\n", line);
}

static int ask_socket(const struct command *c, const char *socket, char **words)
{
	struct fault why = { 0 };
	const char *path =
	    arena_print(c->arena, "%s/%s", run_folder(c), socket);

	if (ask_lines(path, DEADLINE_MS, words, print_line, NULL, &why))
		return 0;
	/* A refusing process has sent its error as a line. */
	if (*why.text)
		fprintf(stderr, "portvaktctl: %s\n", why.text);
	return 1;
}

int command_admin(const struct command *c)
{
	return ask_socket(c, "admin.sock", c->words);
}

int command_status(const struct command *c)
{
	char *processes[] = { arena_copy(c->arena, "processes"), NULL };
	int idp = ask_socket(c, "master.sock", c->words);
	int sync = ask_socket(c, "sync.sock", processes);

	return idp != 0 || sync != 0;
}

/* The directory's own connector checks its source: that takes a while, and the
 * supervisor must not block. */
static int visit(const struct command *c, const char *directory)
{
	char *words[] = { arena_copy(c->arena, "doctor"), NULL };

	return ask_socket(c, arena_print(c->arena, "reader@%s.sock", directory),
	                  words);
}

static int command_doctor(const struct command *c)
{
	struct conf_complaints ignored = { .arena = c->arena };
	struct region *r = region_read_rules(c->arena, c->conf, &ignored);
	int status = r ? 0 : 1;

	if (!r)
		fprintf(stderr,
		        "portvaktctl: %s has mistakes; see "
		        "`portvaktctl check`\n",
		        c->conf);
	for (size_t i = 0; r && i < r->directory_count; i++)
		if (c->count < 3 ||
		    text_equal(c->words[2], r->directories[i].name))
			status |= visit(c, r->directories[i].name);
	region_release(r);
	return status;
}

/* An operator's override is recorded by admin; sync applies it. */
static bool is_decided(const char *word)
{
	static const char *const words[] = { "release", "welcome", "accept" };

	for (size_t i = 0; i < LENGTH(words); i++)
		if (text_equal(word, words[i]))
			return true;
	return false;
}

int command_sync(const struct command *c)
{
	char *status[] = { arena_copy(c->arena, "status"), NULL };

	static const struct {
		const char *word;
		int (*run)(const struct command *c);
	} ours[] = {
		{ "doctor", command_doctor },
		{ "figures", command_figures },
		{ "report", command_report },
	};

	for (size_t i = 0; i < LENGTH(ours) && c->count > 1; i++)
		if (text_equal(c->words[1], ours[i].word))
			return ours[i].run(c);
	if (c->count > 1 && is_decided(c->words[1]))
		return ask_socket(c, "admin.sock", c->words);
	return ask_socket(c, "sync.sock", c->count > 1 ? c->words + 1 : status);
}

/* ---- explain: --from also accepts the name of a network */

/* Replaces --from NAME, if it is a network, by an address in it or its
 * listener. */
static void add_from(const struct command *c, const struct region *r,
                     const char *said, char **option, char **value)
{
	const struct network *n = r ? region_network(r, said) : NULL;

	if (!n)
		return;
	if (n->listener)
		*option = arena_copy(c->arena, "--listener");
	*value = arena_copy(
	    c->arena, n->listener ? n->listener : network_address(c->arena, n));
}

int command_explain(const struct command *c)
{
	struct conf_complaints ignored;
	struct region *r = region_read_rules(c->arena, c->conf, &ignored);
	char **words = arena_array(c->arena, char *, (size_t)c->count + 1);

	for (int i = 0; i < c->count; i++)
		words[i] = c->words[i];
	for (int i = 3; i + 1 < c->count; i++)
		if (text_equal(words[i], "--from"))
			add_from(c, r, words[i + 1], &words[i], &words[i + 1]);
	region_release(r);
	return ask_socket(c, "admin.sock", words);
}
