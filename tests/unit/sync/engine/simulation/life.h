/* SPDX-License-Identifier: AGPL-3.0-or-later
 * life.h: an ordinary year of a municipality: who is hired, leaves, moves,
 * marries, starts school and leaves it, as HR, schools and IT enter it.  None
 * of this should be held, except what is as large as an accident. */
#ifndef TESTS_UNIT_SYNC_ENGINE_SIMULATION_LIFE_H
#define TESTS_UNIT_SYNC_ENGINE_SIMULATION_LIFE_H

#include "tests/unit/sync/engine/simulation/town.h"

enum { NIGHT = 0, LAST_SLOT = 6, WORKING_DAYS = 230 };

/* ---- employees */

static void give_roles(struct town *t, struct person *p)
{
	bool teaches = percent(t, 40);

	p->temporary = percent(t, 30);
	/* The group follows at once, or IT adds it some days later. */
	if (teaches && percent(t, 80))
		p->teacher = true;
	else if (teaches)
		p->teacher_on = today() + between(t, 1, 3);
	if (!teaches && percent(t, 40))
		p->roles |= ROLE_HEALTH;
	if (!teaches && percent(t, 4))
		p->roles |= ROLE_ECONOMY;
}

/* A person who works in another municipality too, or 0. */
static int human_of_neighbour(struct town *t)
{
	struct town *other = &towns[chance(t, (unsigned)town_count)];
	struct person *p;

	if (other == t || !percent(t, 4))
		return 0;
	p = &other->people[chance(t, (unsigned)other->count)];
	for (int i = 0; i < t->count; i++)
		if (t->people[i].human == p->human)
			return 0;
	return p->family == 0 ? p->human : 0;
}

/* HR deletes an entry some weeks after its last day. */
static void delete_after_end(struct town *t, struct person *p)
{
	p->delete_on = p->until > 0 ? p->until / DAY + between(t, 2, 40) : 0;
}

static void hire(struct town *t)
{
	struct person *p =
	    add_person(t, random_container(t, STAFF), human_of_neighbour(t));
	struct date d = date_of(today());

	give_roles(t, p);
	if (percent(t, 50))
		p->from = (today() + between(t, 3, 30)) * DAY;
	if (percent(t, 35))
		p->until =
		    p->teacher
			? day_of(d.month < 7 ? d.year : d.year + 1, 8, 1) *
				  DAY -
			      1
			: month_end(today() + between(t, 60, 330));
	touch_event(t, p, "hired");
}

static void hire_in_august(struct town *t)
{
	struct person *p = add_person(t, random_container(t, STAFF), 0);
	struct date d = date_of(today());

	give_roles(t, p);
	p->teacher = p->teacher || percent(t, 50);
	p->from = percent(t, 70) ? day_of(d.year, 8, 1) * DAY : 0;
	if (percent(t, 40))
		p->until = day_of(d.year + 1, 8, 1) * DAY - 1;
	delete_after_end(t, p);
	touch_event(t, p, "hired for the school year");
}

static void leave(struct town *t)
{
	struct person *p = any_person(t, is_free_employee);
	unsigned how = chance(t, 100);

	if (!p || p->until > 0)
		return;
	if (how < 60) {
		int64_t day = today() + between(t, 10, 80);

		p->until =
		    percent(t, 70) ? month_end(day) : (day + 1) * DAY - 1;
		delete_after_end(t, p);
		touch_event(t, p, "last day set");
	} else if (how < 75) {
		p->disabled = true;
		p->delete_on = today() + between(t, 10, 40);
		touch_event(t, p, "disabled at once");
	} else {
		p->there = false;
		touch_event(t, p, "deleted at once");
	}
}

static void parental_leave(struct town *t)
{
	struct person *p = any_person(t, is_free_employee);

	if (!p || p->until > 0)
		return;
	p->disabled = true;
	p->enable_on = today() + between(t, 120, 380);
	touch_event(t, p, "on leave");
}

static bool ends_soon(const struct town *t, const struct person *p)
{
	return is_free_employee(t, p) && p->until > 0 &&
	       p->until < clock_now() + 60 * DAY;
}

static void extend(struct town *t)
{
	struct person *p = any_person(t, ends_soon);

	if (!p)
		return;
	p->until = month_end(p->until / DAY + between(t, 60, 300));
	delete_after_end(t, p);
	touch_event(t, p, "contract extended");
}

static void shorten(struct town *t)
{
	struct person *p = any_person(t, is_free_employee);

	if (!p || p->until < clock_now() + 60 * DAY)
		return;
	p->until = month_end(today() + between(t, 7, 30));
	delete_after_end(t, p);
	touch_event(t, p, "contract shortened");
}

static void new_title(struct town *t)
{
	struct person *p = any_person(t, is_free_employee);

	if (!p)
		return;
	p->title = percent(t, 60) ? (int)chance(t, 40) : 100 + ++titles;
	touch_event(t, p, "new title");
}

/* The other directory of the same human gets the name days later. */
static void marry(struct town *t)
{
	struct person *p = any_person(t, is_free_employee);

	if (!p)
		return;
	touch(t, p);
	p->family++;
	if (percent(t, 70))
		p->login = p->mail = ++logins;
	touch_event(t, p, "new name");
	for (int m = 0; m < town_count; m++)
		for (int i = 0; &towns[m] != t && i < towns[m].count; i++)
			if (towns[m].people[i].human == p->human)
				towns[m].people[i].rename_on =
				    today() + between(t, 1, 20);
}

static void move_to(struct town *t, struct person *p, int container,
                    const char *event)
{
	touch(t, p);
	p->container = container;
	p->unit = t->containers[container].number;
	touch_event(t, p, event);
}

static void move_unit(struct town *t)
{
	struct person *p = any_person(t, is_free_employee);

	if (p)
		move_to(t, p, random_container(t, STAFF), "moved to a unit");
}

static bool is_free_nurse(const struct town *t, const struct person *p)
{
	return is_free_employee(t, p) && p->roles & ROLE_HEALTH;
}

static void gain_role(struct town *t)
{
	struct person *p = any_person(t, is_free_employee);

	if (!p || p->roles || p->teacher)
		return;
	p->roles = percent(t, 90) ? ROLE_HEALTH : ROLE_ECONOMY;
	touch_event(t, p, "role gained");
}

static void lose_role(struct town *t)
{
	struct person *p = any_person(t, is_free_nurse);

	if (!p)
		return;
	touch(t, p);
	p->roles = 0;
	touch_event(t, p, "role lost");
}

static void become_teacher(struct town *t)
{
	struct person *p = any_person(t, is_free_employee);

	if (!p || p->teacher || p->roles)
		return;
	p->teacher = true;
	touch_event(t, p, "became a teacher");
}

static void become_guest(struct town *t)
{
	struct person *p = any_person(t, is_free_employee);

	if (!p || p->teacher || p->roles || p->until > 0)
		return;
	move_to(t, p, GUESTS, "pensioner, now a guest");
	p->unit = 0;
	p->until = (today() + 180) * DAY;
	p->delete_on = today() + 200;
}

/* ---- guests, vendors, politicians */

static void visit(struct town *t)
{
	bool vendor = t->size->vendors > 0 && percent(t, 35);
	struct person *p;

	if (!vendor && t->size->guests == 0)
		return;
	p = add_person(t, vendor ? VENDORS : GUESTS, 0);
	if (vendor)
		p->expires = (today() + between(t, 60, 360)) * DAY;
	else
		p->until = (today() + between(t, 30, 400)) * DAY;
	p->delete_on = (p->until + p->expires) / DAY + between(t, 1, 20);
	touch_event(t, p, "guest or vendor came");
}

static void replace_politician(struct town *t)
{
	struct person *p = any_person(t, is_free_politician);

	if (!p)
		return;
	p->there = false;
	touch_event(t, p, "politician left");
	touch_event(t, add_person(t, POLITICIANS, 0), "politician came");
}

/* ---- pupils */

static struct person *add_pupil(struct town *t, int grade, const char *event)
{
	int schools = t->size->schools;
	int school =
	    grade >= 8 || schools == 1 ? 0 : between(t, 1, schools - 1);
	struct person *p = add_person(t, container_below(t, PUPILS, school), 0);

	p->grade = grade;
	touch_event(t, p, event);
	return p;
}

static void pupil_comes(struct town *t)
{
	(void)add_pupil(t, between(t, 1, YEARS_OF_SCHOOL), "pupil moved in");
}

static void pupil_goes(struct town *t)
{
	struct person *p = any_person(t, is_free_pupil);

	if (!p)
		return;
	touch(t, p);
	p->there = false;
	touch_event(t, p, "pupil moved away");
}

static bool is_free_leaver_of_school(const struct town *t,
                                     const struct person *p)
{
	return is_free_pupil(t, p) && p->grade >= YEARS_OF_SCHOOL;
}

/* A pupil with a summer job has a second entry. */
static void summer_job(struct town *t)
{
	struct person *pupil = any_person(t, is_free_leaver_of_school);
	int human = pupil && percent(t, 60) ? pupil->human : 0;
	struct date d = date_of(today());

	for (int i = 0; human && i < t->count; i++)
		if (t->people[i].human == human && &t->people[i] != pupil)
			human = 0;
	struct person *p = add_person(t, random_container(t, STAFF), human);
	p->roles = percent(t, 70) ? ROLE_HEALTH : 0;
	p->from = day_of(d.year, 6, 25) * DAY;
	p->until = day_of(d.year, 8, 16) * DAY - 1;
	p->delete_on = day_of(d.year, 8, 16) + between(t, 5, 60);
	touch_event(t, p, "summer substitute");
}

/* Instead of a second entry the pupil's own is moved. */
static void pupil_becomes_employee(struct town *t)
{
	struct person *p = any_person(t, is_free_leaver_of_school);

	if (!p)
		return;
	move_to(t, p, random_container(t, STAFF), "pupil hired");
	p->grade = 0;
}

/* ---- what happens singly, this often a year */

static const struct single_event {
	void (*handler)(struct town *t);
	double staff, pupils; /* a year and head */
	double town;          /* a year */
	bool by_hr;           /* in the nightly batch, where there is one */
	const char *months;   /* weight of each month, 5: usual */
} single_events[] = {
	{ hire, 0.09, 0, 0, true, "7444435293645" },
	{ leave, 0.11, 0, 0, true, "6555475453555" },
	{ parental_leave, 0.03, 0, 0, true, "5555555555555" },
	{ extend, 0.05, 0, 0, true, "5555587655558" },
	{ shorten, 0.006, 0, 0, true, "5555555555555" },
	{ new_title, 0.08, 0, 0, true, "9555553575555" },
	{ marry, 0.012, 0, 0, true, "4444668885444" },
	{ move_unit, 0.05, 0, 0, true, "9444452864444" },
	{ gain_role, 0.02, 0, 0, false, "5555585555555" },
	{ lose_role, 0.02, 0, 0, false, "5555555855555" },
	{ become_teacher, 0.004, 0, 0.3, false, "5444443985444" },
	{ become_guest, 0, 0, 0.5, false, "5555555555555" },
	{ visit, 0.03, 0, 1, false, "5555542556555" },
	{ replace_politician, 0, 0, 2, false, "5555552555555" },
	{ pupil_comes, 0, 0.02, 0, false, "7455462975454" },
	{ pupil_goes, 0, 0.02, 0, false, "7455562975454" },
	{ pupil_becomes_employee, 0, 0, 0.5, false, "0000095000000" },
};

static void live_slot(struct town *t, int slot)
{
	int month = date_of(today()).month;

	for (size_t i = 0; i < LENGTH(single_events); i++) {
		const struct single_event *e = &single_events[i];
		bool batch = e->by_hr && t->size->nightly;
		double yearly = e->staff * t->size->employees +
		                e->pupils * t->size->pupils + e->town;

		if (batch ? slot != NIGHT : slot == NIGHT)
			continue;
		int n = times(t, yearly * (e->months[month - 1] - '0') / 5.0 /
		                     WORKING_DAYS / (batch ? 1 : LAST_SLOT));
		while (n-- > 0)
			e->handler(t);
	}
}

/* ---- what was planned for a day */

static void end_and_return(struct town *t, struct person *p)
{
	if (p->delete_on > 0 && p->delete_on <= today() &&
	    (p->disabled || is_off(p, clock_now()))) {
		touch(t, p);
		p->there = false;
		p->delete_on = 0;
		touch_event(t, p, "deleted after the last day");
	}
	if (p->enable_on > 0 && p->enable_on <= today()) {
		p->disabled = false;
		p->enable_on = 0;
		touch_event(t, p, "back from leave");
	}
	if (p->teacher_on > 0 && p->teacher_on <= today()) {
		p->teacher = true;
		p->teacher_on = 0;
		touch_event(t, p, "added to the teachers");
	}
	if (p->rename_on > 0 && p->rename_on <= today()) {
		p->family++;
		p->rename_on = 0;
		touch_event(t, p, "new name as elsewhere");
	}
}

static void live_planned(struct town *t)
{
	for (int i = 0; i < t->count; i++)
		if (t->people[i].there && t->people[i].accident == 0)
			end_and_return(t, &t->people[i]);
}

/* ---- batches of a day */

static void repeat(struct town *t, int n, void (*handler)(struct town *t))
{
	while (n-- > 0)
		handler(t);
}

/* All classes go up; the eighth grade begins at another school. */
static void promote(struct town *t)
{
	for (int i = 0; i < t->count; i++) {
		struct person *p = &t->people[i];

		if (!p->there || p->grade == 0)
			continue;
		touch(t, p);
		p->grade++;
		if (p->grade == 8 && t->size->schools > 1) {
			p->container = container_below(t, PUPILS, 0);
			p->unit = t->containers[p->container].number;
		}
		touch_event(t, p, "promoted");
	}
}

static void leave_school(struct town *t)
{
	for (int i = 0; i < t->count; i++) {
		struct person *p = &t->people[i];

		if (!p->there || p->grade <= YEARS_OF_SCHOOL || p->accident)
			continue;
		p->there = false;
		touch_event(t, p, "left school");
	}
}

static void first_grade(struct town *t)
{
	for (int n = t->size->pupils / YEARS_OF_SCHOOL; n > 0; n--)
		(void)add_pupil(t, 1, "started school");
}

/* Three percent of pupils move in a year, one percent in summer. */
static void summer_move(struct town *t)
{
	repeat(t, times(t, t->size->pupils * 0.003), pupil_comes);
	repeat(t, times(t, t->size->pupils * 0.003), pupil_goes);
}

/* HR sets the last day of temporary teachers. */
static void end_temporary_teachers(struct town *t)
{
	struct date d = date_of(today());

	for (int i = 0; i < t->count; i++) {
		struct person *p = &t->people[i];

		if (!is_free_employee(t, p) || !p->teacher || !p->temporary ||
		    p->until > 0 || percent(t, 50))
			continue;
		p->until = day_of(d.year, 8, 1) * DAY - 1;
		delete_after_end(t, p);
		touch_event(t, p, "last day of the school year set");
	}
}

/* Some of them are needed for another year. */
static void renew_teachers(struct town *t)
{
	struct date d = date_of(today());

	for (int i = 0; i < t->count; i++) {
		struct person *p = &t->people[i];

		if (!is_free_employee(t, p) || !p->teacher ||
		    p->until != day_of(d.year, 8, 1) * DAY - 1 ||
		    percent(t, 50))
			continue;
		p->until = day_of(d.year + 1, 8, 1) * DAY - 1;
		delete_after_end(t, p);
		touch_event(t, p, "renewed for a school year");
	}
}

static void hire_for_school_year(struct town *t)
{
	repeat(t, times(t, t->size->employees * 0.015), hire_in_august);
}

static void hire_for_summer(struct town *t)
{
	repeat(t, times(t, t->size->employees * 0.02 + 0.3), summer_job);
}

/* Every fourth year about half of the politicians are replaced. */
static void election(struct town *t)
{
	if (date_of(today()).year % 4 == 3)
		repeat(t, t->size->politicians / 2, replace_politician);
}

/* ---- reorganisations */

static void touch_container(struct town *t, int c)
{
	t->containers[c].changed = t->changed = true;
	for (int i = 0; i < t->count; i++)
		if (t->people[i].there)
			touch_groups(t, &t->people[i]);
}

static void rename_unit(struct town *t, int c)
{
	t->containers[c].number = ++units;
	touch_container(t, c);
	for (int i = 0; i < t->count; i++)
		if (t->people[i].there && t->people[i].container == c) {
			t->people[i].unit = units;
			touch_event(t, &t->people[i], "unit renamed");
		}
}

static void merge_unit(struct town *t, int c)
{
	int other = random_container(t, STAFF);

	for (int i = 0; i < t->count; i++)
		if (t->people[i].there && t->people[i].container == c &&
		    !t->people[i].accident)
			move_to(t, &t->people[i], other, "unit merged");
}

static void move_nurses(struct town *t)
{
	for (int n = between(t, 3, 15); n > 0; n--)
		lose_role(t);
	for (int n = between(t, 3, 15); n > 0; n--)
		gain_role(t);
}

/* A unit below another one. */
static void move_container(struct town *t, int c)
{
	int other = random_container(t, STAFF);

	if (other == c || t->containers[c].parent != STAFF)
		return;
	t->containers[c].parent = other;
	touch_container(t, c);
}

static void reorganise(struct town *t)
{
	int c = random_container(t, STAFF);

	/* Not while an accident is being repaired. */
	if (t->busy)
		return;
	switch (chance(t, 4)) {
	case 0:
		rename_unit(t, c);
		break;
	case 1:
		merge_unit(t, c);
		break;
	case 2:
		move_container(t, c);
		break;
	default:
		move_nurses(t);
		break;
	}
}

static void change_mail_domain(struct town *t)
{
	t->domain++;
	for (int i = 0; i < t->count; i++)
		if (t->people[i].there) {
			t->people[i].domain = t->domain;
			touch_event(t, &t->people[i], "new mail domain");
		}
}

/* ---- a year */

/* On the working day from this date on; every: in one of so many years. */
static const struct {
	int month, day, days; /* days: spread over so many */
	int every;
	void (*handler)(struct town *t);
} yearly[] = {
	{ 5, 8, 1, 1, end_temporary_teachers },
	{ 6, 6, 2, 1, renew_teachers },
	{ 6, 14, 3, 1, hire_for_summer },
	{ 7, 20, 1, 2, renew_teachers },
	{ 8, 4, 1, 1, first_grade },
	{ 8, 6, 1, 1, leave_school },
	{ 8, 8, 5, 1, hire_for_school_year },
	{ 8, 14, 3, 1, summer_move },
	{ 10, 12, 1, 1, election },
	{ 2, 16, 1, 6, reorganise },
	{ 4, 20, 1, 6, reorganise },
	{ 11, 9, 1, 6, reorganise },
	{ 1, 12, 1, 20, change_mail_domain },
};

static bool is_within_working_days(int64_t day, const struct date *d, int month,
                                   int of_month, int days)
{
	int64_t one = working_day_from(day_of(d->year, month, of_month));

	for (; days > 1 && one < day; days--)
		one = working_day_from(one + 1);
	return one == day;
}

static void live_yearly(struct town *t)
{
	struct date d = date_of(today());

	if (is_day(today(), 8, 1))
		promote(t);
	for (size_t i = 0; i < LENGTH(yearly); i++)
		if (is_within_working_days(today(), &d, yearly[i].month,
		                           yearly[i].day, yearly[i].days) &&
		    (yearly[i].every == 1 ||
		     chance(t, (unsigned)yearly[i].every) == 0))
			yearly[i].handler(t);
}

/* One part of a day. */
static void live(struct town *t, int slot)
{
	if (t->paused)
		return;
	if (slot == NIGHT) {
		live_planned(t);
		live_yearly(t);
	}
	if (!is_holiday(today()))
		live_slot(t, slot);
}

/* ---- the first day */

static void begin_employee(struct town *t)
{
	struct person *p = add_person(t, random_container(t, STAFF), 0);

	give_roles(t, p);
	p->teacher = p->teacher || p->teacher_on > 0;
	p->teacher_on = 0;
}

static void begin_town(struct town *t, int m, uint64_t seed)
{
	static const char *const labels[TOPS] = { "ansatte", "elever",
		                                  "folkevalgte", "gjester",
		                                  "leverandorer" };

	*t = (struct town){ .m = m, .size = t->size };
	t->random =
	    seed * 2654435761u + (uint64_t)(t->size - town_sizes) * 977u;
	t->people = calloc(MAX_PEOPLE, sizeof(t->people[0]));
	assert_non_null(t->people);
	for (int top = 0; top < TOPS; top++)
		(void)add_container(t, labels[top], 0, -1);
	for (int u = 0; u < t->size->units; u++)
		(void)add_container(t, "eining", ++units, STAFF);
	for (int s = 0; s < t->size->schools; s++)
		(void)add_container(t, "skule", ++units, PUPILS);
	for (int i = 0; i < t->size->employees; i++)
		begin_employee(t);
	for (int i = 0; i < t->size->pupils; i++)
		(void)add_pupil(t, 1 + i % YEARS_OF_SCHOOL, "first day");
	for (int i = 0; i < t->size->politicians; i++)
		(void)add_person(t, POLITICIANS, 0);
	for (int i = 0; i < t->size->guests + t->size->vendors; i++)
		visit(t);
}

#endif
