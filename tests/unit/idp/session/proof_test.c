/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of proof.c: which login covers which affiliation. */
#include "tests/unit/test.h"

#include "idp/session/session.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

/* A nurse in Kongsberg (k1, and k2 by another directory), who teaches in Tinn
 * (t1, and t2 in a directory shared with Kongsberg).  Notodden (n1) is never
 * linked; an affiliation of an unknown municipality is u1. */
struct nurse {
	struct affiliation affiliations[6];
	struct person person;
	struct municipality municipalities[3];
	struct config cfg;
	struct proof proofs[2];
	struct session session;
};

enum { K1, K2, T1, T2, N1, U1 };

static char *to_t1[] = { (char[]){ "t1" }, NULL };
static char *to_k1[] = { (char[]){ "k1" }, NULL };
static char *to_u1[] = { (char[]){ "u1" }, NULL };
static char *from_kongsberg[] = { (char[]){ "notodden" },
	                          (char[]){ "kongsberg" }, NULL };

static struct affiliation job(const char *id, const char *municipality,
                              const char *directory)
{
	return (struct affiliation){ .id = id,
		                     .municipality = municipality,
		                     .directory = directory,
		                     .anchor = id,
		                     .kind = KIND_EMPLOYEE,
		                     .status = STATUS_ACTIVE };
}

static struct proof login_as(const struct affiliation *f, int64_t at)
{
	return (struct proof){ f->id, f->directory, f->municipality, "pwd",
		               at };
}

/* Proved k1 with Tinn's t1, which accepts Kongsberg's logins; one login, with
 * the account of k1, at 100. */
static void nurse_init(struct nurse *n)
{
	*n = (struct nurse){
		.affiliations = { job("k1", "kongsberg", "kongsberg"),
		                  job("k2", "kongsberg", "kongsberg-care"),
		                  job("t1", "tinn", "tinn"),
		                  job("t2", "tinn", "shared"),
		                  job("n1", "notodden", "notodden"),
		                  job("u1", "flesberg", "flesberg") },
		.municipalities = { { .name = "kongsberg" },
		                    { .name = "tinn" },
		                    { .name = "notodden" } },
	};
	n->affiliations[K1].proved_links = to_t1;
	n->affiliations[T1].proved_links = to_k1;
	n->municipalities[1].accept_login_from = from_kongsberg;
	n->person = (struct person){ .id = "p",
		                     .status = STATUS_ACTIVE,
		                     .affiliations = n->affiliations,
		                     .affiliation_count = 6 };
	n->cfg.municipalities = n->municipalities;
	n->cfg.municipality_count = 3;
	n->proofs[0] = login_as(&n->affiliations[K1], 100);
	n->session = (struct session){ .person = &n->person,
		                       .proofs = n->proofs,
		                       .proof_count = 1 };
}

static void nothing_else(struct nurse *n)
{
	(void)n;
}
static void doubt_about_the_proof(struct nurse *n)
{
	n->affiliations[K1].doubt = "numbers-swapped";
}
static void doubt_about_the_wanted(struct nurse *n)
{
	n->affiliations[K2].doubt = "join-value-changed";
	n->affiliations[T1].doubt = "join-value-changed";
}
static void doubt_about_the_linked(struct nurse *n)
{
	n->affiliations[T1].doubt = "join-value-of-another";
}
static void link_from_the_proof_only(struct nurse *n)
{
	n->affiliations[T1].proved_links = NULL;
}
static void link_to_the_proof_only(struct nurse *n)
{
	n->affiliations[K1].proved_links = NULL;
}
static void not_accepted(struct nurse *n)
{
	n->municipalities[1].accept_login_from = NULL;
}
static void accepted_in_the_other_direction(struct nurse *n)
{
	n->municipalities[1].accept_login_from = NULL;
	n->municipalities[0].accept_login_from = from_kongsberg;
}
static void shared_directory(struct nurse *n)
{
	not_accepted(n);
	n->affiliations[K1].directory = "shared";
	n->proofs[0].directory = "shared";
}
static void no_directory(struct nurse *n)
{
	n->affiliations[K1].directory = n->proofs[0].directory = NULL;
	n->affiliations[N1].directory = NULL;
}
static void parted(struct nurse *n)
{
	n->proofs[0].affiliation = "k0";
}
static void suspended(struct nurse *n)
{
	n->affiliations[K1].status = STATUS_SUSPENDED;
}
static void ended(struct nurse *n)
{
	n->affiliations[K1].status = STATUS_ENDED;
}
static void past_its_end(struct nurse *n)
{
	n->affiliations[K1].until = clock_now() - 1;
}
static void linked_to_an_unknown_municipality(struct nurse *n)
{
	n->affiliations[K1].proved_links = to_u1;
	n->affiliations[U1].proved_links = to_k1;
}
static void too_old(struct nurse *n)
{
	n->proofs[0].at = 49;
}
static void no_proof(struct nurse *n)
{
	n->session.proof_count = 0;
}
static void second_login_in_tinn(struct nurse *n)
{
	not_accepted(n);
	n->proofs[1] = login_as(&n->affiliations[T1], 200);
	n->session.proof_count = 2;
}
static void second_login_across_a_link(struct nurse *n)
{
	n->proofs[1] = login_as(&n->affiliations[T1], 60);
	n->session.proof_count = 2;
}
static void second_login_of_the_same_place(struct nurse *n)
{
	n->proofs[1] = login_as(&n->affiliations[K2], 200);
	n->session.proof_count = 2;
}

/* covered: one letter for each of k1 k2 t1 t2 n1 u1: the initial of the
 * municipality that the proof was made in, capital if it counts across a link;
 * "-" if none covers it. */
static const struct {
	const char *name;
	void (*change)(struct nurse *n);
	const char *covered;
} cases[] = {
	{ "proved, linked and accepted", nothing_else, "kkKK--" },
	{ "no login", no_proof, "------" },
	{ "in doubt: only its own affiliation", doubt_about_the_proof,
	  "k-----" },
	{ "a doubt about the wanted affiliation", doubt_about_the_wanted,
	  "k-----" },
	{ "a doubt about the end of the link", doubt_about_the_linked,
	  "kk----" },
	{ "a link on the proof's side only", link_from_the_proof_only,
	  "kk----" },
	{ "a link on the other side only", link_to_the_proof_only, "kk----" },
	{ "Tinn accepts no login", not_accepted, "kk----" },
	{ "Kongsberg accepts, Tinn does not", accepted_in_the_other_direction,
	  "kk----" },
	{ "a directory of two municipalities", shared_directory, "kk-k--" },
	{ "affiliations without a directory", no_directory, "kkKK--" },
	{ "parted: no longer the person's", parted, "------" },
	{ "suspended", suspended, "------" },
	{ "ended", ended, "------" },
	{ "past its last day", past_its_end, "------" },
	{ "an unknown municipality", linked_to_an_unknown_municipality,
	  "kk----" },
	{ "the login is too old for the request", too_old, "------" },
	{ "both proved", second_login_in_tinn, "kktt--" },
	{ "the nearest proof counts, not the latest",
	  second_login_across_a_link, "kktt--" },
	{ "two logins of one municipality", second_login_of_the_same_place,
	  "kkKK--" },
};

static char covered_by(const struct nurse *n, size_t i)
{
	const struct proof_cover by =
	    proof_covering(&n->cfg, &n->session, &n->affiliations[i], 50);

	if (!by.proof)
		return '-';
	return (char)(by.link ? by.proof->municipality[0] - 'a' + 'A'
	                      : by.proof->municipality[0]);
}

static void a_login_covers_its_own_place_and_accepted_proved_links(void **state)
{
	(void)state;
	for (size_t c = 0; c < LENGTH(cases); c++) {
		struct nurse n;
		char got[7] = "";

		nurse_init(&n);
		cases[c].change(&n);
		for (size_t i = 0; i < 6; i++)
			got[i] = covered_by(&n, i);
		if (!text_equal(got, cases[c].covered))
			fail_msg("%s: %s, not %s", cases[c].name, got,
			         cases[c].covered);
	}
}

/* Of an affiliation that may be another person's nothing is shown. */
static void a_doubt_on_either_side_is_not_offered(void **state)
{
	struct nurse n;

	(void)state;
	nurse_init(&n);
	assert_true(proof_may_be_offered(&n.session, &n.affiliations[N1], 0));
	n.affiliations[N1].doubt = "join-value-changed";
	assert_false(proof_may_be_offered(&n.session, &n.affiliations[N1], 0));
	assert_true(proof_may_be_offered(&n.session, &n.affiliations[T1], 0));
	n.affiliations[K1].doubt = "join-value-changed";
	assert_false(proof_may_be_offered(&n.session, &n.affiliations[T1], 0));
	second_login_in_tinn(&n);
	assert_true(proof_may_be_offered(&n.session, &n.affiliations[U1], 0));
	no_proof(&n);
	assert_false(proof_may_be_offered(&n.session, &n.affiliations[U1], 0));
}

static void the_cover_names_the_link_and_prefers_the_latest_login(void **state)
{
	struct nurse n;

	(void)state;
	nurse_init(&n);
	assert_string_equal(
	    proof_covering(&n.cfg, &n.session, &n.affiliations[T2], 0).link,
	    "t1");
	n.affiliations[K1].proved_links = NULL;
	second_login_of_the_same_place(&n);
	n.proofs[1].at = 300;
	struct affiliation third = job("k3", "kongsberg", "kongsberg-old");

	assert_int_equal(
	    proof_covering(&n.cfg, &n.session, &third, 0).proof->at, 300);
}

/* The session of a login after another one. */
static void a_second_login_adds_a_proof(void **state)
{
	struct arena *a = arena_open();
	struct nurse n;

	(void)state;
	nurse_init(&n);
	struct session next = { .person = &n.person,
		                .authenticated_by = "t1",
		                .method = "pwd",
		                .auth_time = 200 };

	proofs_add(a, &next, &n.session);
	assert_int_equal(next.proof_count, 2);
	assert_string_equal(next.proofs[0].municipality, "tinn");
	assert_string_equal(next.proofs[0].directory, "tinn");
	assert_string_equal(next.proofs[1].affiliation, "k1");
	struct session third = next;

	third.authenticated_by = "k1";
	third.auth_time = 300;
	proofs_add(a, &third, &next);
	assert_int_equal(third.proof_count, 2);
	assert_int_equal(third.proofs[0].at, 300);
	n.person.affiliation_count = 1;
	proofs_add(a, &third, &next);
	assert_int_equal(third.proof_count, 1);
	proofs_add(a, &third, NULL);
	assert_int_equal(third.proof_count, 1);
	arena_close(a);
}

static void proofs_survive_a_json_round_trip(void **state)
{
	struct arena *a = arena_open();
	struct nurse n;
	struct session *read;

	(void)state;
	nurse_init(&n);
	second_login_in_tinn(&n);
	n.session.sid = "s";
	n.session.authenticated_by = "t1";
	n.session.method = "pwd";
	n.session.acr = "idporten-loa-low";
	n.session.auth_time = 200;
	json_t *value = session_to_json(a, &n.session);

	assert_true(session_from_json(a, value, &read));
	assert_int_equal(read->proof_count, 2);
	assert_string_equal(read->proofs[0].affiliation, "k1");
	assert_string_equal(read->proofs[1].directory, "tinn");
	assert_string_equal(read->proofs[1].method, "pwd");
	assert_int_equal(read->proofs[0].at, 100);
	assert_int_equal(json_object_del(value, "proofs"), 0);
	assert_true(session_from_json(a, value, &read));
	assert_int_equal(read->proof_count, 1);
	assert_string_equal(read->proofs[0].affiliation, "t1");
	assert_string_equal(read->proofs[0].municipality, "tinn");
	assert_int_equal(read->proofs[0].at, 200);
	arena_close(a);
}

TESTS(a_login_covers_its_own_place_and_accepted_proved_links,
      a_doubt_on_either_side_is_not_offered,
      the_cover_names_the_link_and_prefers_the_latest_login,
      a_second_login_adds_a_proof, proofs_survive_a_json_round_trip)
