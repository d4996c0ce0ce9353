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
#include "region/plugin/plugin_file.h"

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

/* Every process reads a referenced file, and its copy is readable by all; so a
 * credential must not be one. */
static bool config_check_public(const struct config_builder *b,
                                const struct conf_statement *s, size_t i,
                                const char *path)
{
	struct stat st;
	const bool is_copy = b->place.root && !b->place.fill;

	if (b->rules_only || is_copy || stat(path, &st) != 0 ||
	    (st.st_mode & S_IROTH))
		return true;
	conf_error_add(b->errors, s, i,
	               "%s is not readable by all; set its mode to 0644", path);
	return false;
}

/* Puts a file into a copy that is being made, from its own path. */
static bool config_fill_copy(const struct config_builder *b, const char *path,
                             size_t max)
{
	const char *to = config_build_place(b, path);
	struct error ignored = { 0 };
	char *bytes;
	size_t length;

	return access(to, F_OK) != 0 && access(path, R_OK) == 0 &&
	       file_read_public(b->arena, path, max, &bytes, &length,
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
		(void)!config_fill_copy(b, path, MAX_REFERENCED_FILE);
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
	if (!config_check_public(b, s, 1, path))
		return config_build_place(b, path);
	if (access(config_build_place(b, path), R_OK) != 0)
		conf_error_add(b->errors, s, 1, "%s cannot be read: %s", path,
		               strerror(errno));
	else
		*vector_append(b->arena, &b->referenced_files) = path;
	return config_build_place(b, path);
}

/* ---- plugins */

/* A municipality names its own files only, and links lead nowhere else. */
static void config_check_data_file(struct config_builder *b,
                                   const struct conf_statement *s,
                                   const char *data)
{
	const char *slash = strrchr(b->cfg->file, '/');
	const size_t length = slash ? (size_t)(slash - b->cfg->file) + 1 : 0;
	/* A copy was checked when it was made. */
	const bool is_copy = b->place.root && !b->place.fill;
	char *path = is_copy ? NULL : realpath(data, NULL);

	/* A missing file is an error of the check of plugins. */
	if (path && strncmp(path, b->cfg->file, length) != 0)
		conf_error_add(
		    b->errors, conf_syntax_find(&s->block, "data"), 1,
		    "%s is not in the folder of the configuration", path);
	free(path);
}

/* Returns where the file is read, and sets its hash. */
static const char *config_build_plugin_file(struct config_builder *b,
                                            const char *path, size_t max,
                                            char ret_hash[65])
{
	const char *at = config_build_place(b, path);

	if (b->place.fill)
		(void)!config_fill_copy(b, path, max);
	plugin_hash_file(at, ret_hash);
	return at;
}

static struct plugin_conf config_build_plugin(struct config_builder *b,
                                              const struct conf_statement *s,
                                              size_t i, const char *owner)
{
	const char *data = conf_syntax_value(&s->block, "data", NULL);
	const char *library = plugin_path(b->arena, owner, s->args[i]);
	struct plugin_conf one = {
		.name = s->args[i],
		.own_library = library,
		.workers = 1,
		.data_hash = "-",
		.location = config_build_location(s),
		.column = (int)s->columns[i],
	};
	long long workers;

	if (text_to_number(conf_syntax_value(&s->block, "workers", "2"), 1,
	                   PLUGIN_MAX_WORKERS, &workers))
		one.workers = (int)workers;
	one.library =
	    config_build_plugin_file(b, library, PLUGIN_MAX_BYTES, one.hash);
	if (data) {
		data = file_relative_to(b->arena, s->file, data);
		config_check_data_file(b, s, data);
		(void)config_check_public(
		    b, conf_syntax_find(&s->block, "data"), 1, data);
		one.data = config_build_plugin_file(
		    b, data, PLUGIN_MAX_DATA_BYTES, one.data_hash);
	}
	if (s->has_block && s->arg_count > 2)
		conf_error_add(b->errors, s, 2,
		               "a block belongs to one plugin");
	return one;
}

static void config_check_unique_plugin(struct config_builder *b,
                                       const struct conf_statement *s, size_t i,
                                       const struct plugin_conf *known,
                                       size_t count)
{
	for (size_t k = 0; k < count; k++)
		if (text_equal(known[k].name, s->args[i]))
			conf_error_add(b->errors, s, i,
			               "plugin %s is listed twice", s->args[i]);
}

const struct plugin_conf *config_build_plugins(struct config_builder *b,
                                               const struct conf_block *in,
                                               const char *owner,
                                               size_t *ret_count)
{
	VECTOR(struct plugin_conf) list = { 0 };

	for (const struct conf_statement *s = conf_syntax_find(in, "plugin"); s;
	     s = conf_syntax_next(in, s))
		for (size_t i = 1; i < s->arg_count; i++) {
			config_check_unique_plugin(b, s, i, list.at,
			                           list.count);
			*vector_append(b->arena, &list) =
			    config_build_plugin(b, s, i, owner);
		}
	*ret_count = list.count;
	return list.at;
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
