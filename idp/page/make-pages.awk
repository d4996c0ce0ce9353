# SPDX-License-Identifier: AGPL-3.0-or-later
# make-pages.awk: converts templates into C. templates/login.html becomes
#
#	struct login_page { ... };
#	void fill_login(struct strbuf *out, enum language l,
#	                const struct login_page *p);
#
# so that a misspelt blank or text id does not compile. A template begins with
# its parameters:
#
#	<!-- needs
#	text   name
#	flag   may_leave
#	markup body
#	list   services: text name, text address, flag here
#	-->
#
# and continues in HTML with {{name}} escaped, {{{body}}} unescaped (markup
# only), {{_word}} and {{_word name}} in the reader's language, {{#services}}
# ... {{.name}} ... {{/}}, {{?may_leave}} ... {{/}} and {{^may_leave}} ...
# {{/}}.

function complain(what) {
	print FILENAME ":" FNR ": " what > "/dev/stderr"
	wrong = 1
}

function emit(line) { code = code line "\n" }

function tabs(    t, i) {
	t = "\t"
	for (i = 0; i < depth; i++)
		t = t "\t"
	return t
}

function literal(text) {
	if (text == "")
		return
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	gsub(/\n/, "\\n", text)
	emit(tabs() "strbuf_append(out, \"" text "\");")
}

# The C expression for the field called name; its type in type.
function reach(name) {
	if (substr(name, 1, 1) == ".") {
		name = substr(name, 2)
		if (in_list == "" || !((in_list "." name) in type_of)) {
			complain("there is no field ." name)
			return "0"
		}
		type = type_of[in_list "." name]
		return in_list "_at->" name
	}
	if (!(name in type_of)) {
		complain("there is no field " name)
		return "0"
	}
	type = type_of[name]
	return "p->" name
}

function msg_word(rest,    piece, n, i, call) {
	n = split(rest, piece, " ")
	gsub(/-/, "_", piece[1])
	call = "msg_" piece[1] "(out, l"
	for (i = 2; i <= n; i++)
		call = call ", " reach(piece[i])
	emit(tabs() call ");")
}

function open_list(name) {
	if (type_of[name] != "list")
		complain(name " is no list")
	emit(tabs() "for (size_t i = 0; i < p->" name "_count; i++) {")
	ends[++depth] = name
	in_list = name
	emit(tabs() "const struct " page "_" name " *" name "_at = &p->" \
	    name "[i];\n")
}

function open_if(name, no) {
	emit(tabs() "if (" no reach(name) ") {")
	ends[++depth] = ""
}

function close_one() {
	if (depth == 0) {
		complain("{{/}} ends nothing")
		return
	}
	if (ends[depth] != "")
		in_list = ""
	depth--
	emit(tabs() "}")
}

function plain(name,    at) {
	at = reach(name)
	if (type != "text")
		complain(name " is no text")
	emit(tabs() "escape_html(out, " at ");")
}

function blank(inner,    first) {
	first = substr(inner, 1, 1)
	if (first == "_") msg_word(substr(inner, 2))
	else if (first == "#") open_list(substr(inner, 2))
	else if (first == "?") open_if(substr(inner, 2), "")
	else if (first == "^") open_if(substr(inner, 2), "!")
	else if (first == "/") close_one()
	else plain(inner)
}

function as_is(name,    at) {
	at = reach(name)
	if (type != "markup")
		complain(name " is no markup")
	emit(tabs() "strbuf_append(out, " at ");")
}

function take(line,    open, close_at) {
	sub(/^[ \t]+/, "", line)
	while ((open = index(line, "{{")) > 0) {
		literal(substr(line, 1, open - 1))
		if (substr(line, open, 3) == "{{{") {
			close_at = index(line, "}}}")
			as_is(substr(line, open + 3, close_at - open - 3))
			line = substr(line, close_at + 3)
		} else {
			close_at = index(line, "}}")
			blank(substr(line, open + 2, close_at - open - 2))
			line = substr(line, close_at + 2)
		}
		if (close_at == 0) {
			complain("a blank does not end")
			return
		}
	}
	if (line != "" || FNR_had_text)
		literal(line "\n")
}

function field(kind, name,    c) {
	if (kind == "flag")
		return "bool " name ";"
	if (kind != "text" && kind != "markup")
		complain("no such type: " kind)
	return "const char *" name ";"
}

function declare_list(rest,    colon, name, piece, n, i, one) {
	colon = index(rest, ":")
	name = substr(rest, 1, colon - 1)
	type_of[name] = "list"
	lists = lists "struct " page "_" name " {\n"
	n = split(substr(rest, colon + 1), piece, ",")
	for (i = 1; i <= n; i++) {
		split(piece[i], one, " ")
		type_of[name "." one[2]] = one[1]
		lists = lists "\t" field(one[1], one[2]) "\n"
	}
	lists = lists "};\n\n"
	fields = fields "\tconst struct " page "_" name " *" name ";\n"
	fields = fields "\tsize_t " name "_count;\n"
}

function declare(line,    one, rest) {
	split(line, one, " ")
	if (one[1] == "list") {
		rest = line
		sub(/^list[ \t]+/, "", rest)
		declare_list(rest)
		return
	}
	type_of[one[2]] = one[1]
	fields = fields "\t" field(one[1], one[2]) "\n"
}

function finish(    signature) {
	if (page == "")
		return
	if (depth != 0)
		complain("something is not ended by {{/}}")
	if (fields == "")
		fields = "\tchar nothing;\n"
	signature = "void fill_" page "(struct strbuf *out, enum language l, " \
	    "const struct " page "_page *p)"
	header = header lists "struct " page "_page {\n" fields "};\n\n" \
	    signature ";\n\n"
	body = body signature "\n{\n\t(void)l;\n\t(void)p;\n" code "}\n\n"
}

function begin() {
	finish()
	page = FILENAME
	sub(/^.*\//, "", page)
	sub(/\.html$/, "", page)
	gsub(/-/, "_", page)
	split("", type_of)
	code = lists = fields = in_list = ""
	depth = 0
	declaring = 0
}

FNR == 1         { begin() }
/SPDX-License/   { next }
/^<!-- needs/    { declaring = 1; next }
/^-->/           { if (declaring) { declaring = 0; next } }
declaring        { declare($0); next }
/^[ \t]*$/       { next }
                 { take($0) }

END {
	finish()
	if (wrong)
		exit 1
	out = dir "/pages.h"
	print "/* Made by idp/page/make-pages.awk. */" > out
	print "#ifndef GEN_PAGES_H\n#define GEN_PAGES_H\n" > out
	print "#include <stdbool.h>\n#include <stddef.h>\n" > out
	print "#include \"messages.h\"\n" > out
	printf "%s#endif\n", header > out
	close(out)
	out = dir "/pages.c"
	print "/* Made by idp/page/make-pages.awk. */" > out
	print "#include \"pages.h\"\n\n#include \"lib/escape.h\"\n" > out
	printf "%s", body > out
	close(out)
}
