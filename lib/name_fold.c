/* SPDX-License-Identifier: AGPL-3.0-or-later
 * name_fold.c: normalises names for comparison. Latin letters lose diacritics
 * by a table made from Unicode decompositions; other scripts are lower-cased
 * only. */
#include "lib/name_fold.h"

#include <stdint.h>
#include <string.h>

#include "lib/strbuf.h"

enum {
	LATIN_FIRST = 0xc0,              /* to Latin Extended-B */
	LATIN_ADDITIONAL_FIRST = 0x1e00, /* Vietnamese and others */
	COMBINING_MARKS_FIRST = 0x300,
	COMBINING_MARKS_LAST = 0x36f,
};

/* The base letter of each code point; a capital stands for a pair of letters, a
 * full stop for no Latin letter. */
static const char latin_table[] =
    "aaaaaaAceeeeiiiidnooooo.ouuuuyBCaaaaaaAceeeeiiiidnooooo.ouuuuyBy"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiDDjjkkkllllll."
    ".llnnnnnn.nnooooooEErrrrrrssssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"
    "................................oo.............uu..............."
    "....FFFGGGHHHaaiioouuuuuuuuuu.aaaaAA..ggkkoooo..jFFFgg..nnaaAAoo"
    "aaaaeeeeiiiioooorrrruuuusstt..hh......aaeeooooooooyy............"
    "................";
static const char latin_additional_table[] =
    "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm"
    "mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
    "wwwwwwwwwwxxxxyyzzzzzzhtwy.s..C.aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
    "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......";
static const char *const letter_pairs[] = { "ae", "th", "ss", "ij",
	                                    "oe", "dz", "lj", "nj" };

static bool is_combining_mark(uint32_t c)
{
	return c >= COMBINING_MARKS_FIRST && c <= COMBINING_MARKS_LAST;
}

/* Returns the table value of a code point; 0 if it has none. */
static char fold_table_value(uint32_t c)
{
	char letter = '.';

	if (c >= LATIN_FIRST && c < LATIN_FIRST + sizeof(latin_table) - 1)
		letter = latin_table[c - LATIN_FIRST];
	else if (c >= LATIN_ADDITIONAL_FIRST &&
	         c < LATIN_ADDITIONAL_FIRST + sizeof(latin_additional_table) -
	                 1)
		letter = latin_additional_table[c - LATIN_ADDITIONAL_FIRST];
	return letter == '.' ? 0 : letter;
}

/* Decodes one UTF-8 sequence into *ret and returns its length; an invalid
 * sequence counts as one byte. */
static size_t utf8_read_code_point(const unsigned char *at, uint32_t *ret)
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

/* Lower-cases Greek and Cyrillic, two bytes each in either case. */
static uint32_t fold_lower_greek_cyrillic(uint32_t c)
{
	if ((c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	return c >= 0x400 && c <= 0x40f ? c + 0x50 : c;
}

static void fold_append_other(struct strbuf *t, const unsigned char *at,
                              size_t length, uint32_t c)
{
	uint32_t lower = fold_lower_greek_cyrillic(c);
	char two[2] = { (char)(0xc0 | lower >> 6),
		        (char)(0x80 | (lower & 0x3f)) };

	if (lower != c)
		strbuf_append_bytes(t, two, sizeof(two));
	else
		strbuf_append_bytes(t, at, length);
}

static void fold_append_letter(struct strbuf *t, char letter)
{
	if (letter >= 'A' && letter <= 'Z')
		strbuf_append(t, letter_pairs[letter - 'A']);
	else
		strbuf_append_bytes(t, &letter, 1);
}

static void fold_append_blank(struct strbuf *t)
{
	if (t->length > 0 && t->data[t->length - 1] != ' ')
		strbuf_append(t, " ");
}

char *name_fold(struct arena *a, const char *name)
{
	const unsigned char *at = (const unsigned char *)name;
	struct strbuf t = strbuf_init(a);
	uint32_t c = 0;

	for (size_t length; *at; at += length) {
		length = utf8_read_code_point(at, &c);
		if (name_glyph_of(c) == NAME_INVISIBLE ||
		    is_combining_mark(c)) {
			continue;
		} else if (name_glyph_of(c) == NAME_SPACE || c == '-') {
			fold_append_blank(&t);
		} else if (fold_table_value(c)) {
			fold_append_letter(&t, fold_table_value(c));
		} else if (c < 0x80) {
			fold_append_letter(&t, c >= 'A' && c <= 'Z'
			                           ? (char)(c + 32)
			                           : (char)c);
		} else {
			fold_append_other(&t, at, length, c);
		}
	}
	if (t.length > 0 && t.data[t.length - 1] == ' ')
		t.data[t.length - 1] = '\0';
	return t.data;
}
