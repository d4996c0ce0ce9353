/* SPDX-License-Identifier: AGPL-3.0-or-later
 * export_bundle_test.c: a bundle is accepted complete and signed, or
 * rejected. */
#include "tests/unit/region/config/fixture.h"

#include "idp/signer/signer.h"
#include "lib/hash.h"
#include "region/audit/export_bundle.h"

static struct fixture f;

static const char *folder(void)
{
	return fixture_path(&f, "bundle");
}

static void put(const char *name, const char *text)
{
	fixture_put(&f, arena_printf(f.arena, "bundle/%s", name), text);
}

/* Signs a statement about these bytes with the signer's key. */
static void sign(const char *what, const char *municipality, const char *bytes)
{
	const json_t *claims = js_own(
	    f.arena, json_pack("{s:i, s:s, s:s, s:s}", "v", 1, "what", what,
	                       "municipality", municipality, "sha256",
	                       hash_sha256_hex(f.arena, bytes, strlen(bytes))));
	char *jws;

	assert_true(jws_sign_compact(f.arena, keys_audit(), "portvakt-manifest",
	                             true, claims, &jws, NULL));
	put("manifest.jws", jws);
}

static char *manifest_text(void)
{
	json_t *manifest = export_bundle_manifest_create(f.arena, "notodden");

	for (size_t i = 0; export_bundle_files[i]; i++)
		assert_true(export_bundle_add_file(
		    f.arena, folder(), export_bundle_files[i], manifest, NULL));
	return js_dump(f.arena, manifest);
}

static int create_bundle(void **state)
{
	(void)state;
	f = fixture_open();
	assert_true(keys_open(fixture_path(&f, "signer"), NULL));
	assert_true(keys_init(KEYS_REGION, "https://region.example", NULL));
	for (size_t i = 0; export_bundle_files[i]; i++)
		put(export_bundle_files[i], export_bundle_files[i]);
	put("manifest.json", manifest_text());
	sign("bundle", "notodden", manifest_text());
	return 0;
}

static int delete_bundle(void **state)
{
	(void)state;
	arena_close(f.arena);
	return 0;
}

/* Returns the error text; NULL if the bundle was accepted. */
static const char *error_with_key(const char *thumbprint)
{
	struct error err = { 0 };
	json_t *manifest;

	if (export_bundle_verify(f.arena, folder(), thumbprint, &manifest,
	                         &err))
		return NULL;
	return arena_strdup(f.arena, err.text);
}

static const char *bundle_error(void)
{
	return error_with_key(keys_audit()->kid);
}

static void a_complete_bundle_is_accepted(void **state)
{
	(void)state;
	assert_null(bundle_error());
}

static void every_file_is_checked_against_its_hash(void **state)
{
	(void)state;
	for (size_t i = 0; export_bundle_files[i]; i++) {
		put(export_bundle_files[i], "something else");
		assert_non_null(strstr(bundle_error(), export_bundle_files[i]));
		put(export_bundle_files[i], export_bundle_files[i]);
	}
	assert_null(bundle_error());
	(void)unlink(fixture_path(&f, "bundle/roles.ldif"));
	assert_non_null(strstr(bundle_error(), "roles.ldif"));
}

static void a_changed_manifest_is_rejected(void **state)
{
	(void)state;
	put("manifest.json", arena_printf(f.arena, "%s ", manifest_text()));
	assert_non_null(strstr(bundle_error(), "manifest.json"));
}

static void only_the_expected_key_is_accepted(void **state)
{
	(void)state;
	assert_non_null(error_with_key(keys_transfer()->kid));
	assert_non_null(error_with_key(""));
}

static void another_statement_is_rejected(void **state)
{
	(void)state;
	sign("removal", "notodden", manifest_text());
	assert_non_null(strstr(bundle_error(), "not of an export bundle"));
	sign("bundle", "tinn", manifest_text());
	assert_non_null(
	    strstr(bundle_error(), "of manifest.json and manifest.jws differ"));
	put("manifest.jws", "e30.e30.AAAA");
	assert_non_null(bundle_error());
}

static void an_incomplete_manifest_is_rejected(void **state)
{
	const char *text =
	    replaced(f.arena, manifest_text(), "salt.jwe", "salt.old");

	(void)state;
	put("manifest.json", text);
	sign("bundle", "notodden", text);
	assert_non_null(strstr(bundle_error(), "salt.jwe"));
	text = replaced(f.arena, manifest_text(), "\"files\":{",
	                "\"files\":{\"../../etc/passwd\":{},");
	put("manifest.json", text);
	sign("bundle", "notodden", text);
	assert_non_null(strstr(bundle_error(), "is not allowed"));
}

static void entries_are_moved_to_the_new_base(void **state)
{
	struct error err = { 0 };
	char *out;

	(void)state;
	assert_true(export_bundle_rebase(f.arena,
	                                 "dn: portvaktId=x,ou=people,dc=old\n"
	                                 "cn: dn: y,dc=old\n\n"
	                                 "dn:: Y249w6VzZSxkYz1vbGQ=\n",
	                                 "dc=old", "dc=new,dc=example", &out,
	                                 &err));
	assert_string_equal(out,
	                    "dn: portvaktId=x,ou=people,dc=new,dc=example\n"
	                    "cn: dn: y,dc=old\n\n"
	                    "dn:: Y249w6VzZSxkYz1uZXcsZGM9ZXhhbXBsZQ==\n");
	assert_false(export_bundle_rebase(f.arena, "dn: cn=x,dc=elsewhere\n",
	                                  "dc=old", "dc=new", &out, &err));
	assert_false(export_bundle_rebase(f.arena, "dn: cn=x,adc=old\n",
	                                  "dc=old", "dc=new", &out, &err));
	assert_false(
	    export_bundle_rebase(f.arena, "dn: cn=x\\,ou=people,dc=old\n",
	                         "ou=people,dc=old", "dc=new", &out, &err));
}

static void only_new_entries_are_accepted(void **state)
{
	static const char *const lines[] = {
		"changetype: delete",
		"ChangeType: modify",
		"control: 1.2.3 true",
		"cn:< file:///etc/shadow",
		" continued",
		"# dn: cn=x,dc=old",
		"userPassword: secret",
		"portvaktjoin: abc",
		"portvaktNationalId:: AAAA",
		"DN: cn=elsewhere",
		"no colon",
		":",
	};
	struct error err = { 0 };
	char *out;

	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++)
		assert_false(export_bundle_rebase(
		    f.arena,
		    arena_printf(f.arena, "dn: cn=x,ou=people,dc=old\n%s\n",
		                 lines[i]),
		    "ou=people,dc=old", "ou=people,dc=new", &out, &err));
	assert_false(export_bundle_rebase(
	    f.arena, "dn: cn=x,ou=programs,dc=old\n", "ou=people,dc=old",
	    "ou=people,dc=new", &out, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ONE(t) cmocka_unit_test_setup_teardown(t, create_bundle, delete_bundle)
		ONE(a_complete_bundle_is_accepted),
		ONE(every_file_is_checked_against_its_hash),
		ONE(a_changed_manifest_is_rejected),
		ONE(only_the_expected_key_is_accepted),
		ONE(another_statement_is_rejected),
		ONE(an_incomplete_manifest_is_rejected),
		ONE(entries_are_moved_to_the_new_base),
		ONE(only_new_entries_are_accepted),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}
