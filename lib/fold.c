/* SPDX-License-Identifier: AGPL-3.0-or-later
 * name_fold.c: normalises names for comparison. Latin letters lose diacritics
 * by a table made from Unicode decompositions; other scripts are lower-cased
 * only. */
#include "lib/fold.h"

#include <stdint.h>
#include <string.h>

#include "lib/text.h"

enum {
	LATIN = 0xc0,        /* to Latin Extended-B */
	ADDITIONAL = 0x1e00, /* Vietnamese and others */
	MARKS = 0x300,
	MARKS_END = 0x36f,
};

/* The base letter of each code point; a capital stands for a pair of letters, a
 * full stop for no Latin letter. */
static const char latin[] =
    "aaaaaaAceeeeiiiidnooooo.ouuuuyBCaaaaaaAceeeeiiiidnooooo.ouuuuyBy"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiDDjjkkkllllll."
    ".llnnnnnn.nnooooooEErrrrrrssssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"
    "................................oo.............uu..............."
    "....FFFGGGHHHaaiioouuuuuuuuuu.aaaaAA..ggkkoooo..jFFFgg..nnaaAAoo"
    "aaaaeeeeiiiioooorrrruuuusstt..hh......aaeeooooooooyy............"
    "................";
static const char additional[] =
    "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm"
    "mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
    "wwwwwwwwwwxxxxyyzzzzzzhtwy.s..C.aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
    "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......";
static const char *const pairs[] = { "ae", "th", "ss", "ij",
	                             "oe", "dz", "lj", "nj" };

static bool is_mark(uint32_t c)
{
	return c >= MARKS && c <= MARKS_END;
}

/* Returns the table value of a code point; 0 if it has none. */
static char sign_of(uint32_t c)
{
	char sign = '.';

	if (c >= LATIN && c < LATIN + sizeof(latin) - 1)
		sign = latin[c - LATIN];
	else if (c >= ADDITIONAL && c < ADDITIONAL + sizeof(additional) - 1)
		sign = additional[c - ADDITIONAL];
	return sign == '.' ? 0 : sign;
}

/* Decodes one UTF-8 sequence into *ret and returns its length; an invalid
 * sequence counts as one byte. */
static size_t read_point(const unsigned char *at, uint32_t *ret)
{
	size_t more = at[0] >= 0xf0 ? 3 : at[0] >= 0xe0 ? 2 : at[0] >= 0xc0;
	uint32_t c = more ? at[0] & (0x3fu >> more) : at[0];

	for (size_t i = 1; i <= more; i++) {
		if ((at[i] & 0xc0) != 0x80) {
			*ret = at[0];
			return 1;
		}
		c = c << 6 | (at[i] & 0x3fu);
	}
	*ret = c;
	return more + 1;
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || c == '\t' || c == 0xa0;
}

/* Lower-cases Greek and Cyrillic, two bytes each in either case. */
static uint32_t without_capital(uint32_t c)
{
	if ((c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	return c >= 0x400 && c <= 0x40f ? c + 0x50 : c;
}

static void add_other(struct text *t, const unsigned char *at, size_t length,
                      uint32_t c)
{
	uint32_t small = without_capital(c);
	char two[2] = { (char)(0xc0 | small >> 6),
		        (char)(0x80 | (small & 0x3f)) };

	if (small != c)
		text_add_bytes(t, two, sizeof(two));
	else
		text_add_bytes(t, at, length);
}

static void add_letter(struct text *t, char sign)
{
	if (sign >= 'A' && sign <= 'Z')
		text_add(t, pairs[sign - 'A']);
	else
		text_add_bytes(t, &sign, 1);
}

static void add_mark(struct text *t, bool marks)
{
	if (marks && t->length > 0 && t->at[t->length - 1] != '^')
		text_add(t, "^");
}

static void add_blank(struct text *t)
{
	if (t->length > 0 && t->at[t->length - 1] != ' ')
		text_add(t, " ");
}

static char *fold(struct arena *a, const char *from, bool marks)
{
	const unsigned char *at = (const unsigned char *)from;
	struct text t = text_in(a);
	uint32_t c = 0;

	for (size_t length; *at; at += length) {
		length = read_point(at, &c);
		if (is_blank(c) || (!marks && c == '-')) {
			add_blank(&t);
		} else if (is_mark(c)) {
			add_mark(&t, marks);
		} else if (sign_of(c)) {
			add_letter(&t, sign_of(c));
			add_mark(&t, marks);
		} else if (c < 0x80) {
			add_letter(&t, c >= 'A' && c <= 'Z' ? (char)(c + 32)
			                                    : (char)c);
		} else {
			add_other(&t, at, length, c);
		}
	}
	if (t.length > 0 && t.at[t.length - 1] == ' ')
		t.at[t.length - 1] = '\0';
	return t.at;
}

char *fold_name(struct arena *a, const char *name)
{
	return fold(a, name, false);
}

char *fold_value(struct arena *a, const char *value)
{
	return fold(a, value, true);
}

bool fold_shares_word(struct arena *a, const char *one, const char *other)
{
	size_t n = 0;
	size_t m = 0;
	char **words = text_split(a, fold_name(a, one), " ", &n);
	char **others = text_split(a, fold_name(a, other), " ", &m);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < m; k++)
			if (text_equal(words[i], others[k]))
				return true;
	return false;
}
