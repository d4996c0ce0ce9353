/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_build.c: helpers shared by all build steps of the configuration. */
#include "region/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/conf_check.h"
#include "lib/file.h"
#include "lib/secret.h"
#include "lib/text.h"

struct place build_place(const struct conf_statement *s)
{
	return (struct place){ .file = s->file, .line = (int)s->line };
}

size_t build_count(const struct build *b, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < b->top->count; i++)
		count += text_equal(b->top->at[i].words[0], name);
	return count;
}

char **build_words(struct build *b, const struct conf_block *block,
                   const char *name)
{
	LIST(char *) list = { 0 };

	for (const struct conf_statement *s = conf_find(block, name); s;
	     s = conf_next(block, s))
		for (size_t i = 1; i < s->word_count; i++)
			*list_add(b->arena, &list) =
			    arena_copy(b->arena, s->words[i]);
	*list_add(b->arena, &list) = NULL;
	return list.at;
}

/* A file that this process may not see is not checked: each process has access
 * to its own credentials only, and systemd provides them per unit. */
static void look_at_secret(struct build *b, const struct conf_statement *s,
                           size_t i)
{
	const char *folder = b->region->credentials;
	const char *name = s->words[i] + 1;
	const char *path;
	struct stat st;

	if (b->rules_only || getenv("CREDENTIALS_DIRECTORY"))
		return;
	if (!secret_find(b->arena, folder, name, &path))
		conf_complain(b->wrong, s, i, "there is no file %s/%s", folder,
		              name);
	if (!path || stat(path, &st) != 0)
		return;
	if (!S_ISREG(st.st_mode))
		conf_complain(b->wrong, s, i, "%s is not a file", path);
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		conf_complain(b->wrong, s, i,
		              "%s may be read by others; chmod 600 it", path);
}

const char *build_secret(struct build *b, const struct conf_statement *s,
                         size_t i)
{
	const char *name = conf_word_at(s, i);

	if (!name || name[0] != '@')
		return NULL;
	look_at_secret(b, s, i);
	return name + 1;
}

const char *build_file(struct build *b, const struct conf_statement *s)
{
	const char *said = conf_word_at(s, 1);

	if (!said)
		return NULL;
	const char *path = file_beside(b->arena, s->file, said);

	if (b->rules_only)
		return path;
	if (access(path, F_OK) != 0)
		path = file_beside(b->arena, b->region->file, said);
	if (access(path, R_OK) != 0)
		conf_complain(b->wrong, s, 1, "%s cannot be read: %s", path,
		              strerror(errno));
	else
		*list_add(b->arena, &b->files) = path;
	return path;
}

const char *build_host(struct build *b, const char *url)
{
	const char *host = url ? strstr(url, "://") : NULL;

	if (!host)
		return NULL;
	host += strlen("://");
	return text_lower(b->arena,
	                  arena_bytes(b->arena, host, strcspn(host, "/?#")));
}

const char *build_suggest(struct build *b, const char *said, const char *name)
{
	LIST(const char *) known = { 0 };

	for (const struct conf_statement *s = conf_find(b->top, name); s;
	     s = conf_next(b->top, s))
		if (s->word_count > 1)
			*list_add(b->arena, &known) = s->words[1];
	*list_add(b->arena, &known) = NULL;
	return conf_did_you_mean(b->arena, said, known.at);
}
