/* SPDX-License-Identifier: AGPL-3.0-or-later
 * fixture.h: a directory of configuration files for one test, with the example
 * region in it. */
#ifndef TESTS_UNIT_REGION_CONFIG_FIXTURE_H
#define TESTS_UNIT_REGION_CONFIG_FIXTURE_H

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/strbuf.h"
#include "region/config/config.h"
#include "tests/unit/test.h"

struct fixture {
	struct arena *arena;
	const char *folder;
};

static inline void remove_folder(void *folder)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'",
	               (const char *)folder);
	(void)!system(command);
}

static inline struct fixture fixture_open(void)
{
	struct fixture f = { .arena = arena_open() };
	char *folder = arena_strdup(f.arena, "/tmp/portvakt-test-XXXXXX");

	assert_non_null(mkdtemp(folder));
	f.folder = arena_own(f.arena, folder, remove_folder);
	return f;
}

/* Returns the path of a file in the fixture's directory. */
static inline const char *fixture_path(const struct fixture *f,
                                       const char *name)
{
	return arena_printf(f->arena, "%s/%s", f->folder, name);
}

/* Only a credential is secret. */
static inline void fixture_put(const struct fixture *f, const char *name,
                               const char *text)
{
	unsigned mode = text_starts(name, "credentials/") ? 0600 : 0644;
	const char *path = fixture_path(f, name);
	char *folder = arena_strdup(f->arena, path);

	*strrchr(folder, '/') = '\0';
	assert_true(mkdir(folder, 0700) == 0 || errno == EEXIST);
	assert_true(file_write(path, text, strlen(text), mode, NULL));
}

/* Returns the text with every `was` replaced by `by`. */
static inline char *replaced(struct arena *a, const char *text, const char *was,
                             const char *by)
{
	struct strbuf out = strbuf_init(a);
	const char *at;

	for (; (at = strstr(text, was)); text = at + strlen(was)) {
		strbuf_append_bytes(&out, text, (size_t)(at - text));
		strbuf_append(&out, by);
	}
	strbuf_append(&out, text);
	return out.data;
}

static inline char *whole_file(struct arena *a, const char *path)
{
	struct error err = { 0 };
	size_t length = 0;
	char *bytes = NULL;

	if (!file_read(a, path, 1 << 20, &bytes, &length, &err))
		fail_msg("%s (tests run from the top of the tree)", err.text);
	return arena_strdup(a, bytes);
}

static const char fixture_more[] =
    "directory notodden ldaps://dc1.notodden.example {\n"
    "	base \"dc=notodden,dc=example\"\n"
    "	bind-dn \"cn=portvakt,dc=notodden,dc=example\"\n"
    "	secret @notodden\n"
    "}\n"
    "directory tinn ldaps://dc1.tinn.example {\n"
    "	base \"dc=tinn,dc=example\"\n"
    "	bind-dn \"cn=portvakt,dc=tinn,dc=example\"\n"
    "	secret @tinn\n"
    "}\n";

static const char fixture_skole[] =
    "service skole {\n"
    "	name \"Skole\"\n"
    "	issuer notodden\n"
    "	launch-url https://skole.notodden.example/\n"
    "	oidc skole {\n"
    "		secret @skole\n"
    "		redirect-uri https://skole.notodden.example/callback\n"
    "	}\n"
    "	attributes name kind\n"
    "}\n";

static const char *const fixture_secrets[] = {
	"catalogue-reader",
	"catalogue-writer",
	"catalogue-admin",
	"catalogue-feide",
	"redis",
	"kongsberg",
	"notodden",
	"tinn",
	"hjartdal",
	"numedal",
	"ovre-eiker",
	"fjell",
	"vest-telemark",
	"arkiv",
	"skole",
};

static inline void fixture_copy(const struct fixture *f, const char *from,
                                const char *name)
{
	fixture_put(f, name, whole_file(f->arena, from));
}

/* Writes deploy/example and policies as one region; returns its file's path. */
static inline const char *fixture_example(const struct fixture *f)
{
	char *region = whole_file(f->arena, "deploy/example/region.conf");

	region = replaced(f->arena, region, "/etc/portvakt/credentials",
	                  fixture_path(f, "credentials"));
	if (!strstr(region, "directory notodden"))
		region = arena_printf(f->arena, "%s%s", region, fixture_more);
	fixture_put(f, "region.conf", region);
	fixture_copy(f, "policies/kongsberg.conf", "policies/kongsberg.conf");
	fixture_copy(f, "policies/notodden.conf", "policies/notodden.conf");
	fixture_copy(f, "policies/tinn.conf", "policies/tinn.conf");
	fixture_copy(f, "deploy/example/services.d/arkiv.conf",
	             "services.d/arkiv.conf");
	fixture_copy(f, "deploy/example/services.d/okonomi.conf",
	             "services.d/okonomi.conf");
	fixture_put(f, "services.d/skole.conf", fixture_skole);
	fixture_put(f, "metadata/okonomi.xml", "<EntityDescriptor/>");
	fixture_put(f, "trusted/kongsberg.pem", "");
	fixture_put(f, "trusted/notodden.pem", "");
	fixture_put(f, "trusted/tinn.pem", "");
	fixture_put(f, "trusted/hjartdal.pem", "");
	fixture_put(f, "trusted/numedal.pem", "");
	fixture_put(f, "trusted/ovre-eiker.pem", "");
	fixture_put(f, "trusted/fjell.pem", "");
	fixture_put(f, "trusted/vest-telemark.pem", "");
	for (size_t i = 0; i < LENGTH(fixture_secrets); i++)
		fixture_put(f,
		            arena_printf(f->arena, "credentials/%s",
		                         fixture_secrets[i]),
		            "not a secret");
	return fixture_path(f, "region.conf");
}

/* Returns the configuration of the example; prints every error. */
static inline struct config *fixture_region(const struct fixture *f)
{
	struct conf_errors wrong;
	struct config *cfg = config_load(f->arena, fixture_example(f), &wrong);

	for (size_t i = 0; i < wrong.count; i++)
		print_error("%s\n", conf_error_format(f->arena, &wrong.at[i]));
	assert_non_null(cfg);
	return cfg;
}

/* Returns the configuration of this text, whose credentials and files need not
 * exist. */
static inline struct config *fixture_rules(const struct fixture *f,
                                           const char *text)
{
	struct conf_errors wrong;

	fixture_put(f, "r.conf", text);
	struct config *cfg =
	    config_load_rules(f->arena, fixture_path(f, "r.conf"), &wrong);

	for (size_t i = 0; i < wrong.count; i++)
		print_error("%s\n", conf_error_format(f->arena, &wrong.at[i]));
	assert_non_null(cfg);
	return cfg;
}

#endif
