package salesforce

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// windowRows is how many rows of OauthToken one query yields at most, all its
// pages together (Object Reference, "OauthToken").
const windowRows = 2500

// errEnough ends a listing that nobody wants more of.
var errEnough = errors.New("enough")

// A listing yields the rows of OauthToken, however many. One query yields a
// window of them at most, and Salesforce's documents contradict each other on
// OFFSET, so it asks for parts that have no row in common and fit into a window
// each: by user, as the Object Reference advises. A part that it cannot make
// small enough comes out short; whoever uses it compares the numbers.
type listing struct {
	api    *API
	ctx    context.Context
	filter OauthTokenFilter
	yield  func(OauthToken) bool

	done map[string]bool // users whose rows were yielded, by id
}

// list yields all rows of a filter, whenever they were used.
func (a *API) list(ctx context.Context, filter OauthTokenFilter, yield func(OauthToken) bool) error {
	l := &listing{a, ctx, filter, yield, map[string]bool{}}
	if filter.UserIDs != nil {
		return l.ofUsers(filter.UserIDs)
	}
	err := l.inOrder()
	if isQueryRefused(err) {
		return l.ofAllUsers()
	}
	return err
}

// inOrder lays one window behind another, by user. The last user of a full
// window may have more rows than are in it, so the next one starts there.
func (l *listing) inOrder() error {
	const order = " ORDER BY UserId"
	rows, err := l.window(l.filter.where(), order)
	for err == nil && len(rows) >= windowRows {
		last := rows[len(rows)-1].UserID
		others := rows[:slices.IndexFunc(rows, func(row OauthToken) bool { return row.UserID == last })]
		next := l.filter.where()
		if len(others) > 0 {
			err = l.emit(others)
			next.add("UserId >= %s", quote(last))
		} else {
			err = l.ofUser(last, rows)
			next.add("UserId > %s", quote(last))
		}
		if err != nil {
			return err
		}
		rows, err = l.window(next, order)
	}
	if err != nil {
		return err
	}
	return l.emit(rows)
}

// ofAllUsers does without ORDER BY and ranges: if the rows do not fit into one
// window, it asks by the users that the org has. One whom the org does not show
// may have rows in the window.
func (l *listing) ofAllUsers() error {
	rows, err := l.window(l.filter.where(), "")
	if err != nil {
		return err
	}
	isDone := func(id string) bool { return l.done[id] }
	if len(rows) < windowRows {
		return l.emit(slices.DeleteFunc(rows, func(row OauthToken) bool { return isDone(row.UserID) }))
	}
	users, _, err := query[struct {
		ID string `json:"Id"`
	}](l.ctx, l.api, "SELECT Id FROM User")
	if err != nil {
		return err
	}
	var ids []string
	for _, user := range users {
		ids = append(ids, user.ID)
	}
	for _, row := range rows {
		ids = append(ids, row.UserID)
	}
	return l.ofUsers(slices.DeleteFunc(ids, isDone))
}

func (l *listing) ofUsers(ids []string) error {
	where := func(ids []string) conditions { return l.filter.of(ids).where() }
	return l.among(distinctIDs(ids), where, l.ofUser)
}

// ofUser yields the rows of a user who has more than fit into a window, by how
// often the tokens were used: nothing else that is no secret, and that the org
// can filter by, tells those of an app apart. As far as is known, no user can
// have so many.
func (l *listing) ofUser(id string, window []OauthToken) error {
	var counts []string
	for _, row := range window {
		counts = append(counts, strconv.FormatInt(row.UseCount, 10))
	}
	slices.Sort(counts)
	counts = slices.Compact(counts)
	counts = counts[:min(len(counts), valuesAsked)]
	where := func(operator string, counts []string) conditions {
		result := l.filter.of([]string{id}).where()
		result.add("UseCount %s (%s)", operator, strings.Join(counts, ","))
		return result
	}
	others, err := l.window(where("NOT IN", counts), "")
	if isQueryRefused(err) {
		return l.emit(window)
	}
	if err != nil {
		return err
	}
	if err := l.emit(others); err != nil {
		return err
	}
	return l.among(counts,
		func(counts []string) conditions { return where("IN", counts) },
		func(_ string, rows []OauthToken) error { return l.emit(rows) })
}

// among yields the rows that have one of these values, by as many values at a
// time as fit into a window. What does not fit for one value is left to tooMany,
// with the window.
func (l *listing) among(values []string, where func([]string) conditions, tooMany func(string, []OauthToken) error) error {
	for some := range slices.Chunk(values, valuesAsked) {
		rows, err := l.window(where(some), "")
		if err != nil {
			return err
		}
		half := len(some) / 2
		if len(rows) < windowRows {
			err = l.emit(rows)
		} else if len(some) == 1 {
			err = tooMany(some[0], rows)
		} else if err = l.among(some[:half], where, tooMany); err == nil {
			err = l.among(some[half:], where, tooMany)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *listing) window(where conditions, order string) ([]OauthToken, error) {
	return l.api.window(l.ctx, where, order)
}

// emit yields rows, by user, and returns errEnough if nobody wants more.
func (l *listing) emit(rows []OauthToken) error {
	slices.SortStableFunc(rows, func(a, b OauthToken) int { return strings.Compare(a.UserID, b.UserID) })
	for _, row := range rows {
		l.done[row.UserID] = true
		if !l.yield(row) {
			return errEnough
		}
	}
	return nil
}
