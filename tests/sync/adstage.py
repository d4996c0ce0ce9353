# SPDX-License-Identifier: AGPL-3.0-or-later
"""A municipality whose directory is a real Active Directory, with the people
that the others have in slapd.  The scope is OU=kommune, so that entries can be
moved in and out of it.

    samba.own_network()
    stage = Mixed(folder, programs(), sources={"kongsberg": adstage.source()},
                  settings={"kongsberg": adstage.settings(folder, "kongsberg")}, without=adstage.WITHOUT, people=12)
    adstage.ready(stage, "kongsberg")"""
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "kit"))
import samba_dc as samba  # noqa: E402

OUS = ("ansatte", "elever", "folkevalgte", "gjester", "grupper")
WITHOUT = ("base ", "bind-dn ", "map ")
# The attribute names of inetOrgPerson and of our test schema, with those of
# Active Directory.
NAMES = {"uid": "sAMAccountName", "norEduPersonNIN": "employeeID", "hrPosition": "extensionAttribute1",
         "hrFrom": "extensionAttribute2", "hrUntil": "extensionAttribute3"}


def dn_of(name, dn):
    """The DN there of uid=k001,ou=ansatte,dc=kongsberg,dc=example."""
    rdn, ou, rest = dn.split(",", 2)
    return "CN=%s,%s,OU=kommune,%s" % (rdn.split("=", 1)[1], ou.replace("ou=", "OU=").replace("cn=", "CN="),
                                       rest.replace("dc=", "DC="))


def values_of(name, person):
    values = {NAMES.get(key, key): value for key, value in person.items() if key not in ("userPassword", "cn")}
    return dict(values, userPrincipalName="%s@%s.example" % (person["uid"], name))


def person_ldif(ad, dn, person):
    return ad.person(dn_of(ad.name, dn), values_of(ad.name, person), person["userPassword"])


def fill(ad, people):
    ldif = samba.dn_line("OU=kommune," + ad.base) + "changetype: add\nobjectClass: organizationalUnit\n\n"
    for ou in OUS:
        ldif += samba.dn_line("OU=%s,OU=kommune,%s" % (ou, ad.base)) + "changetype: add\nobjectClass: organizationalUnit\n\n"
    for dn, person in people.items():
        ldif += person_ldif(ad, dn, person)
    members = [dn_of(ad.name, dn) for dn in people if "ou=ansatte" in dn]
    for group, part in (("laerere", members[::2]), ("pleie-og-omsorg", members[1::3])):
        values = {"objectClass": "group", "sAMAccountName": group, "member": part}
        ldif += samba.dn_line("CN=%s,OU=grupper,OU=kommune,%s" % (group, ad.base)) + "changetype: add\n"
        ldif += samba.encoded(values) + "\n"
    ad.modify(ldif)


def source(number=1):
    def make(stage, name, folder):
        ad = samba.Domain(os.path.join(folder, "ad"), name, number)
        fill(ad, stage.people[name])
        return ad
    return make


def settings(folder, name, account="portvakt", more=()):
    base = "DC=%s,DC=example" % name
    return ["kind active-directory", 'base "OU=kommune,%s"' % base, 'bind-dn "CN=%s,CN=Users,%s"' % (account, base),
            "tls-ca-file %s" % os.path.join(folder, name, "ad", "tls", "ca.pem"), "map national-id from employeeID",
            "map position from extensionAttribute1", "map from from extensionAttribute2",
            "map until from extensionAttribute3", *more]


def ready(stage, *names):
    """The password of its accounts differs from that of the tests' slapds."""
    for name in names:
        stage.secret(name, samba.PASSWORD)
