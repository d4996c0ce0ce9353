/* SPDX-License-Identifier: AGPL-3.0-or-later
 * accepted_choose.c: chooses the next configuration: for each municipality its
 * new file, plugins and data, or those of the active copy if one of them is
 * bad. */
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/strbuf.h"
#include "region/accepted/accepted_private.h"
#include "region/config/policy_parse.h"

/* The largest is a plugin. */
enum { MAX_FILE = 16 * 1024 * 1024, FILE_MODE = 0644 };

/* ---- the folder */

static const char *staging_path(const struct accepted_staging *s,
                                const char *path)
{
	return arena_printf(s->arena, "%s%s", s->folder, path);
}

/* A file that cannot be read becomes an empty one, which is an error. */
static void staging_put(const struct accepted_staging *s, const char *from,
                        const char *path)
{
	const char *to = staging_path(s, path);
	struct error ignored = { 0 };
	char *bytes = NULL;
	size_t length = 0;

	(void)!file_read(s->arena, from, MAX_FILE, &bytes, &length, &ignored);
	(void)!(
	    file_create_folders(to, &ignored) &&
	    file_write(to, bytes ? bytes : "", length, FILE_MODE, &ignored));
}

static const char *municipality_of_file(struct arena *a, const char *path)
{
	const char *base = strrchr(path, '/') + 1;

	return arena_memdup(a, base, strlen(base) - strlen(".conf"));
}

/* Returns the municipality of the active copy that has a file of its own at
 * this path, or NULL. */
static const struct municipality *last_good_municipality(
    const struct accepted_staging *s, const char *path)
{
	const char *name = municipality_of_file(s->arena, path);
	const struct municipality *m =
	    s->active ? config_municipality(s->active, name) : NULL;

	return m && !text_equal(m->location.file, s->active->file) ? m : NULL;
}

/* Where the active copy has a file. */
static const char *last_good_path(const struct accepted_staging *s,
                                  const char *path)
{
	return arena_printf(s->arena, "%s%s", s->active_folder, path);
}

typedef VECTOR(const char *) path_vector;

/* Returns the own paths of a municipality's plugins and of their data. */
static path_vector plugin_files(const struct accepted_staging *s,
                                const struct municipality *m)
{
	path_vector list = { 0 };

	for (size_t i = 0; i < m->plugin_count; i++) {
		*vector_append(s->arena, &list) = m->plugins[i].own_library;
		if (m->plugins[i].data)
			*vector_append(s->arena, &list) = config_own_path(
			    s->active_folder, m->plugins[i].data);
	}
	return list;
}

/* Without a last good version the municipality is left out. */
static void staging_put_last_good(struct accepted_staging *s, const char *path)
{
	const struct municipality *m = last_good_municipality(s, path);

	if (!m) {
		(void)unlink(staging_path(s, path));
		return;
	}
	const path_vector files = plugin_files(s, m);

	staging_put(s, last_good_path(s, m->location.file), path);
	for (size_t i = 0; i < files.count; i++)
		staging_put(s, last_good_path(s, files.at[i]), files.at[i]);
	*vector_append(s->arena, &s->last_good) = m->name;
}

/* The new file; loading puts its plugins and data beside it, where none
 * stand. */
static void staging_put_new(struct accepted_staging *s, const char *path)
{
	const struct municipality *m = last_good_municipality(s, path);
	const path_vector files = m ? plugin_files(s, m) : (path_vector){ 0 };

	for (size_t i = 0; i < files.count; i++)
		(void)unlink(staging_path(s, files.at[i]));
	staging_put(s, path, path);
	for (size_t i = 0; m && i < s->last_good.count; i++)
		if (s->last_good.at[i] == m->name)
			s->last_good.at[i] = "";
}

static void staging_keep(struct accepted_staging *s, const char *path,
                         const char *cause)
{
	*vector_append(s->arena, &s->choice->kept) = (struct accepted_kept){
		.name = municipality_of_file(s->arena, path),
		.since = clock_format_iso(s->arena, clock_now()),
		.cause = cause,
	};
	staging_put_last_good(s, path);
}

static void staging_keep_for(struct accepted_staging *s, const char *path,
                             const struct conf_error *error)
{
	staging_keep(s, path, conf_error_format(s->arena, error));
}

/* Returns the cause, or NULL. */
static const char *refusal_of(const struct accepted_staging *s,
                              const char *path)
{
	const char *name = municipality_of_file(s->arena, path);

	for (size_t i = 0; i < s->options->refused.count; i++)
		if (text_equal(s->options->refused.at[i].name, name))
			return s->options->refused.at[i].cause;
	return NULL;
}

static void staging_keep_refused(struct accepted_staging *s)
{
	for (size_t i = 0; i < s->files.municipalities.count; i++) {
		const char *path = s->files.municipalities.at[i];
		const char *cause = refusal_of(s, path);

		if (cause)
			staging_keep(s, path, cause);
	}
}

/* ---- loading */

static size_t count_may_rules(const struct municipality *m)
{
	size_t count = 0;

	for (size_t i = 0; i < m->rule_count; i++)
		count += !m->rules[i].is_deny;
	return count;
}

static bool is_accepted(const struct accepted_staging *s, const char *name)
{
	for (char *const *p = s->options->accept; p && *p; p++)
		if (text_equal(*p, name))
			return true;
	return false;
}

/* A file without its rules is as good as any other to the parser, and lets no
 * person in. */
static void report_lost_rules(const struct accepted_staging *s,
                              const struct config *cfg,
                              struct conf_errors *errors)
{
	for (size_t i = 0; s->active && i < cfg->municipality_count; i++) {
		const struct municipality *m = &cfg->municipalities[i];
		const struct municipality *was =
		    config_municipality(s->active, m->name);
		size_t count = was ? count_may_rules(was) : 0;

		if (count == 0 || count_may_rules(m) > 0 ||
		    is_accepted(s, m->name) ||
		    municipality_is_offboarded(m, clock_now()))
			continue;
		conf_error_add_at(
		    errors, m->location.file, (unsigned)m->location.line, 1,
		    "%s has no `may` rule left, after %zu before; if that is "
		    "meant: portvaktctl reload --accept %s",
		    m->name, count, m->name);
	}
}

/* What the parser cannot see. */
static void staging_check_plugins(struct accepted_staging *s,
                                  const struct config *cfg,
                                  struct conf_errors *errors)
{
	struct accepted_candidate candidate = {
		.cfg = cfg,
		.main_file = s->main_file,
		.folder = s->folder,
	};
	struct error err = { 0 };

	if (!s->options->check_plugins || !config_has_plugins(cfg))
		return;
	*vector_append(s->arena, &s->last_good) = NULL;
	candidate.last_good = s->last_good.at;
	if (!s->options->check_plugins(s->arena, &candidate, errors, &err))
		conf_error_add_at(errors, s->main_file, 1, 1,
		                  "plugins cannot be checked: %s", err.text);
	s->last_good.count--;
}

static struct config *staging_load(struct accepted_staging *s,
                                   struct conf_errors *ret_errors)
{
	const struct config_place place = { .source = s->folder,
		                            .root = s->folder,
		                            .file = s->main_file,
		                            .fill = true };
	struct config *cfg = config_load_place(s->arena, &place, ret_errors);

	if (!cfg)
		return NULL;
	report_lost_rules(s, cfg, ret_errors);
	if (ret_errors->count == 0)
		staging_check_plugins(s, cfg, ret_errors);
	if (ret_errors->count == 0)
		return cfg;
	/* The errors outlive the configuration. */
	for (size_t i = 0; i < ret_errors->count; i++)
		ret_errors->at[i].file =
		    arena_strdup(s->arena, ret_errors->at[i].file);
	config_unref(cfg);
	return NULL;
}

/* ---- the choice */

static const struct conf_error *first_error_of(const struct conf_errors *errors,
                                               const char *file)
{
	for (size_t i = 0; i < errors->count; i++)
		if (text_equal(errors->at[i].file, file))
			return &errors->at[i];
	return NULL;
}

static bool is_kept(const struct accepted_staging *s, const char *path)
{
	const char *name = municipality_of_file(s->arena, path);

	for (size_t i = 0; i < s->choice->kept.count; i++)
		if (text_equal(s->choice->kept.at[i].name, name))
			return true;
	return false;
}

/* Keeps the files that have errors; the usual case. Plugins are checked when
 * the files have none, so there can be further ones. */
static struct config *choose_by_position(struct accepted_staging *s,
                                         const struct conf_errors *first)
{
	struct conf_errors errors = *first;
	struct config *cfg = NULL;
	size_t before;

	do {
		before = s->choice->kept.count;
		for (size_t i = 0; i < s->files.municipalities.count; i++) {
			const char *path = s->files.municipalities.at[i];
			const struct conf_error *cause =
			    first_error_of(&errors, path);

			if (cause && !is_kept(s, path))
				staging_keep_for(s, path, cause);
		}
		if (s->choice->kept.count > before)
			cfg = staging_load(s, &errors);
	} while (!cfg && s->choice->kept.count > before);
	return cfg;
}

static bool file_is_same(const struct accepted_staging *s, const char *path)
{
	struct error ignored = { 0 };
	char *was, *is;
	size_t was_length, is_length;

	return file_read(s->arena, last_good_path(s, path), MAX_FILE, &was,
	                 &was_length, &ignored) &&
	       file_read(s->arena, path, MAX_FILE, &is, &is_length, &ignored) &&
	       was_length == is_length && memcmp(was, is, is_length) == 0;
}

static bool file_is_last_good(const struct accepted_staging *s,
                              const char *path)
{
	const struct municipality *m = last_good_municipality(s, path);
	const path_vector files = m ? plugin_files(s, m) : (path_vector){ 0 };

	for (size_t i = 0; i < files.count; i++)
		if (!file_is_same(s, files.at[i]))
			return false;
	return m && text_equal(m->location.file, path) && file_is_same(s, path);
}

/* An error may stand in a file that is as it was: where one municipality takes
 * the domain of another, or the issuer of a service is gone. So each new file
 * is tried beside the last good ones. */
static struct config *choose_one_by_one(struct accepted_staging *s)
{
	struct conf_errors errors = { 0 };
	struct config *cfg;

	s->choice->kept.count = 0;
	for (size_t i = 0; i < s->files.municipalities.count; i++)
		staging_put_last_good(s, s->files.municipalities.at[i]);
	staging_keep_refused(s);
	cfg = staging_load(s, &errors);
	for (size_t i = 0; cfg && i < s->files.municipalities.count; i++) {
		const char *path = s->files.municipalities.at[i];

		if (file_is_last_good(s, path) || refusal_of(s, path))
			continue;
		staging_put_new(s, path);
		struct config *next = staging_load(s, &errors);

		if (!next) {
			staging_keep_for(s, path, &errors.at[0]);
			continue;
		}
		config_unref(cfg);
		cfg = next;
	}
	return cfg;
}

struct config *accepted_choose(struct accepted_staging *s,
                               struct conf_errors *ret_errors)
{
	struct conf_errors ignored = { .arena = s->arena };
	struct conf_block top;
	struct config *cfg;

	(void)!config_parse_files(s->arena, &s->files, s->main_file, &top,
	                          &ignored);
	for (size_t i = 0; i < s->files.all.read.count; i++)
		staging_put(s, s->files.all.read.at[i],
		            s->files.all.read.at[i]);
	if (s->active)
		staging_keep_refused(s);
	cfg = staging_load(s, ret_errors);
	if (cfg || !s->active)
		return cfg;
	cfg = choose_by_position(s, ret_errors);
	return cfg ? cfg : choose_one_by_one(s);
}
