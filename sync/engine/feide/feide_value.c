/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide_value.c: entitlement and affiliation values in the form of
 * docs.feide.no.  Feide compares them byte by byte, so a local id has exactly
 * one encoding. */
#include "sync/engine/feide/feide_value.h"

#include <string.h>

#include "lib/escape.h"
#include "lib/strbuf.h"

#define GROUP     "urn:mace:feide.no:go:group:"
#define GROUPID   "urn:mace:feide.no:go:groupid:"
#define GREP      "urn:mace:feide.no:go:grep:"
#define GREP_YEAR "http://psi.udir.no/laereplan/aarstrinn/"

enum { GROUP_PARTS = 8 };

/* Upper-case letters of two bytes in UTF-8, as ranges with a step: Norwegian,
 * the Sami languages, and what lies between. */
static const struct {
	unsigned from, to, by, step;
} upper_case_ranges[] = {
	{ 0xc0, 0xd6, 0x20, 1 }, { 0xd8, 0xde, 0x20, 1 },
	{ 0x100, 0x12e, 1, 2 },  { 0x132, 0x136, 1, 2 },
	{ 0x139, 0x147, 1, 2 },  { 0x14a, 0x176, 1, 2 },
	{ 0x179, 0x17d, 1, 2 },
};

static unsigned lower_code_point(unsigned letter)
{
	for (size_t i = 0; i < LENGTH(upper_case_ranges); i++)
		if (letter >= upper_case_ranges[i].from &&
		    letter <= upper_case_ranges[i].to &&
		    (letter - upper_case_ranges[i].from) %
		            upper_case_ranges[i].step ==
		        0)
			return letter + upper_case_ranges[i].by;
	return letter;
}

static char *lower_utf8(struct arena *a, const char *text)
{
	unsigned char *low = (unsigned char *)text_lower(a, text);

	for (unsigned char *at = low; *at; at++) {
		if (at[0] < 0xc3 || at[0] > 0xc5 || (at[1] & 0xc0) != 0x80)
			continue;
		unsigned letter =
		    lower_code_point((at[0] & 0x1fU) << 6 | (at[1] & 0x3fU));

		at[0] = (unsigned char)(0xc0 | letter >> 6);
		at[1] = (unsigned char)(0x80 | (letter & 0x3f));
		at++;
	}
	return (char *)low;
}

char *feide_canonical(struct arena *a, const char *code)
{
	return escape_string(a, escape_url, lower_utf8(a, code));
}

char *feide_group_value(struct arena *a, const struct feide_group *g)
{
	return arena_printf(a, GROUP "%c:%s:NO%s:%s:%s:%s:%s:%s", g->kind,
	                    escape_string(a, escape_url, g->grep), g->number,
	                    feide_canonical(a, g->code), g->from, g->to,
	                    g->role, escape_string(a, escape_url, g->name));
}

char *feide_groupid_value(struct arena *a, const struct feide_group *g)
{
	return arena_printf(a, GROUPID "%c:NO%s:%s:%s:%s", g->kind, g->number,
	                    feide_canonical(a, g->code), g->from, g->to);
}

/* Splits at colons; returns the number of parts, which may exceed most and be
 * empty. */
static size_t split_at_colons(struct arena *a, const char *text, char **parts,
                              size_t max)
{
	size_t n = 0;

	for (;;) {
		size_t length = strcspn(text, ":");

		if (n < max)
			parts[n] = arena_memdup(a, text, length);
		n++;
		if (!text[length])
			return n;
		text += length + 1;
	}
}

char *feide_groupid_from_group(struct arena *a, const char *group_value)
{
	char *parts[GROUP_PARTS];

	if (!text_starts(group_value, GROUP) ||
	    split_at_colons(a, group_value + strlen(GROUP), parts,
	                    GROUP_PARTS) != GROUP_PARTS)
		return NULL;
	return arena_printf(a, GROUPID "%s:%s:%s:%s:%s", parts[0], parts[2],
	                    parts[3], parts[4], parts[5]);
}

/* A source directory may use the short form. */
char *feide_grep_value(struct arena *a, const char *grep)
{
	return arena_printf(a, GREP "%s%s",
	                    text_starts(grep, "aarstrinn") ? GREP_YEAR : "",
	                    grep);
}

bool feide_grep_is_year(const char *grep)
{
	return text_starts(grep, "aarstrinn") || text_starts(grep, GREP_YEAR);
}

/* ---- affiliations are hierarchical: faculty implies employee, and that
 * implies member */

static const struct {
	enum affiliation_type kind;
	const char *role;
	const char *values[4];
} affiliation_table[] = {
	{ KIND_PUPIL, "student", { "member", "student" } },
	{ KIND_TEACHER, "faculty", { "employee", "faculty", "member" } },
	{ KIND_EMPLOYEE, "staff", { "employee", "member", "staff" } },
};

const char *const *feide_affiliations(enum affiliation_type kind)
{
	for (size_t i = 0; i < LENGTH(affiliation_table); i++)
		if (affiliation_table[i].kind == kind)
			return affiliation_table[i].values;
	return NULL;
}

const char *feide_role(enum affiliation_type kind)
{
	for (size_t i = 0; i < LENGTH(affiliation_table); i++)
		if (affiliation_table[i].kind == kind)
			return affiliation_table[i].role;
	return NULL;
}
