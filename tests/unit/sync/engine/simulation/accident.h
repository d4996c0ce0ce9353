/* SPDX-License-Identifier: AGPL-3.0-or-later
 * accident.h: mistakes of IT, HR and machines, with a label and a size, and
 * their correction.  An accident changes people or containers of one
 * municipality; its undo restores exactly what it changed.  While it lasts,
 * ordinary life leaves its people alone. */
#ifndef TESTS_UNIT_SYNC_ENGINE_SIMULATION_ACCIDENT_H
#define TESTS_UNIT_SYNC_ENGINE_SIMULATION_ACCIDENT_H

#include "tests/unit/sync/engine/simulation/life.h"

/* What an accident changes, and what is compared. */
enum { KINDS = KIND_VENDOR + 1 };

enum aspect {
	ASPECT_STATUS = 1,
	ASPECT_KIND = 2,
	ASPECT_ROLES = 4,
	ASPECT_LOGIN = 8,
	ASPECT_MAIL = 16,
	ASPECT_UNIT = 32,
	ASPECT_TITLE = 64,
	ASPECT_UNTIL = 128,
	ASPECT_ACCESS = ASPECT_STATUS | ASPECT_KIND | ASPECT_ROLES,
};

/* Who is concerned. */
enum who {
	WHO_UNIT,     /* one unit or school */
	WHO_KIND,     /* all of a container at the top */
	WHO_STAFF,    /* all employees */
	WHO_RANDOM,   /* 2 to 40 of a kind */
	WHO_MIXED,    /* 5 to 40 of all kinds */
	WHO_MEMBERS,  /* of a group */
	WHO_OTHERS,   /* employees who are not in the group */
	WHO_DISABLED, /* all disabled */
	WHO_DATED     /* employees with a last day */
};

struct accident {
	int id;
	struct town *t;
	const struct accident_kind *kind;
	int count;
	int *who;              /* indexes of people */
	struct person *before; /* their copies */
	int done;              /* so many are changed */
	int container, parent_before;
	int value; /* the one value, role or group */
	int64_t end;
	int64_t began, undo_at, next_drip; /* seconds */
	bool whole;                        /* is read completely afterwards */
	bool undone, must_stop, lost_cache;
	/* of a backup */
	int64_t backup_day;
	struct person *backup, *present;
	int backup_count, present_count;
	/* observed, see watch.h */
	struct arena *arena;
	char **observed; /* before */
	int *kinds;      /* before, enum affiliation_type */
	int totals[KINDS];
	int worst;
	bool let_through, undo_held, waiting_said, source_accepted;
	int64_t undone_at;
};

struct accident_kind {
	const char *label;
	enum who who;
	int top; /* for WHO_UNIT, WHO_KIND, WHO_RANDOM; -1: any */
	void (*change)(struct accident *x, struct person *p);
	int aspects;
	bool drip;
};

/* ---- single changes */

static void do_delete(struct accident *x, struct person *p)
{
	(void)x;
	p->there = false;
}

static void do_disable(struct accident *x, struct person *p)
{
	(void)x;
	p->disabled = true;
}

static void do_enable(struct accident *x, struct person *p)
{
	(void)x;
	p->disabled = false;
}

static void do_set_end(struct accident *x, struct person *p)
{
	p->until = x->end;
}

static void do_clear_end(struct accident *x, struct person *p)
{
	(void)x;
	p->until = 0;
}

static void do_expire(struct accident *x, struct person *p)
{
	p->expires = x->end;
}

static void do_start_later(struct accident *x, struct person *p)
{
	p->from = x->began + 20 * DAY;
}

static void do_set_teacher(struct accident *x, struct person *p)
{
	(void)x;
	p->teacher = true;
}

static void do_unset_teacher(struct accident *x, struct person *p)
{
	(void)x;
	p->teacher = false;
}

static void do_set_role(struct accident *x, struct person *p)
{
	p->roles |= x->value;
}

static void do_unset_role(struct accident *x, struct person *p)
{
	p->roles &= ~x->value;
}

static void do_set_mail(struct accident *x, struct person *p)
{
	p->mail = x->value;
}

static void do_set_unit(struct accident *x, struct person *p)
{
	p->unit = x->value;
}

static void do_set_title(struct accident *x, struct person *p)
{
	p->title = x->value;
}

static void do_change_login(struct accident *x, struct person *p)
{
	(void)x;
	p->login = ++logins;
}

static void do_change_mail(struct accident *x, struct person *p)
{
	(void)x;
	p->mail = ++logins;
}

static void do_make_staff(struct accident *x, struct person *p)
{
	(void)x;
	p->container = STAFF;
}

static void do_make_guest(struct accident *x, struct person *p)
{
	(void)x;
	p->container = GUESTS;
}

static void do_make_pupil(struct accident *x, struct person *p)
{
	(void)x;
	p->container = PUPILS;
}

/* The container changes, not the people. */
static void do_container(struct accident *x, struct person *p)
{
	(void)x, (void)p;
}

static void do_restore(struct accident *x, struct person *p)
{
	(void)x, (void)p;
}

static const struct accident_kind accident_kinds[] = {
	{ "OU deleted", WHO_UNIT, STAFF, do_container, ASPECT_ACCESS, false },
	{ "OU deleted", WHO_UNIT, PUPILS, do_container, ASPECT_ACCESS, false },
	{ "OU of a kind hidden", WHO_KIND, -1, do_container, ASPECT_ACCESS,
	  false },
	{ "pupils' OU dragged to employees", WHO_UNIT, PUPILS, do_container,
	  ASPECT_ACCESS, false },
	{ "all pupils dragged to employees", WHO_KIND, PUPILS, do_container,
	  ASPECT_ACCESS, false },
	{ "employees' OU dragged to guests", WHO_UNIT, STAFF, do_container,
	  ASPECT_ACCESS, false },
	{ "unit disabled", WHO_UNIT, STAFF, do_disable, ASPECT_ACCESS, false },
	{ "school disabled", WHO_UNIT, PUPILS, do_disable, ASPECT_ACCESS,
	  false },
	{ "kind disabled", WHO_KIND, -1, do_disable, ASPECT_ACCESS, false },
	{ "last day near for all", WHO_STAFF, STAFF, do_set_end, ASPECT_ACCESS,
	  false },
	{ "last day near for some", WHO_RANDOM, STAFF, do_set_end,
	  ASPECT_ACCESS, false },
	{ "last day far for all", WHO_STAFF, STAFF, do_set_end, ASPECT_ACCESS,
	  false },
	{ "last day far for some", WHO_RANDOM, STAFF, do_set_end, ASPECT_ACCESS,
	  false },
	{ "all end with the school year", WHO_STAFF, STAFF, do_set_end,
	  ASPECT_ACCESS, false },
	{ "some end with the school year", WHO_RANDOM, STAFF, do_set_end,
	  ASPECT_ACCESS, false },
	{ "last day of a unit", WHO_UNIT, STAFF, do_set_end, ASPECT_ACCESS,
	  false },
	{ "last days removed", WHO_DATED, STAFF, do_clear_end, ASPECT_UNTIL,
	  false },
	{ "accounts end", WHO_KIND, -1, do_expire, ASPECT_ACCESS, false },
	{ "some accounts end", WHO_RANDOM, -1, do_expire, ASPECT_ACCESS,
	  false },
	{ "first day moved ahead", WHO_RANDOM, -1, do_start_later,
	  ASPECT_ACCESS, false },
	{ "teachers' group emptied", WHO_MEMBERS, GROUP_TEACHERS,
	  do_unset_teacher, ASPECT_ACCESS, false },
	{ "role's group emptied", WHO_MEMBERS, GROUP_HEALTH, do_unset_role,
	  ASPECT_ACCESS, false },
	{ "role's group emptied", WHO_MEMBERS, GROUP_ECONOMY, do_unset_role,
	  ASPECT_ACCESS, false },
	{ "all made teachers", WHO_OTHERS, GROUP_TEACHERS, do_set_teacher,
	  ASPECT_ACCESS, false },
	{ "some made teachers", WHO_RANDOM, STAFF, do_set_teacher,
	  ASPECT_ACCESS, false },
	{ "all given a role", WHO_OTHERS, GROUP_HEALTH, do_set_role,
	  ASPECT_ACCESS, false },
	{ "some given a role", WHO_RANDOM, STAFF, do_set_role, ASPECT_ACCESS,
	  false },
	{ "backup restored", WHO_STAFF, -1, do_restore, ASPECT_ACCESS, false },
	{ "one mail for many", WHO_UNIT, -1, do_set_mail, ASPECT_MAIL, false },
	{ "one mail for many", WHO_RANDOM, -1, do_set_mail, ASPECT_MAIL,
	  false },
	{ "one unit for many", WHO_RANDOM, STAFF, do_set_unit, ASPECT_UNIT,
	  false },
	{ "one unit for many", WHO_STAFF, STAFF, do_set_unit, ASPECT_UNIT,
	  false },
	{ "one title for many", WHO_STAFF, STAFF, do_set_title, ASPECT_TITLE,
	  false },
	{ "logins changed", WHO_UNIT, -1, do_change_login, ASPECT_LOGIN,
	  false },
	{ "logins changed", WHO_RANDOM, -1, do_change_login, ASPECT_LOGIN,
	  false },
	{ "mails changed", WHO_RANDOM, -1, do_change_mail, ASPECT_MAIL, false },
	{ "some disabled", WHO_RANDOM, -1, do_disable, ASPECT_ACCESS, false },
	{ "some of all kinds disabled", WHO_MIXED, -1, do_disable,
	  ASPECT_ACCESS, false },
	{ "some deleted", WHO_RANDOM, -1, do_delete, ASPECT_ACCESS, false },
	{ "some of all kinds deleted", WHO_MIXED, -1, do_delete, ASPECT_ACCESS,
	  false },
	{ "pupils filtered to employees", WHO_RANDOM, PUPILS, do_make_staff,
	  ASPECT_ACCESS, false },
	{ "employees filtered to guests", WHO_RANDOM, STAFF, do_make_guest,
	  ASPECT_ACCESS, false },
	{ "employees filtered to pupils", WHO_RANDOM, STAFF, do_make_pupil,
	  ASPECT_ACCESS, false },
	{ "guests filtered to employees", WHO_RANDOM, GUESTS, do_make_staff,
	  ASPECT_ACCESS, false },
	{ "disabled people enabled", WHO_DISABLED, -1, do_enable, ASPECT_ACCESS,
	  false },
	{ "disabled in a slow drip", WHO_RANDOM, -1, do_disable, ASPECT_ACCESS,
	  true },
	{ "deleted in a slow drip", WHO_KIND, -1, do_delete, ASPECT_ACCESS,
	  true },
	{ "last days in a slow drip", WHO_STAFF, STAFF, do_set_end,
	  ASPECT_ACCESS, true },
	{ "role given in a slow drip", WHO_OTHERS, GROUP_HEALTH, do_set_role,
	  ASPECT_ACCESS, true },
	{ "role lost in a slow drip", WHO_MEMBERS, GROUP_HEALTH, do_unset_role,
	  ASPECT_ACCESS, true },
	{ "made teachers in a slow drip", WHO_OTHERS, GROUP_TEACHERS,
	  do_set_teacher, ASPECT_ACCESS, true },
	{ "made employees in a slow drip", WHO_RANDOM, PUPILS, do_make_staff,
	  ASPECT_ACCESS, true },
	{ "made guests in a slow drip", WHO_RANDOM, STAFF, do_make_guest,
	  ASPECT_ACCESS, true },
	{ "logins in a slow drip", WHO_RANDOM, -1, do_change_login,
	  ASPECT_LOGIN, true },
};

enum { MANY_IN_A_DRIP = 72, BACKUPS = 8 };

/* ---- who */

static bool accident_may_take(const struct accident *x, const struct person *p)
{
	const struct accident_kind *k = x->kind;
	const struct town *t = x->t;
	bool disabled = k->who == WHO_DISABLED;

	if (!p->there || p->accident || !is_visible(t, p) ||
	    p->disabled != disabled || (!disabled && is_off(p, clock_now())))
		return false;
	if (k->who == WHO_DATED && p->until == 0)
		return false;
	/* Within a week of the change these take it back. */
	if ((disabled || k->who == WHO_DATED) && p->event_day + 8 > today())
		return false;
	/* Who begins today, or later, begins during the accident. */
	if (!disabled && p->from > clock_now() - DAY)
		return false;
	/* The announced plan of the school year has these leave. */
	if (p->grade >= YEARS_OF_SCHOOL && date_of(today()).month >= 6 &&
	    date_of(today()).month <= 8)
		return false;
	/* Its own last day would look like the accident's. */
	if (p->until > 0 || p->expires > 0)
		return k->who != WHO_DISABLED &&
		       p->until + p->expires > x->undo_at + DAY;
	return true;
}

static bool accident_is_among(const struct accident *x, const struct person *p)
{
	const struct accident_kind *k = x->kind;
	int top = top_of(x->t, p);

	switch (k->who) {
	case WHO_UNIT:
		for (int c = p->container; c >= 0;
		     c = x->t->containers[c].parent)
			if (c == x->container)
				return true;
		return false;
	case WHO_KIND:
		return top == x->container;
	case WHO_STAFF:
	case WHO_DATED:
		return top == STAFF;
	case WHO_RANDOM:
		return top == x->container;
	case WHO_MEMBERS:
		return top == STAFF && is_member(p, (enum named_group)k->top);
	case WHO_OTHERS:
		return top == STAFF && !is_member(p, (enum named_group)k->top);
	default:
		return true;
	}
}

static void accident_collect(struct accident *x)
{
	struct town *t = x->t;

	x->who = calloc((size_t)t->count, sizeof(x->who[0]));
	assert_non_null(x->who);
	for (int i = 0; i < t->count; i++)
		if (accident_may_take(x, &t->people[i]) &&
		    accident_is_among(x, &t->people[i]))
			x->who[x->count++] = i;
}

/* Keeps a random part. */
static void accident_keep(struct accident *x, int keep)
{
	for (int i = 0; i < x->count; i++) {
		int k = (int)chance(x->t, (unsigned)x->count);
		int swap = x->who[i];

		x->who[i] = x->who[k];
		x->who[k] = swap;
	}
	if (x->count > keep)
		x->count = keep;
}

static void accident_size(struct accident *x)
{
	static const int sizes[] = { 2, 3, 4, 5, 5, 6, 7, 8, 12, 20, 40 };
	int size = sizes[chance(x->t, LENGTH(sizes))];

	if (x->kind->who == WHO_RANDOM && !x->kind->drip)
		accident_keep(x, size);
	else if (x->kind->who == WHO_MIXED)
		accident_keep(x, size < 5 ? 5 : size);
	else if (x->kind->drip)
		accident_keep(x, between(x->t, 8, MANY_IN_A_DRIP));
}

/* ---- beginning */

static int accident_choose_container(struct accident *x)
{
	struct town *t = x->t;
	int top = x->kind->top >= 0 ? x->kind->top : (int)chance(t, TOPS);

	if (x->kind->who != WHO_UNIT)
		return top;
	return random_container(t, top == STAFF || top == PUPILS ? top : STAFF);
}

static bool accident_is(const struct accident *x, const char *label)
{
	return strstr(x->kind->label, label) != NULL;
}

/* Minutes to days ahead, or two months. */
static int64_t accident_end(struct accident *x)
{
	struct town *t = x->t;

	if (accident_is(x, "far"))
		return clock_now() + between(t, 45, 75) * DAY;
	if (accident_is(x, "school year")) {
		struct date d = date_of(today());

		return day_of(d.month < 8 ? d.year : d.year + 1, 8, 1) * DAY -
		       1;
	}
	switch (chance(t, 4)) {
	case 0:
		return clock_now() + between(t, 1, 50) * MINUTE;
	case 1:
		return clock_now() + between(t, 2, 23) * HOUR;
	case 2:
		return clock_now() + between(t, 25, 40) * HOUR;
	default:
		return clock_now() + between(t, 2, 12) * DAY;
	}
}

static int64_t accident_undo_time(struct accident *x)
{
	int64_t lasts = percent(x->t, 50) ? between(x->t, 1, 30) * HOUR
	                                  : between(x->t, 2, 6) * DAY;

	/* Some are not put right before their days have come. */
	if (accident_is(x, "far"))
		return clock_now() + (percent(x->t, 50) ? 80 * DAY : 5 * DAY);
	if (accident_is(x, "school year") && percent(x->t, 60))
		return accident_end(x) + 2 * DAY;
	if (percent(x->t, 10))
		lasts = between(x->t, 9, 16) * DAY;
	if (x->kind->drip)
		lasts += DAY;
	return clock_now() + lasts;
}

static int accident_value(struct accident *x)
{
	if (accident_is(x, "role"))
		return x->kind->top == GROUP_ECONOMY || percent(x->t, 20)
		           ? ROLE_ECONOMY
		           : ROLE_HEALTH;
	return accident_is(x, "mail") ? ++logins : 5000 + ++titles;
}

/* Members that do not have the role anyway are no part of it. */
static bool accident_prepare(struct accident *x)
{
	x->container = accident_choose_container(x);
	x->value =
	    x->kind->who == WHO_MEMBERS || x->kind->who == WHO_OTHERS
		? (x->kind->top == GROUP_ECONOMY ? ROLE_ECONOMY : ROLE_HEALTH)
		: accident_value(x);
	x->end = accident_end(x);
	accident_collect(x);
	accident_size(x);
	return x->count >= 2;
}

static bool is_drag(const struct accident *x)
{
	return accident_is(x, "dragged");
}

static void accident_change_container(struct accident *x)
{
	struct container *c = &x->t->containers[x->container];

	x->parent_before = c->parent;
	if (is_drag(x))
		c->parent = accident_is(x, "guests") ? GUESTS : STAFF;
	else
		c->hidden = true;
	touch_container(x->t, x->container);
	for (int c2 = 0; c2 < x->t->container_count; c2++)
		x->t->containers[c2].changed |= !is_drag(x);
	for (int i = 0; !is_drag(x) && i < x->t->count; i++)
		x->t->people[i].changed |= x->t->people[i].there;
}

static void accident_change_next(struct accident *x)
{
	struct person *p = &x->t->people[x->who[x->done]];

	touch(x->t, p);
	x->kind->change(x, p);
	touch(x->t, p);
	x->done++;
}

static void accident_copy(struct accident *x)
{
	x->before = calloc((size_t)x->count, sizeof(x->before[0]));
	assert_non_null(x->before);
	for (int i = 0; i < x->count; i++) {
		x->before[i] = x->t->people[x->who[i]];
		x->t->people[x->who[i]].accident = x->id;
	}
}

static void accident_begin(struct accident *x)
{
	if (x->kind->change == do_container) {
		accident_change_container(x);
		x->done = x->count;
	}
	while (!x->kind->drip && x->done < x->count)
		accident_change_next(x);
	x->next_drip = clock_now();
}

static void accident_drip(struct accident *x)
{
	while (!x->undone && x->done < x->count &&
	       x->next_drip <= clock_now()) {
		accident_change_next(x);
		x->next_drip += 20 * MINUTE;
	}
}

/* ---- a backup */

/* Who is another one in the backup, by access. */
static bool backup_differs(const struct accident *x, int i)
{
	const struct person *now = &x->t->people[i];
	const struct person *then = i < x->backup_count ? &x->backup[i] : NULL;

	if (!then)
		return now->there;
	return then->there != now->there ||
	       (now->there &&
	        (then->disabled != now->disabled || then->until != now->until ||
	         then->from != now->from || then->teacher != now->teacher ||
	         then->roles != now->roles ||
	         top_of(x->t, then) != top_of(x->t, now)));
}

static void backup_take(struct accident *x)
{
	x->backup_count = x->t->count;
	x->backup = calloc((size_t)x->t->count, sizeof(x->backup[0]));
	assert_non_null(x->backup);
	memcpy(x->backup, x->t->people,
	       (size_t)x->t->count * sizeof(x->backup[0]));
}

static void backup_collect(struct accident *x)
{
	x->who = calloc((size_t)x->t->count, sizeof(x->who[0]));
	assert_non_null(x->who);
	for (int i = 0; i < x->t->count; i++)
		if (backup_differs(x, i))
			x->who[x->count++] = i;
}

static void backup_touch_all(struct town *t)
{
	for (int i = 0; i < t->count; i++)
		t->people[i].changed = true;
	for (int g = 0; g < NAMED_GROUPS; g++)
		t->group_changed[g] = true;
	t->changed = true;
}

/* Life goes on only after the undo. */
static void backup_restore(struct accident *x)
{
	struct town *t = x->t;

	x->present_count = t->count;
	x->present = calloc((size_t)t->count, sizeof(x->present[0]));
	assert_non_null(x->present);
	memcpy(x->present, t->people, (size_t)t->count * sizeof(x->present[0]));
	for (int i = 0; i < t->count; i++) {
		bool sent_there = t->people[i].sent_there;

		if (i < x->backup_count)
			t->people[i] = x->backup[i];
		else
			t->people[i].there = false;
		t->people[i].accident = x->present[i].accident;
		t->people[i].sent_there = sent_there;
	}
	t->paused = true;
	backup_touch_all(t);
	x->done = x->count;
}

static void backup_undo(struct accident *x)
{
	struct town *t = x->t;

	for (int i = 0; i < x->present_count; i++) {
		bool sent_there = t->people[i].sent_there;

		t->people[i] = x->present[i];
		t->people[i].sent_there = sent_there;
	}
	t->paused = false;
	backup_touch_all(t);
}

/* ---- undo */

/* Only what the accident changed: the rest is the person's own life. */
static void accident_restore_person(const struct person *before,
                                    struct person *p)
{
	p->there = before->there;
	p->disabled = before->disabled;
	p->until = before->until;
	p->expires = before->expires;
	p->from = before->from;
	p->teacher = before->teacher;
	p->roles = before->roles;
	p->mail = before->mail;
	p->login = before->login;
	p->unit = before->unit;
	p->title = before->title;
}

static void accident_undo_people(struct accident *x)
{
	bool moved = x->kind->change == do_make_staff ||
	             x->kind->change == do_make_guest ||
	             x->kind->change == do_make_pupil;

	for (int i = 0; i < x->done; i++) {
		struct person *p = &x->t->people[x->who[i]];

		touch(x->t, p);
		accident_restore_person(&x->before[i], p);
		if (moved)
			p->container = x->before[i].container;
		touch(x->t, p);
	}
}

static void accident_undo(struct accident *x)
{
	x->undone = true;
	if (x->kind->change == do_restore) {
		backup_undo(x);
		return;
	}
	if (x->kind->change != do_container) {
		accident_undo_people(x);
		return;
	}
	struct container *c = &x->t->containers[x->container];
	c->parent = x->parent_before;
	c->hidden = false;
	touch_container(x->t, x->container);
	for (int i = 0; !is_drag(x) && i < x->t->count; i++)
		x->t->people[i].changed |= x->t->people[i].there;
	for (int c2 = 0; c2 < x->t->container_count; c2++)
		x->t->containers[c2].changed |= !is_drag(x);
}

static void accident_free(struct accident *x)
{
	for (int i = 0; i < x->count; i++)
		x->t->people[x->who[i]].accident = 0;
	free(x->who);
	free(x->before);
	free(x->backup);
	free(x->present);
	if (x->arena)
		arena_close(x->arena);
	*x = (struct accident){ .t = x->t };
}

#endif
