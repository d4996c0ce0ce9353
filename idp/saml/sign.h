/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sign.h: the door to libxmlsec1: strangers' signatures, held against keys
 * that their metadata gave us beforehand.  KeyInfo is never asked. */
#ifndef IDP_SAML_SIGN_H
#define IDP_SAML_SIGN_H

#include "lib/xml.h"

/* A public key: RSA of 2048 to 8192 bits, or P-256 or P-384. */
struct sign_key;

/* The key in a certificate in base64 DER, living in a.  What else the
 * certificate says, its dates too, means nothing: metadata vouches for it. */
bool sign_key_read(struct arena *a, const char *certificate,
                   struct sign_key **ret_key, struct fault *why) must_check;

/* Whether the one ds:Signature that is a child of element signs all of
 * element, and nothing else, by one of the keys.  Only exclusive C14N,
 * SHA-256 and longer, RSA and ECDSA; INVALID "bad-saml" otherwise. */
bool sign_check_element(struct arena *a, const struct xml *element,
                        struct sign_key *const *keys, size_t count,
                        struct fault *why) must_check;

/* The same for octets signed as the Redirect binding does it. */
bool sign_check_octets(const char *octets, const char *algorithm,
                       const unsigned char *signature, size_t length,
                       struct sign_key *const *keys, size_t count,
                       struct fault *why) must_check;

#endif
