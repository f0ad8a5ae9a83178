package salesforce

import (
	"slices"
	"time"
)

// An OauthTokenFilter says which rows are meant; the zero value means all. What
// it holds is compared as SOQL does, so letter case in AppName counts for nothing.
type OauthTokenFilter struct {
	AppName   string
	UserIDs   []string // those only, as CheckUserID accepts them; nil means all
	NotUserID string   // not that one

	// UnusedSince, if not nil, means only those that were last used before, or
	// never.
	UnusedSince *time.Time
}

// Only returns the filter for those of the rows that are of one user, and
// whether there can be any.
func (f OauthTokenFilter) Only(userID string) (OauthTokenFilter, bool) {
	isUser := func(id string) bool { return SameID(id, userID) }
	if userID == "" || f.UserIDs != nil && !slices.ContainsFunc(f.UserIDs, isUser) {
		return f, false
	}
	f.UserIDs = []string{userID}
	return f, true
}

// Except returns the filter for those of the rows that are not of one user, and
// whether there can be any.
func (f OauthTokenFilter) Except(userID string) (OauthTokenFilter, bool) {
	if f.UserIDs == nil {
		f.NotUserID = userID
		return f, true
	}
	f.UserIDs = slices.DeleteFunc(slices.Clone(f.UserIDs), func(id string) bool { return SameID(id, userID) })
	return f, len(f.UserIDs) > 0
}

// where is what the org is asked for. UnusedSince is not among it, because an org
// may refuse ranges.
func (f OauthTokenFilter) where() conditions {
	var where conditions
	if f.AppName != "" {
		where.add("AppName = %s", quote(f.AppName))
	}
	if f.UserIDs != nil {
		where.add("UserId IN %s", oneOf(f.UserIDs))
	}
	if f.NotUserID != "" {
		where.add("UserId != %s", quote(f.NotUserID))
	}
	return where
}

// means reports whether a row that the org yields for where is meant.
func (f OauthTokenFilter) means(token OauthToken) bool {
	return f.UnusedSince == nil || token.LastUsed == nil || token.LastUsed.Before(*f.UnusedSince)
}

// parts are filters that mean the same together, each short enough for a query.
func (f OauthTokenFilter) parts() []OauthTokenFilter {
	if f.UserIDs == nil {
		return []OauthTokenFilter{f}
	}
	var parts []OauthTokenFilter
	for ids := range slices.Chunk(distinctIDs(f.UserIDs), valuesAsked) {
		parts = append(parts, f.of(ids))
	}
	return parts
}

// of is the filter for those of the rows that are of some of its users.
func (f OauthTokenFilter) of(userIDs []string) OauthTokenFilter {
	f.UserIDs = userIDs
	return f
}
