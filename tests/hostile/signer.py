#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""signer.py: sends portvakt-signer what a compromised web process would: SAML
for an address that the service's metadata does not have, and messages that are
not as they are defined."""

import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kit"))
from stage import ask, check, end, env  # noqa: E402

STATUS, SIGN_SAML, ERROR = 0x03, 0x11, 0xFF
SAML = "urn:oasis:names:tc:SAML:2.0:"


def sign(xml, **more):
    kind, reply = ask("signer", SIGN_SAML, {"conf": ask("signer", STATUS, {})[1]["hash"][:16], "issuer": "region", "element": xml} | more)
    return "signature" in reply, reply.get("text", "")


def moment(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def assertion(entity, audience, recipient):
    return (f'<saml:Assertion xmlns:saml="{SAML}assertion" ID="_a1" IssueInstant="{moment(0)}" Version="2.0">'
            f'<saml:Issuer>{entity}</saml:Issuer><saml:Subject><saml:NameID>abc</saml:NameID>'
            f'<saml:SubjectConfirmation Method="{SAML}cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{moment(90)}" '
            f'Recipient="{recipient}"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>'
            f'<saml:Conditions NotBefore="{moment(-5)}" NotOnOrAfter="{moment(90)}"><saml:AudienceRestriction>'
            f'<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions></saml:Assertion>')


def failure(entity, destination):
    return (f'<samlp:Response xmlns:samlp="{SAML}protocol" Destination="{destination}" ID="_r1" IssueInstant="{moment(0)}" '
            f'Version="2.0"><saml:Issuer xmlns:saml="{SAML}assertion">{entity}</saml:Issuer><samlp:Status>'
            f'<samlp:StatusCode Value="{SAML}status:Responder"></samlp:StatusCode></samlp:Status></samlp:Response>')


def main():
    with open(os.path.join(os.path.dirname(env["PORTVAKT_CONF"]), "metadata", "okonomi.xml"), encoding="utf-8") as file:
        metadata = file.read()
    audience = re.search(r'entityID="([^"]*)"', metadata)[1]
    service = next(tag for tag in re.findall(r"<[^<>]*AssertionConsumerService[^<>]*>", metadata) if "HTTP-POST" in tag)
    address = re.search(r'Location="([^"]*)"', service)[1]
    entity = env["PORTVAKT_ISSUER"] + "/saml/metadata"
    evil = "https://evil.example/acs"

    check(sign(assertion(entity, audience, address))[0], "the signer signs an assertion for the service's address",
          sign(assertion(entity, audience, address))[1])
    for name, xml in {"an assertion for another address": assertion(entity, audience, evil),
                      "an assertion for a path below the address": assertion(entity, audience, address + "/x"),
                      "a failure for another address": failure(entity, evil)}.items():
        signed, text = sign(xml)
        check(not signed and "is not registered" in text, f"the signer does not sign {name}", text)
    check(sign(failure(entity, address))[0], "the signer signs a failure for the service's address",
          sign(failure(entity, address))[1])
    for name, more in {"an unknown member": {"key": "x"}, "a member of another type": {"issuer": 1}}.items():
        signed, text = sign(assertion(entity, audience, address), **more)
        check(not signed and text.startswith("sign-saml request: "), f"the signer refuses a request with {name} by its name", text)
    end()


main()
