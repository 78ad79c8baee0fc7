/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/list.h"

#include <string.h>

#include "core/address.h"
#include "core/date.h"
#include "core/language.h"

#define UNTIL "until="

static const char not_a_list[] = N_("not everyone, nobody, or names and @groups");
static const char not_a_name[] = N_("not a name or a @group");
static const char not_networks[] =
    N_("not addresses or networks like 192.0.2.0/24, zero behind the prefix");
static const char not_a_date[] = N_("until= without a date like 2025-05-05 after it");

static bool
between(char c)
{
	return text_is_blank(c) || c == ',';
}

/* Takes the bytes up to the next blank or comma; false at the end. */
static bool
take_piece(struct cursor *list, struct cursor *piece)
{
	while (!cursor_done(list) && between(*list->at))
		list->at++;
	*piece = *list;
	while (!cursor_done(list) && !between(*list->at))
		list->at++;
	piece->end = list->at;
	return !cursor_done(piece);
}

static size_t
length(const struct cursor *piece)
{
	return (size_t)(piece->end - piece->at);
}

static bool
is(const struct list_item *item, const char *name)
{
	return !item->group && item->len == strlen(name) &&
	    memcmp(item->name, name, item->len) == 0;
}

/*
 * A byte of a name, as name services give them. No = (a misspelt `untill=` would be somebody,
 * exempt for ever), no quote, no # (a remark is no list of names).
 */
static bool
name_byte(char c)
{
	return text_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (unsigned char)c >= 0x80 || (c != '\0' && strchr("._-@$\\+", c) != NULL);
}

static bool
is_name(const struct list_item *item)
{
	/* words for which a list knows others, and `until` without its = */
	static const char *const none[] = { "yes", "no", "all", "none", "everybody",
		"until" };

	if (item->len == 0 || item->len >= LIST_NAME_SIZE ||
	    strchr("-+@", *item->name) != NULL)
		return false;
	for (size_t i = 0; i < item->len; i++)
		if (!name_byte(item->name[i]))
			return false;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (is(item, none[i]))
			return false;
	return true;
}

/* Takes a name and the `until=` that may follow it; `why` is set where either is none. */
static bool
take_item(struct cursor *list, struct list_item *item, const char **why)
{
	struct cursor piece, after;
	int64_t east;

	if (!take_piece(list, &piece))
		return false;
	if (cursor_take(&piece, UNTIL)) {
		*why = N_("until= without a name before it");
		return false;
	}
	*item = (struct list_item){ .group = cursor_take(&piece, "@") };
	item->name = piece.at;
	item->len = length(&piece);
	after = *list;
	item->ends = take_piece(&after, &piece) && cursor_take(&piece, UNTIL);
	if (item->ends)
		*list = after;
	if (!is_name(item))
		*why = not_a_name;
	else if (item->ends && !date_parse(piece.at, length(&piece), &item->until, &east))
		*why = not_a_date;
	return *why == NULL;
}

bool
list_name(struct cursor *list, struct list_item *item)
{
	const char *why = NULL;

	return take_item(list, item, &why);
}

bool
list_network(struct cursor *list, struct network *network)
{
	struct cursor piece;

	return take_piece(list, &piece) &&
	    network_parse(network, piece.at, length(&piece));
}

/* Whether the list names the same before: of two ends one would be passed over. */
static bool
named_before(struct cursor list, const struct list_item *item)
{
	struct list_item other;

	while (list_name(&list, &other) && other.name != item->name)
		if (other.group == item->group && other.len == item->len &&
		    memcmp(other.name, item->name, item->len) == 0)
			return true;
	return false;
}

static const char *
check_names(struct cursor list, bool may_end)
{
	struct cursor rest = list;
	struct list_item item;
	unsigned groups = 0;
	const char *why = NULL;

	while (take_item(&rest, &item, &why)) {
		groups += item.group;
		if (item.ends && !may_end)
			return N_("until= is for exempt alone");
		if (is(&item, LIST_EVERYONE) || is(&item, LIST_NOBODY))
			return N_("everyone and nobody are no names among others");
		if (groups > LIST_GROUPS_MAX)
			return N_("more than 32 groups");
		if (named_before(list, &item))
			return N_("a name given twice");
	}
	return why;
}

const char *
list_check_require(const char *at, size_t len)
{
	struct cursor list = cursor_over(at, len), piece;
	struct cursor rest = list;

	if (!take_piece(&rest, &piece))
		return not_a_list;
	if (length(&piece) == len &&
	    (cursor_take(&piece, LIST_EVERYONE) || cursor_take(&piece, LIST_NOBODY)) &&
	    cursor_done(&piece))
		return NULL;
	return check_names(list, false);
}

const char *
list_check_exempt(const char *at, size_t len)
{
	return check_names(cursor_over(at, len), true);
}

const char *
list_check_networks(const char *at, size_t len)
{
	struct cursor list = cursor_over(at, len), piece;
	struct network network;

	while (take_piece(&list, &piece))
		if (!network_parse(&network, piece.at, length(&piece)))
			return not_networks;
	return NULL;
}
