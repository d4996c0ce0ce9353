/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keeper.h: the questions the keeper answers, one function each.  Every one
 * checks by the keeper's own snapshot, whoever asks. */
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

/* A municipality leaves, or comes. */
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

/* Sync's keeper. */
bool sync_keys_open(const char *credentials, struct fault *why) must_check;
bool answer_join(const struct question *q, json_t **ret_answer,
                 struct fault *why) must_check;
bool answer_seal(const struct question *q, json_t **ret_answer,
                 struct fault *why) must_check;

/* The issuer that a question names, its keys ready. */
bool issuer_of(const struct question *q, const struct issuer **ret_issuer,
               struct fault *why) must_check;
/* Of all issuers of a snapshot, at start. */
bool issuers_ready(const struct region *r, struct fault *why) must_check;

/* The issue log: one line for each thing signed, before it is handed out. */
bool issued_open(const char *folder, struct fault *why) must_check;
bool issued_note(const char *what, const char *issuer, const char *audience,
                 const char *kid, struct fault *why) must_check;

/* Whether anything of that issuer was ever signed, by the log. */
bool issued_by(const char *issuer, bool *ret, struct fault *why) must_check;

/* A compact JWS of these claims under that header's type; jwk: the public
 * half goes along. */
bool sign_compact(struct arena *a, const struct key *k, const char *typ,
                  bool with_jwk, const json_t *claims, char **ret_jws,
                  struct fault *why) must_check;

/* Its public half as PEM, living in a. */
char *key_public_pem(struct arena *a, const struct key *k);

#endif
