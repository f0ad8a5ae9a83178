package salesforce

import (
	"context"
	"errors"
	"iter"
	"time"
)

// rereadings is how often a listing that came out short is read again.
const rereadings = 2

// An OauthToken is a row of the object of that name: a valid refresh token.
type OauthToken struct {
	AppName  string
	UserID   string
	LastUsed *time.Time // nil if never
	UseCount int64

	// DeleteToken revokes the refresh token and its access tokens. It may be
	// empty: such a token is alive, and cannot be revoked by its row. It may be
	// another one in each query.
	DeleteToken Secret
}

// OauthTokens returns all rows that a filter means, by user. A listing that is
// short, because tokens come and go meanwhile, is read again; it is an
// *IncompleteError if it stays so.
//
// A user without the permission "Customize Application" gets their own rows
// only, and the org does not say so.
func (a *API) OauthTokens(ctx context.Context, filter OauthTokenFilter) ([]OauthToken, error) {
	var incomplete *IncompleteError
	for reading := 0; ; reading++ {
		var tokens []OauthToken
		var last error
		for token, err := range a.ListOauthTokens(ctx, filter) {
			if last = err; err == nil {
				tokens = append(tokens, token)
			}
		}
		if last == nil {
			return tokens, nil
		}
		if !errors.As(last, &incomplete) || reading == rereadings {
			return nil, last
		}
	}
}

// ListOauthTokens yields the rows that a filter means, each once, as they come,
// so that tokens can be revoked while it goes on. It ends with an
// *IncompleteError if it has yielded fewer than the org counts in the end, or,
// if the org does not count them, than it lists then.
func (a *API) ListOauthTokens(ctx context.Context, filter OauthTokenFilter) iter.Seq2[OauthToken, error] {
	return func(yield func(OauthToken, error) bool) {
		listed := 0
		err := a.list(ctx, filter, func(token OauthToken) bool {
			listed++
			return !filter.means(token) || yield(token, nil)
		})
		if errors.Is(err, errEnough) {
			return
		}
		var counted int
		if err == nil {
			counted, err = a.countAll(ctx, filter)
		}
		if err == nil && listed < counted {
			err = &IncompleteError{What: "tokens", Listed: listed, Counted: counted}
		}
		if err != nil {
			yield(OauthToken{}, err)
		}
	}
}

// CountOauthTokens returns how many rows a filter means.
func (a *API) CountOauthTokens(ctx context.Context, filter OauthTokenFilter) (int, error) {
	if filter.UnusedSince == nil {
		return a.countAll(ctx, filter)
	}
	tokens, err := a.OauthTokens(ctx, filter)
	return len(tokens), err
}

// HasOauthTokens reports whether there are any rows, whenever they were used.
func (a *API) HasOauthTokens(ctx context.Context, filter OauthTokenFilter) (bool, error) {
	for _, part := range filter.parts() {
		rows, err := a.window(ctx, part.where(), " LIMIT 1")
		if err != nil {
			return false, err
		}
		if len(rows) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// countAll counts the rows of a filter, whenever they were used. Where the org
// refuses to count, it lists.
func (a *API) countAll(ctx context.Context, filter OauthTokenFilter) (int, error) {
	total := 0
	for _, part := range filter.parts() {
		n, err := a.count(ctx, "OauthToken", part.where())
		if isQueryRefused(err) {
			n = 0
			err = a.list(ctx, part, func(OauthToken) bool { n++; return true })
		}
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

type oauthTokenRecord struct {
	AppName, UserID, DeleteToken string // empty for null
	LastUsedDate                 *timestamp
	UseCount                     int64
}

// window returns the rows of one query, of which there are windowRows at most.
// It never asks for AccessToken, which holds the refresh token.
func (a *API) window(ctx context.Context, where conditions, order string) ([]OauthToken, error) {
	records, _, err := query[oauthTokenRecord](ctx, a,
		"SELECT AppName, UserId, LastUsedDate, UseCount, DeleteToken FROM OauthToken"+where.String()+order)
	tokens := make([]OauthToken, len(records))
	for i, record := range records {
		tokens[i] = OauthToken{
			AppName:     record.AppName,
			UserID:      record.UserID,
			UseCount:    record.UseCount,
			DeleteToken: NewSecret(record.DeleteToken),
		}
		if record.LastUsedDate != nil {
			tokens[i].LastUsed = &record.LastUsedDate.Time
		}
	}
	return tokens, err
}
