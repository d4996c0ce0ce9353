/* SPDX-License-Identifier: AGPL-3.0-or-later
 * pupil_password_reset.c: a teacher sets a pupil's password: only for pupils in
 * a class or teaching group of the teacher, in the same municipality, and only
 * where the directory has `password-change teachers`.  The audit event is
 * written first; on error nothing is changed. */
#include <string.h>

#include "idp/http/guard.h"
#include "idp/page/page.h"
#include "idp/portal/portal.h"
#include "idp/session/own.h"
#include "idp/session/who.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "lib/text.h"
#include "pages.h"
#include "region/receipt.h"

enum { FRESH_MOST = 256 };

/* A pupil, and the affiliation of the teacher. */
struct pupil {
	const struct person *person;
	const struct affiliation *affiliation, *teacher;
	const struct directory_conf *directory;
	const char *group;
};

/* The teacher's session, and the pupils whose passwords they may set. */
struct class_room {
	const struct session *session;
	LIST(struct pupil) pupils;
};

static char *purpose_of(struct arena *a, const struct session *s,
                        const char *pupil)
{
	return arena_print(a, "pupil %s %s", s->sid, pupil);
}

/* ---- the teacher's pupils ----------------------------------------------- */

static bool has_teachers_passwords(const struct visit *v)
{
	for (size_t i = 0; i < v->region->directory_count; i++)
		if (v->region->directories[i].teachers_passwords)
			return true;
	return false;
}

bool portal_has_pupils(const struct visit *v,
                       const struct affiliation *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i]->kind == KIND_TEACHER)
			return has_teachers_passwords(v);
	return false;
}

static bool add_pupils(struct visit *v, const struct affiliation *teacher,
                       struct class_room *c, struct fault *why)
{
	struct taught *taught;
	size_t count;

	if (!catalogue_pupils_of(v->staff->catalogue, v->region, v->arena,
	                         teacher, clock_now(), &taught, &count, why))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct affiliation *f = taught[i].affiliation;
		const struct directory_conf *d =
		    f->directory ? region_directory(v->region, f->directory)
				 : NULL;

		if (d && d->teachers_passwords && f->login && f->anchor)
			*list_add(v->arena, &c->pupils) =
			    (struct pupil){ taught[i].person, f, teacher, d,
				            taught[i].group };
	}
	return true;
}

/* Returns false with the response filled. */
static bool enter(struct visit *v, struct class_room *c)
{
	const struct affiliation **list;
	size_t count;
	struct fault why = { 0 };
	bool good = session_find(v, &c->session, &why);

	if (good && !c->session) {
		login_enter(
		    v, &(struct ticket){ .front = "portal", .max_age = -1 });
		return false;
	}
	good = good && who_counts(v, c->session, &list, &count, &why);
	for (size_t i = 0; good && i < count; i++)
		good = add_pupils(v, list[i], c, &why);
	if (!good)
		page_fault(v, &why);
	return good;
}

static const struct pupil *find_pupil(const struct class_room *c,
                                      const char *id)
{
	for (size_t i = 0; id && i < c->pupils.count; i++)
		if (text_equal(c->pupils.at[i].affiliation->id, id))
			return &c->pupils.at[i];
	return NULL;
}

/* ---- pages -------------------------------------------------------------- */

static bool is_other_group(const struct class_room *c, size_t i, size_t k)
{
	return k >= c->pupils.count ||
	       !text_equal(c->pupils.at[i].group, c->pupils.at[k].group);
}

static const struct municipality *home_of(struct visit *v,
                                          const struct class_room *c)
{
	const struct affiliation *f =
	    person_affiliation(c->session->person, c->session->proved_by);

	return f ? region_municipality(v->region, f->municipality) : NULL;
}

static void show_list(struct visit *v, const struct class_room *c,
                      const struct pupil *done)
{
	struct pupils_groups *rows =
	    arena_array(v->arena, struct pupils_groups, c->pupils.count + 1);
	struct text body = text_in(v->arena);

	for (size_t i = 0; i < c->pupils.count; i++) {
		const struct pupil *p = &c->pupils.at[i];

		rows[i] = (struct pupils_groups){
			.name = p->group ? p->group : "",
			.opens = i == 0 || is_other_group(c, i, i - 1),
			.closes = is_other_group(c, i, i + 1),
			.id = p->affiliation->id,
			.pupil = p->person->display,
			.login = p->affiliation->login,
		};
	}
	fill_pupils(
	    &body, page_language(v),
	    &(struct pupils_page){ .done = done ? done->person->display : NULL,
	                           .any = c->pupils.count > 0,
	                           .groups = rows,
	                           .groups_count = c->pupils.count });
	page_put(v, &(struct sheet){ .status = 200,
	                             .title = page_text(v, WORD_pupils_title),
	                             .body = body.at,
	                             .m = home_of(v, c),
	                             .back = "password/pupils" });
}

/* The error of the previous attempt. */
struct failure {
	const char *reason, *policy, *said, *code;
};

static void say_error(struct visit *v, const struct failure *f,
                      struct pupil_page *page)
{
	bool differ = text_equal(f->reason, "differ");
	enum word policy =
	    f->policy ? page_word("policy", f->policy) : WORD_COUNT;

	page->error = page_text(v, differ ? WORD_password_differ
	                                  : page_word("reason", f->reason));
	page->todo = page_text(v, differ ? WORD_password_differ_todo
	                                 : page_word("todo", f->reason));
	page->policy = policy == WORD_COUNT ? NULL : page_text(v, policy);
	page->said = f->said;
	page->code = f->code;
}

static void show_form(struct visit *v, const struct class_room *c,
                      const struct pupil *p, const struct failure *f)
{
	const char *browser =
	    guard_secret(v->request, v->answer, GUARD_BROWSER);
	struct text body = text_in(v->arena);
	struct pupil_page page = {
		.word = guard_word(
		    v->arena, browser,
		    purpose_of(v->arena, c->session, p->affiliation->id)),
		.pupil = p->affiliation->id,
		.name = p->person->display,
		.login = p->affiliation->login,
	};

	if (f)
		say_error(v, f, &page);
	fill_pupil(&body, page_language(v), &page);
	page_put(v, &(struct sheet){ .status = f ? 403 : 200,
	                             .title = page_text(v, WORD_pupils_title),
	                             .body = body.at,
	                             .m = home_of(v, c) });
}

void portal_pupils(struct visit *v)
{
	const char *id = request_query(v->request, "pupil");
	struct class_room c = { 0 };

	if (!enter(v, &c))
		return;
	const struct pupil *p = find_pupil(&c, id);

	if (p)
		show_form(v, &c, p, NULL);
	else if (id)
		page_turned_away(v, 404, "not-found");
	else
		show_list(v, &c, NULL);
}

/* ---- reset -------------------------------------------------------------- */

static struct event event_of(struct visit *v, const struct class_room *c,
                             const struct pupil *p, const struct fault *why)
{
	return (struct event){
		.region = v->region,
		.municipality = p->affiliation->municipality,
		.person = p->person->id,
		.affiliation = p->affiliation->id,
		.service = "password",
		.address = v->request->address,
		.sid = c->session->sid,
		.reason = why ? why->reason : NULL,
		.detail = why ? why->text : NULL,
		.took_ms = (int)(clock_monotonic_ms() - v->began_ms),
	};
}

static bool ask_door(struct visit *v, const struct pupil *p, const char *fresh,
                     struct failure *f, struct fault *why)
{
	json_t *question = js_keep(v->arena, json_object());
	json_t *answer;

	js_put(question, "login", p->affiliation->login);
	js_put(question, "anchor", p->affiliation->anchor);
	js_put(question, "new", fresh);
	bool good =
	    visit_ask_door(v, p->directory, ASK_CHANGE, question, &answer, why);

	json_object_del(question, "new");
	if (!good)
		return false;
	if (text_equal(js_string(answer, "result"), "changed"))
		return true;
	f->policy = js_string(answer, "policy");
	f->said = js_string(answer, "text");
	return fault_for(why, FAULT_REFUSED, "password-refused",
	                 "the directory says %s", f->policy ? f->policy : "no");
}

static bool set(struct visit *v, const struct class_room *c,
                const struct pupil *p, struct failure *f, struct fault *why)
{
	const char *fresh = request_form(v->request, "new");
	const struct event e = event_of(v, c, p, NULL);

	if (!fresh || !*fresh || strlen(fresh) > FRESH_MOST)
		return fault_for(why, FAULT_REFUSED, "password-refused",
		                 "empty or over %d bytes", FRESH_MOST);
	if (!text_equal(fresh, request_form(v->request, "again")))
		return fault_for(why, FAULT_REFUSED, "differ",
		                 "the new ones differ");
	return receipt_password(v->staff->scribe, v->arena, &e, p->teacher->id,
	                        NULL, why) &&
	       ask_door(v, p, fresh, f, why) &&
	       own_sessions_end_of(v, p->person, why);
}

static void say_no(struct visit *v, const struct class_room *c,
                   const struct pupil *p, struct failure *f,
                   const struct fault *why)
{
	const struct event e = event_of(v, c, p, why);
	struct fault unwritten = { 0 };
	char *code = NULL;

	f->reason = why->reason ? why->reason : "busy";
	if (!text_equal(f->reason, "differ") &&
	    receipt_refused(v->staff->scribe, v->arena, &e, NULL, &code,
	                    &unwritten))
		f->code = code;
	show_form(v, c, p, f);
}

void portal_pupils_set(struct visit *v)
{
	const char *id = request_form(v->request, "pupil");
	struct class_room c = { 0 };
	struct failure f = { 0 };
	struct fault why = { 0 };

	if (!enter(v, &c))
		return;
	const struct pupil *p = find_pupil(&c, id);

	if (!p) {
		page_turned_away(v, 404, "not-found");
		return;
	}
	if (!guard_check(v->request, v->region->login_url,
	                 purpose_of(v->arena, c.session, id), &why)) {
		page_fault(v, &why);
		return;
	}
	if (set(v, &c, p, &f, &why))
		show_list(v, &c, p);
	else
		say_no(v, &c, p, &f, &why);
}
