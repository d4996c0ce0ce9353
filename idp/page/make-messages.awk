# SPDX-License-Identifier: AGPL-3.0-or-later
# make-messages.awk: converts nb.po, nn.po and en.po into a table in C, with a
# function for each text with {blanks}. A text that is missing in one language,
# or has other blanks there, stops the build; so does a reason of
# region/config/reasons.def without its two texts.
#
#	mawk -v dir=build/gen -f make-messages.awk nb.po nn.po en.po

function complain(what) {
	print what > "/dev/stderr"
	wrong = 1
}

# The blanks of a text in order of their names: "code service".
function blanks_of(text,    found, list, n, i, j, t) {
	n = 0
	while (match(text, /\{[a-z_]+\}/)) {
		t = substr(text, RSTART + 1, RLENGTH - 2)
		text = substr(text, RSTART + RLENGTH)
		for (i = 1; i <= n && found[i] != t; i++)
			;
		if (i > n)
			found[++n] = t
	}
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && found[j] < found[j - 1]; j--) {
			t = found[j]; found[j] = found[j - 1]; found[j - 1] = t
		}
	list = ""
	for (i = 1; i <= n; i++)
		list = list (i > 1 ? " " : "") found[i]
	return list
}

function keep(    at) {
	if (id == "")
		return
	at = lang SUBSEP id
	if (at in text_of)
		complain(FILENAME ":" FNR ": " id " is here twice")
	if (text == "")
		complain(FILENAME ":" FNR ": " id " has no text")
	text_of[at] = text
	if (!(id in known)) {
		known[id] = 1
		ids[++count] = id
	}
	id = ""
}

function quoted(line) {
	sub(/^[^"]*"/, "", line)
	sub(/"[ \t]*$/, "", line)
	return line
}

function c_name(id) {
	gsub(/-/, "_", id)
	return id
}

FNR == 1 {
	keep()
	lang = FILENAME
	sub(/^.*\//, "", lang)
	sub(/\.po$/, "", lang)
	langs[++lang_count] = lang
	in_text = 0
}
/^#/ || /^[ \t]*$/ { next }
/^msgid /  { keep(); id = quoted($0); text = ""; in_text = 0; next }
/^msgstr / { text = quoted($0); in_text = 1; next }
/^"/       { if (in_text) text = text quoted($0); next }
           { complain(FILENAME ":" FNR ": neither msgid nor msgstr") }

function check_reasons(    line, reason) {
	while ((getline line < "region/config/reasons.def") > 0) {
		if (line !~ /^REASON\(/)
			continue
		split(line, piece, "\"")
		reason = piece[2]
		if (!("reason-" reason in known) || !("todo-" reason in known))
			complain("region/config/reasons.def: " reason \
			    " has no reason-" reason " or todo-" reason)
	}
}

function check_texts(    i, k, id, want, have) {
	for (i = 1; i <= count; i++)
		for (k = 1; k <= lang_count; k++) {
			id = ids[i]
			if (!((langs[k] SUBSEP id) in text_of)) {
				complain(langs[k] ".po: " id " is missing")
				continue
			}
			want = blanks_of(text_of[langs[1] SUBSEP id])
			have = blanks_of(text_of[langs[k] SUBSEP id])
			if (want != have)
				complain(langs[k] ".po: " id " has blanks (" \
				    have "), " langs[1] ".po has (" want ")")
		}
}

function sort_ids(    i, j, t) {
	for (i = 2; i <= count; i++)
		for (j = i; j > 1 && ids[j] < ids[j - 1]; j--) {
			t = ids[j]; ids[j] = ids[j - 1]; ids[j - 1] = t
		}
}

function write_function(out, id,    list, n, i, name) {
	n = split(blanks_of(text_of[langs[1] SUBSEP id]), name, " ")
	printf "static inline void msg_%s(struct strbuf *out, enum language l", \
	    c_name(id) > out
	for (i = 1; i <= n; i++)
		printf ", const char *%s", name[i] > out
	print ")\n{" > out
	if (n == 0) {
		printf "\ti18n_html_append(out, l, MSG_%s);\n}\n", c_name(id) > out
		return
	}
	print "\tconst struct message_param params[] = {" > out
	for (i = 1; i <= n; i++)
		printf "\t\t{ \"%s\", %s },\n", name[i], name[i] > out
	printf "\t};\n\n\ti18n_html_append_params(out, l, MSG_%s, params, %d);\n}\n", \
	    c_name(id), n > out
}

function write_header(out,    i) {
	print "/* Made by idp/page/make-messages.awk. */" > out
	print "#ifndef GEN_MESSAGES_H\n#define GEN_MESSAGES_H\n" > out
	print "#include <stddef.h>\n\n#include \"lib/strbuf.h\"\n" > out
	printf "enum language {\n" > out
	for (i = 1; i <= lang_count; i++)
		printf "\tLANGUAGE_%s,\n", toupper(langs[i]) > out
	print "\tLANGUAGE_COUNT,\n};\n\nenum message_id {" > out
	for (i = 1; i <= count; i++)
		printf "\tMSG_%s,\n", c_name(ids[i]) > out
	print "\tMSG_COUNT,\n};\n" > out
	print "struct message_param {\n\tconst char *name, *value;\n};\n" > out
	print "extern const char *const message_languages[LANGUAGE_COUNT];" > out
	print "extern const char *const message_names[MSG_COUNT];" > out
	print "extern const char *const " \
	    "message_texts[LANGUAGE_COUNT][MSG_COUNT];\n" > out
	print "/* Into HTML, escaped; idp/page/i18n_html.c. */" > out
	print "void i18n_html_append(struct strbuf *out, enum language l, enum message_id id);" > out
	print "void i18n_html_append_params(struct strbuf *out, enum language l, enum message_id id," > out
	print "                const struct message_param *params, size_t count);\n" > out
	for (i = 1; i <= count; i++)
		write_function(out, ids[i])
	print "\n#endif" > out
	close(out)
}

function write_table(out,    i, k) {
	print "/* Made by idp/page/make-messages.awk. */" > out
	print "#include \"messages.h\"\n" > out
	print "const char *const message_languages[LANGUAGE_COUNT] = {" > out
	for (k = 1; k <= lang_count; k++)
		printf "\t\"%s\",\n", langs[k] > out
	print "};\n\nconst char *const message_names[MSG_COUNT] = {" > out
	for (i = 1; i <= count; i++)
		printf "\t\"%s\",\n", ids[i] > out
	print "};\n" > out
	print "const char *const " \
	    "message_texts[LANGUAGE_COUNT][MSG_COUNT] = {" > out
	for (k = 1; k <= lang_count; k++) {
		print "\t{" > out
		for (i = 1; i <= count; i++)
			printf "\t\t\"%s\",\n", \
			    text_of[langs[k] SUBSEP ids[i]] > out
		print "\t}," > out
	}
	print "};" > out
	close(out)
}

END {
	keep()
	check_reasons()
	check_texts()
	if (wrong)
		exit 1
	sort_ids()
	write_table(dir "/messages.c")
	write_header(dir "/messages.h")
}
