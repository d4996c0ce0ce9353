/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_files.c: the files of a configuration: the region's, which can have
 * every statement; those of municipality-files, which hold one municipality
 * each; and the directories that a confined process reads them from. */
#include <string.h>

#include "lib/conf/conf_type.h"
#include "lib/file.h"
#include "lib/strbuf.h"
#include "region/config/config_build.h"
#include "region/config/config_keywords.h"
#include "region/plugin/plugin_file.h"

enum { MAX_COPY_TEXT = 8192 };

typedef VECTOR(struct conf_statement) statement_vector;

static bool is_top_level_keyword(const char *name)
{
	const struct conf_keyword *k = config_keywords;

	while (k->name && !text_equal(k->name, name) &&
	       !(k->formerly && text_equal(k->formerly, name)))
		k++;
	return k->name != NULL;
}

/* ---- the files of the region */

/* A file is a configuration if it has a block or a known statement. */
static bool is_configuration(const struct conf_block *top, const char *file)
{
	for (size_t i = 0; i < top->count; i++) {
		const struct conf_statement *s = &top->statements[i];

		if (text_equal(s->file, file) &&
		    (s->has_block || is_top_level_keyword(s->args[0])))
			return true;
	}
	return false;
}

/* Adds what the region's files hold to *into. No line of a file that is no
 * configuration is in an error: it may be a file of passwords. */
static void add_region_statements(struct arena *a, const struct conf_block *top,
                                  statement_vector *into,
                                  struct conf_errors *errors)
{
	for (size_t i = 0; i < top->count; i++) {
		const struct conf_statement *s = &top->statements[i];

		if (is_configuration(top, s->file))
			*vector_append(a, into) = *s;
		else if (i == 0 || !text_equal(s[-1].file, s->file))
			conf_error_add_at(errors, s->file, 1, 1,
			                  "this is not a configuration of "
			                  "Portvakt: no statement of it is "
			                  "known");
	}
}

/* ---- the files of municipalities */

/* Returns "tinn" of policies/tinn.conf; NULL with an error if that is no
 * name. */
static const char *municipality_file_name(struct arena *a, const char *path,
                                          struct conf_errors *errors)
{
	static const struct conf_arg argument = { .type = CONF_NAME };
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	const char *name =
	    arena_memdup(a, base, strlen(base) - strlen(".conf"));

	if (conf_type_is_valid(&argument, name))
		return name;
	conf_error_add_at(errors, path, 1, 1,
	                  "a file of municipality-files is named like its "
	                  "municipality: lower-case letters, digits and "
	                  "hyphens, then .conf");
	return NULL;
}

/* What is no keyword at all is not repeated: it may be of any file. */
static void municipality_file_reject(const struct conf_statement *s,
                                     const char *name,
                                     struct conf_errors *errors)
{
	bool known = is_top_level_keyword(s->args[0]);

	conf_error_add(errors, s, 0,
	               "%s%sthis file holds one block, `municipality %s { "
	               "... }`, and nothing else",
	               known ? s->args[0] : "",
	               known ? " belongs to the region's files: " : "", name);
}

/* Returns the municipality block of a file, or NULL with an error. */
static const struct conf_statement *municipality_file_block(
    const struct conf_block *top, const char *name, struct conf_errors *errors)
{
	const struct conf_statement *found = NULL;

	for (size_t i = 0; i < top->count; i++) {
		const struct conf_statement *s = &top->statements[i];

		if (found || !text_equal(s->args[0], "municipality"))
			municipality_file_reject(s, name, errors);
		else
			found = s;
	}
	if (!found && top->count == 0)
		conf_error_add_at(errors, top->file, 1, 1,
		                  "this file is empty: it holds one block, "
		                  "`municipality %s { ... }`",
		                  name);
	if (found && !text_equal(conf_syntax_arg(found, 1), name))
		conf_error_add(errors, found, found->arg_count > 1 ? 1 : 0,
		               "the municipality of this file is %s, as its "
		               "name",
		               name);
	return found;
}

static void municipality_file_parse(struct arena *a, struct config_files *files,
                                    const char *path, statement_vector *into,
                                    struct conf_errors *errors)
{
	const char *name = municipality_file_name(a, path, errors);
	struct conf_block block = { 0 };
	size_t before = errors->count;

	*vector_append(a, &files->municipalities) = path;
	if (!name || (!conf_syntax_parse_single_file(a, &files->all, path,
	                                             &block, errors) &&
	              block.count == 0))
		return;
	const struct conf_statement *s =
	    municipality_file_block(&block, name, errors);

	if (s && errors->count == before)
		*vector_append(a, into) = *s;
}

/* One way only: a file of a municipality is named by municipality-files, which
 * keeps it to its part. */
static void reject_included_municipality(const struct conf_statement *s,
                                         const char *file,
                                         struct conf_errors *errors)
{
	if (text_equal(s->args[0], "municipality") &&
	    !text_equal(s->file, file))
		conf_error_add(errors, s, 0,
		               "a municipality is not included: name this file "
		               "in municipality-files, as in "
		               "`municipality-files policies/*.conf`");
}

static void config_parse_municipality_files(struct arena *a,
                                            struct config_files *files,
                                            const char *file,
                                            const struct conf_statement *s,
                                            statement_vector *into,
                                            struct conf_errors *errors)
{
	char **paths;

	if (!text_equal(s->args[0], "municipality-files") || s->arg_count != 2)
		return;
	paths = conf_syntax_find_files(a, &files->all, file, s, errors);
	for (; *paths; paths++)
		municipality_file_parse(a, files, *paths, into, errors);
}

const char *config_own_path(const char *root, const char *path)
{
	return root && text_starts(path, root) ? path + strlen(root) : path;
}

static void set_own_paths(const char *root, struct conf_statement *list,
                          size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct conf_statement *s = &list[i];

		s->file = config_own_path(root, s->file);
		s->block.file = config_own_path(root, s->block.file);
		set_own_paths(
		    root,
		    (struct conf_statement *)(uintptr_t)s->block.statements,
		    s->block.count);
	}
}

/* From here on a copy's files have their own paths. */
static void config_use_own_paths(const struct config_files *files,
                                 statement_vector *all, struct conf_block *top,
                                 size_t before, struct conf_errors *errors)
{
	const char *root = files->all.root;

	if (!root)
		return;
	set_own_paths(root, all->at, all->count);
	top->file = config_own_path(root, top->file);
	for (size_t i = before; i < errors->count; i++)
		errors->at[i].file = config_own_path(root, errors->at[i].file);
	for (size_t i = 0; i < files->all.read.count; i++)
		files->all.read.at[i] =
		    config_own_path(root, files->all.read.at[i]);
	for (size_t i = 0; i < files->municipalities.count; i++)
		files->municipalities.at[i] =
		    config_own_path(root, files->municipalities.at[i]);
}

bool config_parse_files(struct arena *a, struct config_files *files,
                        const char *main_file, struct conf_block *ret_top,
                        struct conf_errors *errors)
{
	const char *root = files->all.root ? files->all.root : "";
	const char *file = arena_printf(a, "%s%s", root, main_file);
	statement_vector all = { 0 };
	size_t before = errors->count;

	(void)!conf_syntax_parse_files(a, &files->all, file, ret_top, errors);
	add_region_statements(a, ret_top, &all, errors);
	const size_t count = all.count;

	for (size_t i = 0; i < count; i++)
		reject_included_municipality(&all.at[i], file, errors);
	for (size_t i = 0; i < count; i++) {
		const struct conf_statement s = all.at[i];

		config_parse_municipality_files(a, files, file, &s, &all,
		                                errors);
	}
	config_use_own_paths(files, &all, ret_top, before, errors);
	ret_top->statements = all.at;
	ret_top->count = all.count;
	return errors->count == before;
}

/* ---- a copy */

static const char copy_magic[] = "portvakt-configuration 1\n";

char *config_copy_text(struct arena *a, const char *main_file, const char *hash)
{
	return arena_printf(a, "%smain %s\nhash %s\n", copy_magic, main_file,
	                    hash);
}

static const char *copy_value(struct arena *a, const char *text,
                              const char *name)
{
	const char *at = strstr(text, arena_printf(a, "\n%s ", name));

	if (!at)
		return NULL;
	at += strlen(name) + 2;
	return arena_memdup(a, at, strcspn(at, "\n"));
}

bool config_place_read(struct arena *a, const char *path,
                       struct config_place *ret)
{
	struct error ignored = { 0 };
	size_t length = 0;
	char *text = NULL;

	*ret = (struct config_place){ .source = arena_strdup(a, path) };
	if (!file_read(a, path, MAX_COPY_TEXT, &text, &length, &ignored) ||
	    !text_starts(text, copy_magic))
		return false;
	ret->file = copy_value(a, text, "main");
	ret->hash = copy_value(a, text, "hash");
	if (!ret->file || !ret->hash || strlen(ret->hash) != 64 ||
	    strchr(ret->hash, '/'))
		return false;
	ret->root =
	    file_relative_to(a, path, arena_printf(a, "%s.files", ret->hash));
	return true;
}

/* ---- the directories */

struct path_list {
	struct arena *arena;
	VECTOR(const char *) at;
};

static void path_list_add(struct path_list *list, const char *directory)
{
	for (size_t i = 0; i < list->at.count; i++)
		if (text_equal(list->at.at[i], directory))
			return;
	*vector_append(list->arena, &list->at) = directory;
}

static void path_list_add_directory_of(struct path_list *list, const char *file)
{
	const char *slash = strrchr(file, '/');

	if (slash && slash > file)
		path_list_add(list, arena_memdup(list->arena, file,
		                                 (size_t)(slash - file)));
}

/* An included file is on the statements that it has. */
static void path_list_add_block(struct path_list *list,
                                const struct conf_block *block)
{
	const char *previous = NULL;

	for (size_t i = 0; i < block->count; i++) {
		const struct conf_statement *s = &block->statements[i];

		if (s->file != previous)
			path_list_add_directory_of(list, s->file);
		previous = s->file;
		path_list_add_block(list, &s->block);
	}
}

static void path_list_add_data_of(struct path_list *list,
                                  const struct plugin_conf *plugins,
                                  size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (plugins[i].data)
			path_list_add_directory_of(list, plugins[i].data);
}

const char *const *config_build_read_paths(const struct config_builder *b)
{
	struct path_list list = { .arena = b->arena };

	path_list_add_directory_of(&list, b->cfg->file);
	path_list_add_block(&list, b->top);
	for (size_t i = 0; i < b->referenced_files.count; i++)
		path_list_add_directory_of(&list, b->referenced_files.at[i]);
	path_list_add_data_of(&list, b->cfg->plugins, b->cfg->plugin_count);
	for (size_t i = 0; i < b->cfg->municipality_count; i++)
		path_list_add_data_of(&list, b->cfg->municipalities[i].plugins,
		                      b->cfg->municipalities[i].plugin_count);
	path_list_add(&list, plugin_directory(b->arena));
	path_list_add(&list, b->cfg->credentials_directory);
	if (b->place.root)
		path_list_add_directory_of(&list, b->place.root);
	*vector_append(b->arena, &list.at) = NULL;
	return list.at.at;
}
