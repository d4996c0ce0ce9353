/* SPDX-License-Identifier: AGPL-3.0-or-later
 * accepted.c: the folder of accepted configurations. */
#include "region/accepted/accepted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/strbuf.h"
#include "region/accepted/accepted_private.h"

enum { MAX_TEXT = 256 * 1024, COPIES_KEPT = 8, FILE_MODE = 0644 };

static const char staging_name[] = "next.files";

DEFINE_CLEANUP(config_release, struct config *, config_unref)

static void store_unlock(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

const char *accepted_store(struct arena *a, const char *main_file)
{
	struct conf_errors ignored = { .arena = a };
	struct conf_block top = { 0 };

	(void)!conf_syntax_parse_file(a, main_file, &top, &ignored);
	const struct conf_statement *region = conf_syntax_find(&top, "region");

	return arena_printf(a, "%s/configuration",
	                    conf_syntax_value(region ? &region->block : NULL,
	                                      "state-directory",
	                                      "/var/lib/portvakt"));
}

const char *accepted_store_of(struct arena *a, const struct config *cfg)
{
	const char *slash = strrchr(cfg->source, '/');

	return text_equal(cfg->source, cfg->file) || !slash
	           ? NULL
	           : arena_memdup(a, cfg->source,
	                          (size_t)(slash - cfg->source));
}

const char *accepted_copy(struct arena *a, const char *store, const char *hash)
{
	return hash ? arena_printf(a, "%s/%s.copy", store, hash)
	            : arena_printf(a, "%s/active", store);
}

/* Both supervisors of a machine have the same folder. */
static bool store_lock(const char *store, int *ret_fd, struct error *err)
{
	*ret_fd = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0 || flock(*ret_fd, LOCK_EX) != 0)
		return error_set(err, ERROR_UNAVAILABLE, "cannot lock %s: %s",
		                 store, strerror(errno));
	return true;
}

static bool accepted_store_open(const char *store, int *ret_fd,
                                struct error *err)
{
	struct error ignored = { 0 };

	(void)!file_create_folders(store, &ignored);
	if (mkdir(store, 0755) == 0)
		(void)chmod(store, 0755);
	if (access(store, W_OK) != 0)
		return error_set(err, ERROR_INVALID,
		                 "%s: %s; run: install -d -m 755 -o portvakt "
		                 "-g portvakt %s",
		                 store, strerror(errno), store);
	return store_lock(store, ret_fd, err);
}

/* ---- what is kept: lines NAME TIME CAUSE after the hash */

static bool kept_write(struct arena *a, const char *store, const char *name,
                       const struct accepted_choice *choice, struct error *err)
{
	struct strbuf text = strbuf_init(a);

	strbuf_appendf(&text, "%s\n", choice->hash);
	for (size_t i = 0; i < choice->kept.count; i++)
		strbuf_appendf(&text, "%s %s %s\n", choice->kept.at[i].name,
		               choice->kept.at[i].since,
		               choice->kept.at[i].cause);
	return file_write(arena_printf(a, "%s/%s", store, name), text.data,
	                  text.length, FILE_MODE, err);
}

static struct accepted_choice kept_read(struct arena *a, const char *path)
{
	struct accepted_choice choice = { 0 };
	struct error ignored = { 0 };
	char *text = NULL, *line, *rest;
	size_t length = 0;

	if (!file_read(a, path, MAX_TEXT, &text, &length, &ignored))
		return choice;
	choice.hash = strtok_r(text, "\n", &rest);
	while ((line = strtok_r(NULL, "\n", &rest)) != NULL) {
		struct accepted_kept kept = { 0 };

		kept.name = strtok_r(line, " ", &line);
		kept.since = strtok_r(NULL, " ", &line);
		kept.cause = line;
		if (kept.since)
			*vector_append(a, &choice.kept) = kept;
	}
	return choice;
}

struct accepted_choice accepted_active(struct arena *a, const char *store)
{
	return kept_read(a, arena_printf(a, "%s/kept", store));
}

/* A file that stays bad has been kept since the first time. */
static void kept_set_since(struct arena *a, const char *store,
                           struct accepted_choice *choice)
{
	const struct accepted_choice before = accepted_active(a, store);

	for (size_t i = 0; i < choice->kept.count; i++)
		for (size_t k = 0; k < before.kept.count; k++)
			if (text_equal(choice->kept.at[i].name,
			               before.kept.at[k].name))
				choice->kept.at[i].since =
				    before.kept.at[k].since;
}

/* ---- prepare */

/* Returns the active configuration, or NULL; a damaged copy is none. */
static struct config *store_load_active(struct arena *a, const char *store,
                                        const char **ret_folder)
{
	const char *path = accepted_copy(a, store, NULL);
	struct conf_errors ignored = { .arena = a };
	struct config_place place;

	if (!config_place_read(a, path, &place))
		return NULL;
	*ret_folder = place.root;
	return config_load(a, path, &ignored);
}

static bool copy_is_whole(struct arena *a, const char *path)
{
	struct conf_errors ignored = { .arena = a };
	struct config *cfg = config_load(a, path, &ignored);

	config_unref(cfg);
	return cfg != NULL;
}

/* Gives the staging folder the name of its hash. */
static bool store_write_copy(struct arena *a, const char *store,
                             const struct config *cfg, struct error *err)
{
	const char *path = accepted_copy(a, store, cfg->hash);
	const char *staging = arena_printf(a, "%s/%s", store, staging_name);
	const char *folder = arena_printf(a, "%s/%s.files", store, cfg->hash);
	const char *text = config_copy_text(a, cfg->file, cfg->hash);

	if (!copy_is_whole(a, path)) {
		file_remove_tree(folder);
		if (rename(staging, folder) != 0)
			return error_set(err, ERROR_UNAVAILABLE,
			                 "cannot rename %s to %s: %s", staging,
			                 folder, strerror(errno));
	}
	return file_write(path, text, strlen(text), FILE_MODE, err);
}

static const struct conf_error *first_region_error(
    const struct accepted_staging *s, const struct conf_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++) {
		size_t k = 0;

		while (k < s->files.municipalities.count &&
		       !text_equal(s->files.municipalities.at[k],
		                   errors->at[i].file))
			k++;
		if (k == s->files.municipalities.count)
			return &errors->at[i];
	}
	return &errors->at[0];
}

/* The whole configuration stays as it is. */
static void choose_active(const struct accepted_staging *s,
                          const struct conf_errors *errors)
{
	s->choice->kept.count = 0;
	*vector_append(s->arena, &s->choice->kept) = (struct accepted_kept){
		.name = "region",
		.since = clock_format_iso(s->arena, clock_now()),
		.cause = arena_printf(
		    s->arena, "%s (%zu in all)",
		    conf_error_format(s->arena, first_region_error(s, errors)),
		    errors->count),
	};
	s->choice->hash = arena_strdup(s->arena, s->active->hash);
}

/* The files are those of the active copy: nothing has to be copied. */
static bool files_are_active(const struct accepted_staging *s)
{
	struct conf_errors ignored;
	own(config_release) struct config *cfg =
	    s->active ? config_load(s->arena, s->main_file, &ignored) : NULL;

	return cfg && text_equal(cfg->hash, s->active->hash);
}

static bool store_choose(struct accepted_staging *s, const char *store,
                         struct conf_errors *errors, struct error *err)
{
	own(config_release) struct config *cfg = accepted_choose(s, errors);

	if (!cfg && !s->active)
		return error_set(err, ERROR_INVALID, "%s (%zu in all)",
		                 conf_error_format(s->arena, &errors->at[0]),
		                 errors->count);
	if (cfg)
		s->choice->hash = arena_strdup(s->arena, cfg->hash);
	else
		choose_active(s, errors);
	kept_set_since(s->arena, store, s->choice);
	return (!cfg || store_write_copy(s->arena, store, cfg, err)) &&
	       kept_write(s->arena, store, "prepared", s->choice, err);
}

/* Requires the lock. */
static bool store_prepare(struct arena *a, const char *store,
                          const char *main_file,
                          const struct accepted_options *options,
                          struct accepted_choice *ret,
                          struct conf_errors *ret_errors, struct error *err)
{
	own(config_release) struct config *active = NULL;
	struct accepted_staging s = {
		.arena = a,
		.main_file = main_file,
		.folder = arena_printf(a, "%s/%s", store, staging_name),
		.options = options,
		.choice = ret,
	};

	*ret = (struct accepted_choice){ 0 };
	*ret_errors = (struct conf_errors){ .arena = a };
	file_remove_tree(s.folder);
	s.active = active = store_load_active(a, store, &s.active_folder);
	if (files_are_active(&s)) {
		ret->hash = arena_strdup(a, active->hash);
		return kept_write(a, store, "prepared", ret, err);
	}
	bool good = store_choose(&s, store, ret_errors, err);

	file_remove_tree(s.folder);
	return good;
}

bool accepted_prepare(struct arena *a, const char *store, const char *main_file,
                      const struct accepted_options *options,
                      struct accepted_choice *ret,
                      struct conf_errors *ret_errors, struct error *err)
{
	own(store_unlock) int lock = -1;

	return accepted_store_open(store, &lock, err) &&
	       store_prepare(a, store, main_file, options, ret, ret_errors,
	                     err);
}

/* ---- activate */

struct stored_copy {
	const char *name;
	struct timespec written;
};

static int stored_copy_compare(const void *x, const void *y)
{
	const struct stored_copy *p = x, *q = y;

	if (p->written.tv_sec != q->written.tv_sec)
		return p->written.tv_sec < q->written.tv_sec ? 1 : -1;
	return p->written.tv_nsec < q->written.tv_nsec ? 1 : -1;
}

/* Processes may still read the files of the last ones. */
static void store_remove_old(struct arena *a, const char *store)
{
	struct error ignored = { 0 };
	size_t count = 0;
	char **names = NULL;
	struct stat st;

	if (!file_list(a, store, ".copy", &names, &count, &ignored))
		return;
	struct stored_copy *all = arena_array(a, struct stored_copy, count);

	for (size_t i = 0; i < count; i++) {
		all[i].name = arena_printf(a, "%s/%s", store, names[i]);
		if (stat(all[i].name, &st) == 0)
			all[i].written = st.st_mtim;
	}
	qsort(all, count, sizeof(*all), stored_copy_compare);
	for (size_t i = COPIES_KEPT; i < count; i++) {
		size_t stem = strlen(all[i].name) - strlen(".copy");

		(void)unlink(all[i].name);
		file_remove_tree(
		    arena_printf(a, "%.*s.files", (int)stem, all[i].name));
	}
}

/* Requires the lock. */
static bool store_activate(struct arena *a, const char *store, const char *hash,
                           struct error *err)
{
	const char *prepared = arena_printf(a, "%s/prepared", store);
	const char *kept = arena_printf(a, "%s/kept", store);
	char *text;
	size_t length;

	if (!text_equal(kept_read(a, prepared).hash, hash))
		return text_equal(kept_read(a, kept).hash, hash) ||
		       error_set(err, ERROR_INVALID,
		                 "configuration %.16s was not prepared", hash);
	if (!file_read(a, accepted_copy(a, store, hash), MAX_TEXT, &text,
	               &length, err) ||
	    !file_write(accepted_copy(a, store, NULL), text, length, FILE_MODE,
	                err))
		return false;
	if (rename(prepared, kept) != 0)
		return error_set(err, ERROR_UNAVAILABLE, "cannot rename %s: %s",
		                 prepared, strerror(errno));
	store_remove_old(a, store);
	return true;
}

bool accepted_activate(struct arena *a, const char *store, const char *hash,
                       struct error *err)
{
	own(store_unlock) int lock = -1;

	return store_lock(store, &lock, err) &&
	       store_activate(a, store, hash, err);
}

/* ---- start */

/* Names all of the active copy as kept, beside what it keeps itself. */
static bool kept_write_waiting(struct arena *a, const char *store,
                               const char *cause, struct accepted_choice *ret,
                               struct error *err)
{
	const struct accepted_choice active = accepted_active(a, store);

	*ret =
	    (struct accepted_choice){ .hash = active.hash, .is_waiting = true };
	*vector_append(a, &ret->kept) = (struct accepted_kept){
		.name = "region",
		.since = clock_format_iso(a, clock_now()),
		.cause = cause,
	};
	for (size_t i = 0; i < active.kept.count; i++)
		if (!text_equal(active.kept.at[i].name, "region"))
			*vector_append(a, &ret->kept) = active.kept.at[i];
	kept_set_since(a, store, ret);
	return kept_write(a, store, "kept", ret, err);
}

bool accepted_note_working(struct arena *a, const char *store, const char *hash,
                           struct error *err)
{
	return file_write(arena_printf(a, "%s/working", store), hash,
	                  strlen(hash), FILE_MODE, err);
}

/* A copy with which no start has worked may be the fault that the changed files
 * mend. */
static bool active_has_worked(struct arena *a, const char *store)
{
	struct error ignored = { 0 };
	size_t length = 0;
	char *hash = NULL;

	return file_read(a, arena_printf(a, "%s/working", store), MAX_TEXT,
	                 &hash, &length, &ignored) &&
	       text_equal(hash, accepted_active(a, store).hash) &&
	       copy_is_whole(a, accepted_copy(a, store, NULL));
}

bool accepted_start(struct arena *a, const char *store, const char *main_file,
                    const struct accepted_options *options,
                    struct accepted_choice *ret, struct conf_errors *ret_errors,
                    struct error *err)
{
	own(store_unlock) int lock = -1;

	if (!accepted_store_open(store, &lock, err) ||
	    !store_prepare(a, store, main_file, options, ret, ret_errors, err))
		return false;
	if (active_has_worked(a, store) &&
	    !text_equal(ret->hash, accepted_active(a, store).hash))
		return kept_write_waiting(
		    a, store,
		    arena_printf(a,
		                 "%s: the files differ from the active "
		                 "configuration; portvaktctl reload weighs the "
		                 "change",
		                 main_file),
		    ret, err);
	return store_activate(a, store, ret->hash, err);
}

bool accepted_hold(struct arena *a, const char *store, const char *hash,
                   struct error *err)
{
	own(store_unlock) int lock = -1;
	struct accepted_choice unused;

	return store_lock(store, &lock, err) &&
	       kept_write_waiting(
		   a, store,
		   arena_printf(a,
	                        "a reload held the change %.16s until an "
	                        "operator accepts it; see portvaktctl policy "
	                        "diff",
	                        hash),
		   &unused, err);
}
