/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_read_paths.c: the directories from which a configuration was read, so
 * that a confined process can read it again. */
#include <string.h>

#include "lib/strbuf.h"
#include "region/config/config_build.h"

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

const char *const *config_build_read_paths(const struct config_builder *b)
{
	struct path_list list = { .arena = b->arena };

	path_list_add_directory_of(&list, b->cfg->file);
	path_list_add_block(&list, b->top);
	for (size_t i = 0; i < b->referenced_files.count; i++)
		path_list_add_directory_of(&list, b->referenced_files.at[i]);
	path_list_add(&list, b->cfg->credentials_directory);
	*vector_append(b->arena, &list.at) = NULL;
	return list.at.at;
}
