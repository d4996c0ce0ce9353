/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_write.c: LDAP add, modify, rename and delete, with an assertion
 * (RFC 4528) and post-read (RFC 4527), so that a concurrent write is detected
 * and not overwritten. */
#include <string.h>

#include "region/ldap/directory_private.h"

/* RFC 4527 3.2: returns the entry as it is after the change. */
static bool create_post_read_control(struct directory *d, LDAPControl **ret)
{
	own(release_ber) BerElement *ber = ber_alloc_t(LBER_USE_DER);
	struct berval value = { 0 };

	(void)d;
	if (!ber || ber_printf(ber, "{s}", "entryCSN") < 0 ||
	    ber_flatten2(ber, &value, 0) < 0)
		return false;
	return ldap_control_create(LDAP_CONTROL_POST_READ, 0, &value, 1, ret) ==
	       LDAP_SUCCESS;
}

static bool create_assertion_control(struct directory *d, const char *filter,
                                     LDAPControl **ret)
{
	return ldap_create_assertion_control(d->ld, (char *)filter, 1, ret) ==
	       LDAP_SUCCESS;
}

static char *read_post_read_csn(struct arena *a, LDAPControl **controls)
{
	LDAPControl *c =
	    controls ? ldap_control_find(LDAP_CONTROL_POST_READ, controls, NULL)
		     : NULL;
	own(release_ber) BerElement *ber = NULL;
	struct berval dn = { 0 };
	struct berval name = { 0 };
	struct berval csn = { 0 };

	if (!c)
		return NULL;
	ber = ber_init(&c->ldctl_value);
	if (!ber || ber_scanf(ber, "{m{{m[m", &dn, &name, &csn) == LBER_ERROR)
		return NULL;
	return arena_memdup(a, csn.bv_val, csn.bv_len);
}

static const struct {
	int code;
	enum directory_write_result result;
} write_result_codes[] = {
	{ LDAP_SUCCESS, WRITE_OK },
	{ LDAP_ALREADY_EXISTS, WRITE_ALREADY_EXISTS },
	{ LDAP_NO_SUCH_OBJECT, WRITE_NO_SUCH_OBJECT },
	{ LDAP_ASSERTION_FAILED, WRITE_ASSERTION_FAILED },
};

/* Reads the response to the request id, which was sent with return code rc. */
static bool finish_write(struct directory *d, struct arena *a, int rc, int id,
                         const char *operation,
                         enum directory_write_result *ret, char **ret_csn,
                         struct error *err)
{
	own(release_controls) LDAPControl **controls = NULL;
	own(release_ldap_text) char *text = NULL;
	int code = LDAP_OTHER;

	if (rc != LDAP_SUCCESS)
		return directory_ldap_error(err, operation, rc, NULL);
	if (!directory_wait_result(d, id, operation, &code, &text, &controls,
	                           err))
		return false;
	for (size_t i = 0; i < LENGTH(write_result_codes); i++) {
		if (write_result_codes[i].code != code)
			continue;
		if (ret_csn)
			*ret_csn = read_post_read_csn(a, controls);
		*ret = write_result_codes[i].result;
		return true;
	}
	return directory_ldap_error(err, operation, code, text);
}

static const int mod_ops[] = {
	[CHANGE_ADD] = LDAP_MOD_ADD,
	[CHANGE_DELETE] = LDAP_MOD_DELETE,
	[CHANGE_REPLACE] = LDAP_MOD_REPLACE,
};

static LDAPMod *build_ldap_mod(struct arena *a,
                               const struct directory_change *c)
{
	LDAPMod *m = arena_new(a, LDAPMod);
	struct berval **values = arena_array(a, struct berval *, c->count + 1);

	for (size_t i = 0; i < c->count; i++) {
		values[i] = arena_new(a, struct berval);
		*values[i] =
		    (struct berval){ c->values[i].length, c->values[i].bytes };
	}
	m->mod_op = mod_ops[c->op] | LDAP_MOD_BVALUES;
	m->mod_type = (char *)c->name;
	m->mod_bvalues = c->count > 0 ? values : NULL;
	return m;
}

static LDAPMod **build_ldap_mods(struct arena *a,
                                 const struct directory_change *c, size_t count)
{
	LDAPMod **mods = arena_array(a, LDAPMod *, count + 1);

	for (size_t i = 0; i < count; i++)
		mods[i] = build_ldap_mod(a, &c[i]);
	return mods;
}

bool directory_add(struct directory *d, struct arena *a, const char *dn,
                   const struct directory_change *attributes, size_t count,
                   enum directory_write_result *ret, char **ret_csn,
                   struct error *err)
{
	own(release_control) LDAPControl *read_back = NULL;
	LDAPControl *controls[] = { NULL, NULL };
	int id = 0;

	if (ret_csn && !create_post_read_control(d, &read_back))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "add: cannot create the control");
	controls[0] = read_back;
	int rc = ldap_add_ext(d->ld, dn, build_ldap_mods(a, attributes, count),
	                      controls, NULL, &id);
	return finish_write(d, a, rc, id, "add", ret, ret_csn, err);
}

bool directory_modify(struct directory *d, struct arena *a, const char *dn,
                      const struct directory_change *changes, size_t count,
                      const char *assertion, enum directory_write_result *ret,
                      char **ret_csn, struct error *err)
{
	own(release_control) LDAPControl *read_back = NULL;
	own(release_control) LDAPControl *assertion_control = NULL;
	LDAPControl *controls[] = { NULL, NULL, NULL };
	size_t n = 0;
	int id = 0;

	if ((ret_csn && !create_post_read_control(d, &read_back)) ||
	    (assertion &&
	     !create_assertion_control(d, assertion, &assertion_control)))
		return error_set(err, ERROR_INVALID,
		                 "modify: cannot create the control");
	if (read_back)
		controls[n++] = read_back;
	if (assertion_control)
		controls[n] = assertion_control;
	int rc = ldap_modify_ext(d->ld, dn, build_ldap_mods(a, changes, count),
	                         controls, NULL, &id);
	return finish_write(d, a, rc, id, "modify", ret, ret_csn, err);
}

bool directory_move(struct directory *d, struct arena *a, const char *dn,
                    const char *new_superior, enum directory_write_result *ret,
                    char **ret_csn, struct error *err)
{
	own(release_control) LDAPControl *read_back = NULL;
	LDAPControl *controls[] = { NULL, NULL };
	char *rdn = arena_memdup(a, dn, strcspn(dn, ","));
	int id = 0;

	if (ret_csn && !create_post_read_control(d, &read_back))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "move: cannot create the control");
	controls[0] = read_back;
	int rc =
	    ldap_rename(d->ld, dn, rdn, new_superior, 0, controls, NULL, &id);
	return finish_write(d, a, rc, id, "move", ret, ret_csn, err);
}

bool directory_delete(struct directory *d, const char *dn,
                      const char *assertion, enum directory_write_result *ret,
                      struct error *err)
{
	own(release_control) LDAPControl *assertion_control = NULL;
	LDAPControl *controls[] = { NULL, NULL };
	int id = 0;

	if (assertion &&
	    !create_assertion_control(d, assertion, &assertion_control))
		return error_set(err, ERROR_INVALID,
		                 "delete: cannot create the control");
	controls[0] = assertion_control;
	int rc = ldap_delete_ext(d->ld, dn, controls, NULL, &id);
	return finish_write(d, NULL, rc, id, "delete", ret, NULL, err);
}
