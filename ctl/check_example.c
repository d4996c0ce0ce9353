/* SPDX-License-Identifier: AGPL-3.0-or-later
 * check_example.c: prints what each mapped field becomes of the entries of an
 * LDIF file, with the functions that the connector uses. */
#include "ctl/check_example.h"

#include <stdio.h>
#include <strings.h>

#include "lib/escape.h"
#include "lib/file.h"
#include "lib/strbuf.h"
#include "region/config/attribute_conversion.h"
#include "region/ldap/dn.h"
#include "region/ldap/ldif.h"

enum { MAX_EXAMPLE_SIZE = 1024 * 1024 };

/* Returns the values in quotes, or "no value". */
static const char *example_values(struct arena *a,
                                  const struct directory_attribute *t)
{
	struct strbuf out = strbuf_init(a);

	for (size_t i = 0; t && i < t->count; i++) {
		strbuf_append(&out, i > 0 ? ", \"" : "\"");
		escape_log(&out, t->values[i].bytes);
		strbuf_append(&out, "\"");
	}
	return out.length > 0 ? out.data : "no value";
}

static bool example_is_secret(const struct directory_conf *d,
                              const struct attribute_mapping *m)
{
	const char *national = config_national_id_attribute(d);

	return national && strcasecmp(national, m->attribute) == 0;
}

/* Returns whether every value is readable.  A national identity number is not
 * printed. */
static bool example_print_field(struct arena *a, const struct directory_conf *d,
                                const struct attribute_mapping *m,
                                const struct directory_entry *e)
{
	size_t unreadable = 0;
	const struct directory_attribute *made =
	    attribute_conversion_apply(a, m, e, &unreadable);

	printf("  %s from %s%s: ", m->field, m->attribute,
	       attribute_conversion_format(a, &m->conversion));
	if (example_is_secret(d, m))
		printf("%s\n", made ? "a value, not shown" : "no value");
	else
		printf("%s -> %s%s\n",
		       example_values(
			   a, directory_entry_attribute(e, m->attribute)),
		       example_values(a, made),
		       unreadable > 0 ? ", which is no readable date" : "");
	return unreadable == 0;
}

static const struct directory_conf *example_directory(
    const struct config *cfg, const struct directory_entry *e)
{
	for (size_t i = 0; i < cfg->directory_count; i++)
		if (dn_is_within(e->dn, cfg->directories[i].base))
			return &cfg->directories[i];
	return NULL;
}

static bool example_print_entry(struct arena *a, const struct config *cfg,
                                const struct directory_entry *e)
{
	const struct directory_conf *d = example_directory(cfg, e);
	struct strbuf dn = strbuf_init(a);
	bool good = d != NULL;

	escape_log(&dn, e->dn);
	if (d)
		printf("%s of directory %s:\n", dn.data, d->name);
	else
		printf("%s is not below the base of a directory\n", dn.data);
	for (size_t i = 0; d && i < d->attribute_map_count; i++)
		good &= example_print_field(a, d, &d->attribute_map[i], e);
	return good;
}

bool check_example_print(struct arena *a, const struct config *cfg,
                         const char *path)
{
	struct directory_entry *entries = NULL;
	size_t count = 0, length = 0;
	struct error err = { 0 };
	char *text = NULL;
	bool good = true;

	if (!file_read(a, path, MAX_EXAMPLE_SIZE, &text, &length, &err) ||
	    !ldif_parse(a, text, length, &entries, &count, &err)) {
		fprintf(stderr, "%s: %s\n", path, err.text);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		good &= example_print_entry(a, cfg, &entries[i]);
	if (count == 0)
		fprintf(stderr, "%s has no entry\n", path);
	return good && count > 0;
}
