# SPDX-License-Identifier: AGPL-3.0-or-later
# make-ipc-messages.awk: converts ipc_messages.def, which describes its syntax,
# into ipc_messages.h and ipc_messages.c.  A mistake in it stops the build.
#
#	mawk -v dir=build/gen -f make-ipc-messages.awk ipc_messages.def

function complain(what) {
	print FILENAME ":" FNR ": " what > "/dev/stderr"
	wrong = 1
}

function c_name(name) { gsub(/-/, "_", name); return name }
function c_constant(name) { return toupper(c_name(name)) }

function check_name(name) {
	if (name !~ /^[a-z][a-z0-9_-]*$/)
		complain("not a name: " name)
	else if (c_name(name) in keyword)
		complain(name " is a keyword of C")
}

# Hexadecimal, 0x01 to 0xff.
function hex_value(text,    digits, high, low) {
	digits = "0123456789abcdef"
	if (text !~ /^0x[0-9a-f][0-9a-f]$/)
		return 0
	high = index(digits, substr(text, 3, 1)) - 1
	low = index(digits, substr(text, 4, 1)) - 1
	return high * 16 + low
}

# A type is an enum, a struct, or the request of a message; once each.
function add_type(name, kind) {
	check_name(name)
	if (name in kind_of)
		complain(name " is defined twice")
	kind_of[name] = kind
}

# ---- enums

function begin_enum(    i) {
	add_type($2, "enum")
	if (NF < 3)
		complain("an enum has names")
	enums[++enum_count] = $2
	enum_names[$2] = ""
	for (i = 3; i <= NF; i++) {
		if ($i !~ /^[a-z][a-z0-9-]*$/)
			complain("not a name: " $i)
		if (index(enum_names[$2] " ", " " $i " "))
			complain($i " is in " $2 " twice")
		enum_names[$2] = enum_names[$2] " " $i
	}
}

# ---- structs, and what holds fields

function begin_shape(name, label, ends) {
	add_type(name, "struct")
	shapes[++shape_count] = name
	label_of[name] = label
	shape = name
	in_message = ends
}

function begin_message(kind,    number) {
	message = $2
	check_name(message)
	number = hex_value($3)
	if (NF != 3)
		complain(kind " NAME NUMBER")
	if (message in number_of)
		complain(message " is defined twice")
	if (kind == "message" && (number < 1 || number > 127))
		complain("a number of a message is 0x01 to 0x7f: " $3)
	if (number < 1 || $3 in used)
		complain("number is used already, or none: " $3)
	used[$3] = message
	number_of[message] = $3
	if (kind == "frame") {
		frames[++frame_count] = message
		begin_shape(message "-frame", message " frame", "")
		return
	}
	messages[++message_count] = message
	shape = ""
	in_message = "head"
}

function head_line(    i, list) {
	if ($1 == "idempotent" || $1 == "any-configuration") {
		if (NF != 1 || ($1, message) in option)
			complain($1 " stands alone, once")
		option[$1, message] = 1
		return
	}
	if ($1 != "to" && $1 != "from") {
		complain("not a line of a message: " $1)
		return
	}
	if (NF < 2 || ($1, message) in option)
		complain($1 " has one or more names, once")
	for (i = 2; i <= NF; i++) {
		if ($1 == "from" && $i !~ /^portvakt-[a-z-]+$/ &&
		    !(NF == 2 && $i ~ /^(operators|everyone)$/))
			complain("not a user: " $i)
		if ($1 == "to" && ($i !~ /^[a-z][a-z-]*$/ || ($i == "every" && NF != 2)))
			complain("not a role: " $i)
		list = list " " $i
	}
	option[$1, message] = list
}

function end_message() {
	if (in_message == "head")
		complain(message " has no request")
	if (in_message == "request")
		complain(message " has no reply")
	in_message = ""
	shape = ""
}

function begin_part(part) {
	if (part == "request" && in_message != "head")
		complain("request follows to and from, once")
	if (part == "reply" && in_message != "request")
		complain("reply follows request, once")
	if (part == "request" && !(("to", message) in option && ("from", message) in option))
		complain(message " needs to and from")
	begin_shape(message "-" part, message " " part, part)
}

# ---- fields: NAME [optional] [list of] TYPE [max N]

function field_line(    at, n, type, list, optional, max) {
	n = ++field_count[shape]
	check_name($1)
	if ((shape, $1) in has_field)
		complain($1 " is in " label_of[shape] " twice")
	has_field[shape, $1] = 1
	if (in_message == "request" && $1 ~ /^(conf|request)$/)
		complain($1 " belongs to every request")
	at = 2
	if ($at == "optional") { optional = 1; at++ }
	if ($at == "list" && $(at + 1) == "of") { list = 1; at += 2 }
	type = $at
	at++
	max = 0
	if ($at == "max" && $(at + 1) ~ /^[1-9][0-9]*$/) { max = $(at + 1); at += 2 }
	if (at <= NF)
		complain("not a field: NAME [optional] [list of] TYPE [max N]")
	if (!(type in kind_of))
		complain("no such type: " type)
	else if (optional && !list && kind_of[type] ~ /^(number|bool|flag)$/)
		complain("a " type " cannot be optional")
	else if (list && kind_of[type] ~ /^(bool|flag|object)$/)
		complain("no list of " type)
	else if (max && !list && kind_of[type] != "text")
		complain("max is of a text or a list")
	field_name[shape, n] = $1
	field_type[shape, n] = type
	field_list[shape, n] = list
	field_optional[shape, n] = optional || kind_of[type] == "flag"
	field_max[shape, n] = max
}

BEGIN {
	n = split("auto break case char const continue default do double else enum " \
	    "extern float for goto if inline int long register restrict return " \
	    "short signed sizeof static struct switch typedef union unsigned void " \
	    "volatile while bool true false NULL", word, " ")
	for (i = 1; i <= n; i++)
		keyword[word[i]] = 1
	n = split("text number bool flag object", word, " ")
	for (i = 1; i <= n; i++)
		kind_of[word[i]] = word[i]
}

{ is_top = $0 !~ /^[ \t]/; sub(/#.*/, "") }
NF == 0 { next }
is_top { end_message() }
is_top && $1 == "enum" { begin_enum(); next }
is_top && $1 == "struct" {
	if (NF != 2)
		complain("struct NAME")
	begin_shape($2, $2, "")
	next
}
is_top && ($1 == "message" || $1 == "frame") { begin_message($1); next }
is_top { complain("not enum, struct, message or frame: " $1); next }
NF == 1 && $1 ~ /^(request|reply)$/ { begin_part($1); next }
in_message == "head" { head_line(); next }
shape != "" { field_line(); next }
{ complain("a field of nothing: " $1) }

# ---- the header

function member_type(type,    kind) {
	kind = kind_of[type]
	if (kind == "text") return "const char *"
	if (kind == "number") return "long long "
	if (kind == "object") return "json_t *"
	if (kind == "enum") return "enum " c_name(type) " "
	if (kind == "struct") return "const struct " c_name(type) " *"
	return "bool "
}

function write_member(out, s, n,    type, name) {
	type = field_type[s, n]
	name = c_name(field_name[s, n])
	if (!field_list[s, n])
		printf "\t%s%s;\n", member_type(type), name > out
	else if (kind_of[type] == "text")
		printf "\tconst char *const *%s;\n\tsize_t %s_count;\n", name, name > out
	else if (kind_of[type] == "struct")
		printf "\t%s%s;\n\tsize_t %s_count;\n", member_type(type), name, name > out
	else
		printf "\tconst %s*%s;\n\tsize_t %s_count;\n", member_type(type), name, name > out
}

function write_struct(out, s,    n) {
	printf "struct %s {\n", c_name(s) > out
	for (n = 1; n <= field_count[s]; n++)
		write_member(out, s, n)
	if (!field_count[s])
		print "\tchar nothing;" > out
	print "};\n" > out
}

function write_enum(out, e,    i, n, name) {
	printf "enum %s {\n\t%s_NONE = 0,\n", c_name(e), c_constant(e) > out
	n = split(enum_names[e], name, " ")
	for (i = 1; i <= n; i++)
		printf "\t%s_%s,\n", c_constant(e), c_constant(name[i]) > out
	printf "};\nconst char *%s_name(enum %s value);\n", c_name(e), c_name(e) > out
	printf "enum %s %s_from_name(const char *name);\n\n", c_name(e), c_name(e) > out
}

function read_signature(s) {
	return "bool " c_name(s) "_read(struct arena *a, const json_t *object,\n" \
	    "\tstruct " c_name(s) " *ret, struct error *err)"
}

function write_signature(s) {
	return "bool " c_name(s) "_write(const struct " c_name(s) " *from,\n" \
	    "\tjson_t **ret, struct error *err)"
}

function call_signature(m) {
	m = c_name(m)
	return "bool " m "_call(struct ipc_client *client, struct arena *a,\n" \
	    "\tconst char *config_hash, const struct " m "_request *request,\n" \
	    "\tstruct " m "_reply *ret_reply, struct error *err)"
}

function write_header(out,    i, name) {
	print "/* Made by region/ipc/make-ipc-messages.awk of ipc_messages.def. */" > out
	print "#ifndef GEN_IPC_MESSAGES_H\n#define GEN_IPC_MESSAGES_H\n" > out
	print "#include \"region/ipc/ipc_message.h\"\n\nstruct ipc_client;\n" > out
	print "enum ipc_message_type {" > out
	for (i = 1; i <= message_count; i++)
		printf "\tIPC_%s = %s,\n", c_constant(messages[i]), number_of[messages[i]] > out
	for (i = 1; i <= frame_count; i++)
		printf "\tIPC_%s = %s,\n", c_constant(frames[i]), number_of[frames[i]] > out
	print "\tIPC_REPLY = 0x80, /* or-ed into the type of the request */\n};\n" > out
	for (i = 1; i <= enum_count; i++)
		write_enum(out, enums[i])
	for (i = 1; i <= shape_count; i++)
		write_struct(out, shapes[i])
	print "/* What a process serves; a member is NULL where it does not. */" > out
	print "struct ipc_handlers {" > out
	for (i = 1; i <= message_count; i++) {
		name = c_name(messages[i])
		printf "\tbool (*%s)(const struct ipc_request *q,\n\t\tconst struct %s_request *request,\n" \
		    "\t\tstruct %s_reply *reply, struct error *err);\n", name, name, name > out
	}
	print "};\n" > out
	for (i = 1; i <= shape_count; i++) {
		print read_signature(shapes[i]) " must_check;" > out
		print write_signature(shapes[i]) " must_check;" > out
	}
	print "" > out
	for (i = 1; i <= message_count; i++)
		print call_signature(messages[i]) " must_check;" > out
	print "\n#endif" > out
	close(out)
}

# ---- the source

function field_constant(type,    kind) {
	kind = kind_of[type]
	return "IPC_" (kind == "enum" ? "NAME" : toupper(kind))
}

function write_field(out, s, n,    type, name) {
	type = field_type[s, n]
	name = c_name(field_name[s, n])
	printf "\t{ .name = \"%s\", .type = %s,\n", field_name[s, n], field_constant(type) > out
	printf "\t  .offset = offsetof(struct %s, %s),\n", c_name(s), name > out
	if (field_list[s, n])
		printf "\t  .is_list = true, .count_offset = offsetof(struct %s, %s_count),\n", c_name(s), name > out
	if (field_optional[s, n])
		print "\t  .is_optional = true," > out
	if (field_max[s, n])
		printf "\t  .max = %d,\n", field_max[s, n] > out
	if (kind_of[type] == "enum")
		printf "\t  .names = %s_names, .name_count = LENGTH(%s_names),\n", c_name(type), c_name(type) > out
	if (kind_of[type] == "struct")
		printf "\t  .shape = &%s_shape,\n", c_name(type) > out
	print "\t}," > out
}

function write_shape(out, s,    n, c) {
	c = c_name(s)
	if (field_count[s]) {
		printf "static const struct ipc_field %s_fields[] = {\n", c > out
		for (n = 1; n <= field_count[s]; n++)
			write_field(out, s, n)
		print "};\n" > out
	}
	printf "static const struct ipc_shape %s_shape = {\n\t\"%s\", sizeof(struct %s),\n", c, label_of[s], c > out
	printf "\t%s, %d,\n};\n\n", field_count[s] ? c "_fields" : "NULL", field_count[s] > out
	print read_signature(s) "\n{" > out
	printf "\treturn ipc_fields_read(a, object, &%s_shape, ret, err);\n}\n\n", c > out
	print write_signature(s) "\n{" > out
	printf "\treturn ipc_fields_write(&%s_shape, from, ret, err);\n}\n\n", c > out
}

function write_enum_names(out, e,    i, n, name, c) {
	c = c_name(e)
	printf "static const char *const %s_names[] = {\n\tNULL,\n", c > out
	n = split(enum_names[e], name, " ")
	for (i = 1; i <= n; i++)
		printf "\t\"%s\",\n", name[i] > out
	print "};\n" > out
	printf "const char *%s_name(enum %s value)\n{\n", c, c > out
	printf "\treturn ipc_name(%s_names, LENGTH(%s_names), value);\n}\n\n", c, c > out
	printf "enum %s %s_from_name(const char *name)\n{\n", c, c > out
	printf "\treturn ipc_name_find(%s_names, LENGTH(%s_names), name);\n}\n\n", c, c > out
}

function write_message(out, m,    c) {
	c = c_name(m)
	printf "static bool %s_serve(const struct ipc_handlers *h, const struct ipc_request *q,\n" \
	    "\tconst json_t *body, json_t **ret_reply, struct error *err)\n{\n", c > out
	printf "\tstruct %s_request request;\n\tstruct %s_reply reply = { 0 };\n\n", c, c > out
	printf "\tif (!h->%s)\n\t\treturn ipc_message_unsupported(\"%s\", err);\n", c, m > out
	printf "\treturn %s_request_read(q->arena, body, &request, err) &&\n" \
	    "\t       h->%s(q, &request, &reply, err) &&\n" \
	    "\t       %s_reply_write(&reply, ret_reply, err);\n}\n\n", c, c, c > out
	print call_signature(m) "\n{" > out
	printf "\treturn ipc_call_message(client, a, IPC_%s, config_hash, request,\n" \
	    "\t                        ret_reply, err);\n}\n\n", c_constant(m) > out
}

function write_list(out, name, list,    n, i, item) {
	n = split(list, item, " ")
	printf "\t  .%s = (const char *const[]){ ", name > out
	for (i = 1; i <= n; i++)
		printf "\"%s\", ", item[i] > out
	print "NULL }," > out
}

function write_row(out, m,    c, to, from) {
	c = c_name(m)
	to = option["to", m]
	from = option["from", m]
	printf "\t{ .type = IPC_%s, .name = \"%s\",\n", c_constant(m), m > out
	if (to != " every")
		write_list(out, "to", to)
	write_list(out, "from", from == " operators" || from == " everyone" ? "" : from)
	if (from == " everyone")
		print "\t  .from_everyone = true," > out
	if (("idempotent", m) in option)
		print "\t  .is_idempotent = true," > out
	if (("any-configuration", m) in option)
		print "\t  .any_configuration = true," > out
	printf "\t  .request = &%s_request_shape, .reply = &%s_reply_shape,\n", c, c > out
	printf "\t  .serve = %s_serve },\n", c > out
}

function write_source(out,    i) {
	print "/* Made by region/ipc/make-ipc-messages.awk of ipc_messages.def. */" > out
	print "#include \"ipc_messages.h\"\n" > out
	print "#include <stddef.h>\n" > out
	print "#include \"region/ipc/ipc_client.h\"" > out
	print "#include \"region/ipc/ipc_server.h\"\n" > out
	for (i = 1; i <= enum_count; i++)
		write_enum_names(out, enums[i])
	for (i = 1; i <= shape_count; i++)
		write_shape(out, shapes[i])
	for (i = 1; i <= message_count; i++)
		write_message(out, messages[i])
	print "const struct ipc_message ipc_messages[] = {" > out
	for (i = 1; i <= message_count; i++)
		write_row(out, messages[i])
	print "};\n\nconst size_t ipc_message_count = LENGTH(ipc_messages);\n" > out
	print "const struct ipc_shape *const ipc_shapes[] = {" > out
	for (i = 1; i <= shape_count; i++)
		printf "\t&%s_shape,\n", c_name(shapes[i]) > out
	print "};\n\nconst size_t ipc_shape_count = LENGTH(ipc_shapes);" > out
	close(out)
}

END {
	end_message()
	if (!message_count)
		complain("no message is defined")
	if (wrong)
		exit 1
	write_header(dir "/ipc_messages.h")
	write_source(dir "/ipc_messages.c")
}
