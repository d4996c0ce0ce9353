/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signer.h: the requests that portvakt-signer serves, one handler each. Every
 * handler checks its request against the signer's own configuration, whichever
 * process sent it. On error it returns false and sets err. */
#ifndef IDP_KEEPER_KEEPER_H
#define IDP_KEEPER_KEEPER_H

#include "idp/keeper/keys.h"
#include "region/answer.h"

bool answer_sign_token(const struct question *q, json_t **ret_answer,
                       struct fault *why) must_check;
bool answer_sign_saml(const struct question *q, json_t **ret_answer,
                      struct fault *why) must_check;
bool answer_sign_query(const struct question *q, json_t **ret_answer,
                       struct fault *why) must_check;
bool answer_public(const struct question *q, json_t **ret_answer,
                   struct fault *why) must_check;
bool answer_subject(const struct question *q, json_t **ret_answer,
                    struct fault *why) must_check;
bool answer_mac(const struct question *q, json_t **ret_answer,
                struct fault *why) must_check;
bool answer_check(const struct question *q, json_t **ret_answer,
                  struct fault *why) must_check;
bool answer_keys(const struct question *q, json_t **ret_answer,
                 struct fault *why) must_check;
bool answer_key_roll(const struct question *q, json_t **ret_answer,
                     struct fault *why) must_check;
bool answer_sign_head(const struct question *q, json_t **ret_answer,
                      struct fault *why) must_check;

/* A municipality moves to another installation, or an issuer moves in. */
bool answer_export(const struct question *q, json_t **ret_answer,
                   struct fault *why) must_check;
bool answer_adopt(const struct question *q, json_t **ret_answer,
                  struct fault *why) must_check;
bool answer_say(const struct question *q, json_t **ret_answer,
                struct fault *why) must_check;
bool answer_take_in(const struct question *q, json_t **ret_answer,
                    struct fault *why) must_check;
bool answer_forget(const struct question *q, json_t **ret_answer,
                   struct fault *why) must_check;

/* The requests of synchronisation (--sync). */
bool sync_keys_open(const char *credentials, struct fault *why) must_check;
bool answer_join(const struct question *q, json_t **ret_answer,
                 struct fault *why) must_check;
bool answer_seal(const struct question *q, json_t **ret_answer,
                 struct fault *why) must_check;

/* Returns the issuer that the request names, with its keys loaded. On error
 * ERROR_REFUSED: no such issuer. */
bool issuer_of(const struct question *q, const struct issuer **ret_issuer,
               struct fault *why) must_check;
/* Loads or creates the keys of every issuer, at start. */
bool issuers_ready(const struct region *r, struct fault *why) must_check;

/* The signing log: one line per signature, written before it is returned. */
bool issued_open(const char *folder, struct fault *why) must_check;
bool issued_note(const char *what, const char *issuer, const char *audience,
                 const char *kid, struct fault *why) must_check;

/* Returns whether the log has a signature of that issuer. The match is by
 * prefix, so the SAML entityID below the issuer's URL counts too. */
bool issued_by(const char *issuer, bool *ret, struct fault *why) must_check;

/* Returns a compact JWS (RFC 7515 7.1) of the claims with this typ; with_jwk
 * adds the public key to its header (4.1.3). */
bool sign_compact(struct arena *a, const struct key *k, const char *typ,
                  bool with_jwk, const json_t *claims, char **ret_jws,
                  struct fault *why) must_check;

/* Returns the public key as PEM, allocated in a; NULL on error. */
char *key_public_pem(struct arena *a, const struct key *k);

#endif
