/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signature_verify.h: verifies signatures of received SAML messages with the
 * keys of the SP's metadata; KeyInfo is ignored. */
#ifndef IDP_SAML_SIGNATURE_VERIFY_H
#define IDP_SAML_SIGNATURE_VERIFY_H

#include "lib/xml.h"

/* A public key: RSA of 2048 to 8192 bits, or P-256 or P-384. */
struct verify_key;

/* Returns the public key of a certificate in base64 DER, owned by a.  The
 * certificate's other fields, including its validity, are ignored: the metadata
 * is the trust anchor.  INVALID for an unusable key. */
bool verify_key_from_certificate(struct arena *a, const char *certificate,
                                 struct verify_key **ret_key,
                                 struct error *err) must_check;

/* Verifies that the only ds:Signature child of element is by one of keys and
 * covers exactly element (SAML Core 5.4).  Accepts exclusive C14N, SHA-256 or
 * longer, RSA and ECDSA; INVALID "bad-saml" otherwise. */
bool signature_verify_enveloped(struct arena *a, const struct xml *element,
                                struct verify_key *const *keys, size_t count,
                                struct error *err) must_check;

/* The same for the signed octets of the Redirect binding (SAML Bindings
 * 3.4.4.1). */
bool signature_verify_query(const char *octets, const char *sig_alg,
                            const unsigned char *signature, size_t length,
                            struct verify_key *const *keys, size_t count,
                            struct error *err) must_check;

#endif
