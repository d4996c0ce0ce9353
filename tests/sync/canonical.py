# SPDX-License-Identifier: AGPL-3.0-or-later
"""The catalogue in a form that two runs can be compared by, without times
and order. Ids become names; operational attributes, source DN, anchor,
last-seen and former names are left out; of sealed numbers and suspension times
only the presence is kept."""
import base64
import sys

LEFT_OUT = {"portvaktSourceDn", "portvaktAnchor", "portvaktLastSeen", "portvaktFormerName", "portvaktPersonBefore", "portvaktRecentChange", "portvaktId",
            "portvaktReleasedName", "objectClass", "dn"}
ONLY_THERE = {"portvaktNationalId", "portvaktSuspended"}


def read(ldif):
    for block in ldif.strip().split("\n\n"):
        entry = {}
        for line in block.splitlines():
            key, _, value = line.partition(":")
            raw = base64.b64decode(value[1:]) if value.startswith(":") else value.strip().encode()
            entry.setdefault(key, []).append(raw.decode("utf-8", "backslashreplace"))
        if entry:
            yield entry


def lines_of(entry):
    out = []
    for key in sorted(entry):
        if key in LEFT_OUT:
            continue
        values = ["there"] if key in ONLY_THERE else sorted(entry[key])
        if key == "portvaktReleasedName":
            values = sorted(v.split(" ", 1)[1] for v in values)
        out += ["%s: %s" % (key, v) for v in values]
    return out


def canonical(ldif):
    people, affiliations = {}, {}
    for entry in read(ldif):
        rdns = [rdn.split("=", 1)[1] for rdn in entry["dn"][0].split(",") if rdn.startswith("portvaktId=")]
        if len(rdns) == 1:
            people[rdns[0]] = entry
        elif len(rdns) == 2:
            affiliations.setdefault(rdns[1], []).append(entry)
    out = []
    for id, entry in people.items():
        below = sorted("\n".join("  " + line for line in lines_of(f)) for f in affiliations.pop(id, []))
        out.append("\n".join(["person " + entry["cn"][0]] + lines_of(entry) + ["affiliation\n" + b for b in below]))
    out += ["orphan " + "\n".join(lines_of(f)) for some in affiliations.values() for f in some]
    return "\n\n".join(sorted(out)) + "\n"


if __name__ == "__main__":
    sys.stdout.write(canonical(sys.stdin.read()))
