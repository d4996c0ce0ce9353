# SPDX-License-Identifier: AGPL-3.0-or-later
# log-events.awk: every event of lib/log_events.def with its priority and its
# sentence, as mdoc.
/^LOG_EVENT\(/ {
	match($0, /"[^"]*"/)
	name = substr($0, RSTART + 1, RLENGTH - 2)
	rest = substr($0, RSTART + RLENGTH)
	match(rest, /[A-Z]+/)
	priority = tolower(substr(rest, RSTART, RLENGTH))
	rest = substr(rest, RSTART + RLENGTH)
	sub(/^, "/, "", rest)
	sub(/"\)$/, "", rest)
	gsub(/\. /, ".\n", rest)
	printf ".It Sy %s Pq %s\n%s\n", name, priority, rest
}
