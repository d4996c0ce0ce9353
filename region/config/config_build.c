/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_build.c: helpers shared by all build steps of the configuration. */
#include "region/config/config_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/conf/conf_schema.h"
#include "lib/file.h"
#include "lib/process/credential.h"
#include "lib/strbuf.h"

enum { MAX_REFERENCED_FILE = 1024 * 1024 };

struct source_location config_build_location(const struct conf_statement *s)
{
	return (struct source_location){ .file = s->file,
		                         .line = (int)s->line };
}

size_t config_build_count(const struct config_builder *b, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < b->top->count; i++)
		count += text_equal(b->top->statements[i].args[0], name);
	return count;
}

bool config_build_has(const struct config_builder *b, const char *keyword,
                      const char *name)
{
	const struct conf_statement *s = conf_syntax_find(b->top, keyword);

	while (s && !text_equal(conf_syntax_arg(s, 1), name))
		s = conf_syntax_next(b->top, s);
	return s != NULL;
}

char **config_build_values(struct config_builder *b,
                           const struct conf_block *block, const char *name)
{
	VECTOR(char *) list = { 0 };

	for (const struct conf_statement *s = conf_syntax_find(block, name); s;
	     s = conf_syntax_next(block, s))
		for (size_t i = 1; i < s->arg_count; i++)
			*vector_append(b->arena, &list) =
			    arena_strdup(b->arena, s->args[i]);
	*vector_append(b->arena, &list) = NULL;
	return list.at;
}

/* A file that this process may not see is not checked: each process has access
 * to its own credentials only, and systemd provides them per unit. */
static void config_check_credential_file(struct config_builder *b,
                                         const struct conf_statement *s,
                                         size_t i)
{
	const char *folder = b->cfg->credentials_directory;
	const char *name = s->args[i] + 1;
	const char *path;
	struct stat st;

	if (b->rules_only || getenv("CREDENTIALS_DIRECTORY"))
		return;
	if (!credential_find(b->arena, folder, name, &path))
		conf_error_add(b->errors, s, i, "there is no file %s/%s",
		               folder, name);
	if (!path || stat(path, &st) != 0)
		return;
	if (!S_ISREG(st.st_mode))
		conf_error_add(b->errors, s, i, "%s is not a file", path);
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		conf_error_add(
		    b->errors, s, i,
		    "%s is accessible to others; set its mode to 600", path);
}

const char *config_build_secret(struct config_builder *b,
                                const struct conf_statement *s, size_t i)
{
	const char *name = conf_syntax_arg(s, i);

	if (!name || name[0] != '@')
		return NULL;
	config_check_credential_file(b, s, i);
	return name + 1;
}

const char *config_build_place(const struct config_builder *b, const char *path)
{
	return b->place.root
	           ? arena_printf(b->arena, "%s%s", b->place.root, path)
	           : path;
}

/* Puts a file into a copy that is being made, from its own path. */
static bool config_fill_copy(const struct config_builder *b, const char *path)
{
	const char *to = config_build_place(b, path);
	struct error ignored = { 0 };
	char *bytes;
	size_t length;

	return access(to, F_OK) != 0 && access(path, R_OK) == 0 &&
	       file_read(b->arena, path, MAX_REFERENCED_FILE, &bytes, &length,
	                 &ignored) &&
	       file_create_folders(to, &ignored) &&
	       file_write(to, bytes, length, 0644, &ignored);
}

static const char *config_find_referenced(const struct config_builder *b,
                                          const struct conf_statement *s,
                                          const char *base)
{
	const char *path = file_relative_to(b->arena, base, s->args[1]);

	if (b->place.fill)
		(void)!config_fill_copy(b, path);
	return path;
}

const char *config_build_file(struct config_builder *b,
                              const struct conf_statement *s)
{
	if (!conf_syntax_arg(s, 1))
		return NULL;
	const char *path = config_find_referenced(b, s, s->file);

	if (b->rules_only)
		return config_build_place(b, path);
	if (access(config_build_place(b, path), F_OK) != 0)
		path = config_find_referenced(b, s, b->cfg->file);
	if (access(config_build_place(b, path), R_OK) != 0)
		conf_error_add(b->errors, s, 1, "%s cannot be read: %s", path,
		               strerror(errno));
	else
		*vector_append(b->arena, &b->referenced_files) = path;
	return config_build_place(b, path);
}

const char *config_build_host(struct config_builder *b, const char *url)
{
	const char *host = url ? strstr(url, "://") : NULL;

	if (!host)
		return NULL;
	host += strlen("://");
	return text_lower(b->arena,
	                  arena_memdup(b->arena, host, strcspn(host, "/?#")));
}

const char *config_build_suggestion(struct config_builder *b, const char *value,
                                    const char *name)
{
	VECTOR(const char *) known = { 0 };

	for (const struct conf_statement *s = conf_syntax_find(b->top, name); s;
	     s = conf_syntax_next(b->top, s))
		if (s->arg_count > 1)
			*vector_append(b->arena, &known) = s->args[1];
	*vector_append(b->arena, &known) = NULL;
	return conf_did_you_mean(b->arena, value, known.at);
}
