/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_uris.h: the URIs of SAML 2.0 and XML Signature. */
#ifndef IDP_SAML_SAML_URIS_H
#define IDP_SAML_SAML_URIS_H

#define NS_PROTOCOL  "urn:oasis:names:tc:SAML:2.0:protocol"
#define NS_ASSERTION "urn:oasis:names:tc:SAML:2.0:assertion"
#define NS_METADATA  "urn:oasis:names:tc:SAML:2.0:metadata"
#define NS_MDUI      "urn:oasis:names:tc:SAML:metadata:ui"
#define NS_DS        "http://www.w3.org/2000/09/xmldsig#"

#define BINDING_URI_REDIRECT \
	"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
#define BINDING_URI_POST "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
#define ENCODING_DEFLATE \
	"urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"

#define FORMAT_ENTITY     "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
#define FORMAT_PERSISTENT "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
#define FORMAT_TRANSIENT  "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
#define FORMAT_MAIL       "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
#define FORMAT_UNSPECIFIED \
	"urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"

#define CONFIRM_BEARER "urn:oasis:names:tc:SAML:2.0:cm:bearer"
#define ATTRNAME_URI   "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"

#define CLASS_UNSPECIFIED "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
#define CLASS_PASSWORD    "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
#define CLASS_PROTECTED \
	"urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"

#define STATUS_SUCCESS    "urn:oasis:names:tc:SAML:2.0:status:Success"
#define STATUS_REQUESTER  "urn:oasis:names:tc:SAML:2.0:status:Requester"
#define STATUS_RESPONDER  "urn:oasis:names:tc:SAML:2.0:status:Responder"
#define STATUS_NO_PASSIVE "urn:oasis:names:tc:SAML:2.0:status:NoPassive"
#define STATUS_NO_CONTEXT "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext"
#define STATUS_DENIED     "urn:oasis:names:tc:SAML:2.0:status:RequestDenied"
#define STATUS_BAD_POLICY \
	"urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy"
#define STATUS_UNKNOWN_PRINCIPAL \
	"urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal"
#define STATUS_PARTIAL "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"

#define C14N_EXCLUSIVE "http://www.w3.org/2001/10/xml-exc-c14n#"
#define SIG_ENVELOPED  "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
#define SIG_RSA_SHA256 "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
#define SIG_RSA_SHA384 "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
#define SIG_RSA_SHA512 "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
#define SIG_EC_SHA256  "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
#define SIG_EC_SHA384  "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
#define DIGEST_SHA256  "http://www.w3.org/2001/04/xmlenc#sha256"
#define DIGEST_SHA384  "http://www.w3.org/2001/04/xmldsig-more#sha384"
#define DIGEST_SHA512  "http://www.w3.org/2001/04/xmlenc#sha512"

#endif
