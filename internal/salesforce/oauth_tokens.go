package salesforce

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// DefaultAPIVersion is of Summer '25. An org knows all versions before its own.
const DefaultAPIVersion = "v64.0"

// Limits of the REST API and of queries for OauthToken (Object Reference,
// "OauthToken"; a URI may have 16 KB).
const (
	windowRows   = 2500    // of one query, all its pages together
	userIDsAsked = 300     // in one query; each takes 27 bytes of the URI
	maxPage      = 8 << 20 // bytes; 500 rows take about 250 KB
)

// rereadings is how often a listing that came out short is read again.
const rereadings = 2

var apiVersion = regexp.MustCompile(`^v?([1-9][0-9]{1,2}\.0)$`)

// ParseAPIVersion checks a version of the REST API, such as 62.0 or v62.0, and
// returns it with the v.
func ParseAPIVersion(s string) (string, error) {
	match := apiVersion.FindStringSubmatch(s)
	if match == nil {
		return "", errors.New("is not a version of the REST API, such as 62.0 or v62.0")
	}
	return "v" + match[1], nil
}

var recordID = regexp.MustCompile(`^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$`)

// CheckUserID refuses what is not the id of a record: 15 characters, or 18.
func CheckUserID(id string) error {
	if !recordID.MatchString(id) {
		return errors.New("is not the id of a user: 15 or 18 letters and digits, such as 0055g000001AbCdAAK")
	}
	return nil
}

// SameID reports whether two ids, of 15 or 18 characters, are of one record.
func SameID(a, b string) bool {
	return a != "" && b != "" && a[:min(len(a), 15)] == b[:min(len(b), 15)]
}

// An OauthToken is a row of the object of that name: a refresh token that lives.
type OauthToken struct {
	AppName     string
	UserID      string
	LastUsed    time.Time // zero if never
	UseCount    int64
	DeleteToken Secret // Revoke of it ends the refresh token and its access tokens
}

// An OauthTokenFilter says which rows are meant; the zero value means all. What
// it holds is compared as SOQL does, so letter case in AppName counts for nothing.
type OauthTokenFilter struct {
	AppName     string
	UserIDs     []string // those only, as CheckUserID accepts them
	NotUserID   string   // not that one
	UnusedSince time.Time
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

// where is the filter's clause in SOQL, or empty.
func (f OauthTokenFilter) where(conditions ...string) string {
	if f.AppName != "" {
		conditions = append(conditions, "AppName = "+quote(f.AppName))
	}
	if f.UserIDs != nil {
		quoted := make([]string, len(f.UserIDs))
		for i, id := range f.UserIDs {
			quoted[i] = quote(id)
		}
		conditions = append(conditions, "UserId IN ("+strings.Join(quoted, ",")+")")
	}
	if f.NotUserID != "" {
		conditions = append(conditions, "UserId != "+quote(f.NotUserID))
	}
	if !f.UnusedSince.IsZero() {
		date := f.UnusedSince.UTC().Format("2006-01-02T15:04:05Z")
		conditions = append(conditions, "(LastUsedDate < "+date+" OR LastUsedDate = null)")
	}
	if len(conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// split returns filters that mean the same together, each short enough for a URI.
func (f OauthTokenFilter) split() []OauthTokenFilter {
	if len(f.UserIDs) <= userIDsAsked {
		return []OauthTokenFilter{f}
	}
	var parts []OauthTokenFilter
	for ids := range slices.Chunk(f.UserIDs, userIDsAsked) {
		part := f
		part.UserIDs = ids
		parts = append(parts, part)
	}
	return parts
}

// quote makes a literal of SOQL ("SOQL and SOSL Reference", "Quoted String
// Escape Sequences").
func quote(s string) string {
	var literal strings.Builder
	literal.WriteByte('\'')
	for _, r := range s {
		switch {
		case r == '\'' || r == '\\' || r == '"':
			literal.WriteByte('\\')
			literal.WriteRune(r)
		case unicode.IsControl(r):
			fmt.Fprintf(&literal, `\u%04x`, r)
		default:
			literal.WriteRune(r)
		}
	}
	literal.WriteByte('\'')
	return literal.String()
}

// OauthTokens is the object of that name in an org. It lists all rows to a user
// with the permission "Customize Application", and to anybody else only their
// own, without saying so. Errors are as of Revoke, or those of Session.
type OauthTokens struct {
	Client     *Client
	APIVersion string // as ParseAPIVersion returns it

	// Session returns what to query with. It is called again with a session
	// that the org refuses, and returns the same one if there is no other.
	Session func(ctx context.Context, refused *Session) (*Session, error)
}

// Count returns how many rows there are.
func (o *OauthTokens) Count(ctx context.Context, filter OauthTokenFilter) (int, error) {
	total := 0
	for _, part := range filter.split() {
		page, err := o.page(ctx, o.queryPath("SELECT COUNT() FROM OauthToken"+part.where()))
		if err != nil {
			return 0, err
		}
		total += *page.TotalSize
	}
	return total, nil
}

// All returns each row once, of which there may be any number. A listing of
// several windows is complete only if nothing moved meanwhile: it is read again
// if the org counts more, and yields an error if it stays short.
func (o *OauthTokens) All(ctx context.Context, filter OauthTokenFilter) iter.Seq2[OauthToken, error] {
	return func(yield func(OauthToken, error) bool) {
		seen := make(map[[sha256.Size]byte]struct{})
		for reading := 0; ; reading++ {
			windows := 0
			for w := o.First(filter); w != nil; w = w.Next() {
				windows++
				for token, err := range w.Rows(ctx) {
					sum := sha256.Sum256([]byte(token.DeleteToken.Reveal()))
					if _, again := seen[sum]; again && err == nil {
						continue
					}
					seen[sum] = struct{}{}
					if !yield(token, err) || err != nil {
						return
					}
				}
			}
			if windows == 1 {
				return
			}
			total, err := o.Count(ctx, filter)
			if err == nil && len(seen) >= total {
				return
			}
			if err == nil && reading == rereadings {
				err = &IncompleteError{Listed: len(seen), Counted: total}
			}
			if err != nil {
				yield(OauthToken{}, err)
				return
			}
		}
	}
}

// An IncompleteError says that the org counts more rows than it lists.
type IncompleteError struct{ Listed, Counted int }

func (e *IncompleteError) Error() string {
	return fmt.Sprintf("the org lists %d of the %d tokens that it counts", e.Listed, e.Counted)
}

// A Window is as many rows as the org yields for one query. Windows are laid
// one after another by user, as the Object Reference advises, and by OFFSET
// among the rows of the user at whom the last one ended: those are few, and
// SOQL's own limit for OFFSET is 2,000.
type Window struct {
	tokens *OauthTokens
	parts  []OauthTokenFilter // of which this window is of the first
	userID string             // at whom it begins; empty for the first of all
	skip   int                // how many rows of that user lie before it

	rows     int    // that it had when it was read last
	lastUser string // of those rows, and how many are theirs
	lastRows int
}

// First returns the first window on the rows of a filter.
func (o *OauthTokens) First(filter OauthTokenFilter) *Window {
	return &Window{tokens: o, parts: filter.split()}
}

// Rows asks the org for the rows, page by page as they are needed. It may be
// called again, and asks anew then. An error is the last that it yields.
func (w *Window) Rows(ctx context.Context) iter.Seq2[OauthToken, error] {
	return func(yield func(OauthToken, error) bool) {
		w.rows, w.lastUser, w.lastRows = 0, w.userID, w.skip
		for path := w.tokens.queryPath(w.soql()); path != ""; {
			page, err := w.tokens.page(ctx, path)
			if err != nil {
				yield(OauthToken{}, err)
				return
			}
			for _, token := range page.tokens {
				w.rows++
				if token.UserID != w.lastUser {
					w.lastUser, w.lastRows = token.UserID, 0
				}
				w.lastRows++
				if !yield(token, nil) {
					return
				}
			}
			path = page.next
		}
	}
}

// soql never asks for AccessToken, which holds the refresh token.
func (w *Window) soql() string {
	var from []string
	if w.userID != "" {
		from = append(from, "UserId >= "+quote(w.userID))
	}
	return fmt.Sprintf("SELECT AppName, UserId, LastUsedDate, UseCount, DeleteToken FROM OauthToken%s ORDER BY UserId, DeleteToken LIMIT %d OFFSET %d",
		w.parts[0].where(from...), windowRows, w.skip)
}

// Next returns the window behind this one, which must have been read to its
// end, or nil if there is none.
func (w *Window) Next() *Window {
	if w.rows >= windowRows {
		return &Window{tokens: w.tokens, parts: w.parts, userID: w.lastUser, skip: w.lastRows}
	}
	if len(w.parts) > 1 {
		return &Window{tokens: w.tokens, parts: w.parts[1:]}
	}
	return nil
}

func (o *OauthTokens) queryPath(soql string) string {
	return dataPath + o.APIVersion + "/query?q=" + url.QueryEscape(soql)
}

const dataPath = "/services/data/"

// A queryPage is an answer of the query resource (REST API Developer Guide,
// "Query").
type queryPage struct {
	TotalSize      *int
	NextRecordsURL string
	Records        []struct {
		AppName, UserID, LastUsedDate, DeleteToken *string
		UseCount                                   *int64
	}

	tokens []OauthToken
	next   string // path of the next page; empty if this is the last
}

// page asks for a page, and once more if the org gives another session for the
// one that it refuses.
func (o *OauthTokens) page(ctx context.Context, path string) (*queryPage, error) {
	session, err := o.Session(ctx, nil)
	if err != nil {
		return nil, err
	}
	page, err := o.Client.queryPage(ctx, session, path)
	if !IsSessionRefused(err) {
		return page, err
	}
	other, otherErr := o.Session(ctx, session)
	if otherErr != nil {
		return nil, otherErr
	}
	if other == session {
		return nil, err
	}
	return o.Client.queryPage(ctx, other, path)
}

// IsSessionRefused reports whether an error says that the session is over.
func IsSessionRefused(err error) bool {
	var response *ResponseError
	return errors.As(err, &response) && response.Status == http.StatusUnauthorized
}

func (c *Client) queryPage(ctx context.Context, session *Session, path string) (*queryPage, error) {
	answer, err := c.getData(ctx, session, path)
	if err != nil {
		return nil, err
	}
	page := new(queryPage)
	if err := json.Unmarshal(answer.body, page); err != nil || page.TotalSize == nil {
		return nil, answer.unexpected()
	}
	page.next = page.NextRecordsURL
	if page.next != "" && !isDataPath(page.next) {
		return nil, answer.unexpected()
	}
	page.tokens = make([]OauthToken, len(page.Records))
	for i, record := range page.Records {
		token := &page.tokens[i]
		token.AppName, token.UserID, token.DeleteToken = value(record.AppName), value(record.UserID), NewSecret(value(record.DeleteToken))
		token.UseCount = value(record.UseCount)
		if record.LastUsedDate != nil {
			if token.LastUsed, err = time.Parse("2006-01-02T15:04:05Z0700", *record.LastUsedDate); err != nil {
				return nil, answer.unexpected()
			}
		}
	}
	page.Records = nil
	return page, nil
}

// isDataPath accepts a path of the REST API and nothing else, such as a URL of
// another host: a session goes along with the request.
func isDataPath(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.String() == u.EscapedPath() && path.Clean(u.Path) == u.Path && strings.HasPrefix(u.Path, dataPath)
}

func value[T any](pointer *T) (result T) {
	if pointer != nil {
		result = *pointer
	}
	return result
}

// getData asks the REST API, at the host of the session.
func (c *Client) getData(ctx context.Context, session *Session, path string) (*answer, error) {
	answer, err := c.send(ctx, getJSON(session.InstanceURL+path, session.AccessToken, maxPage))
	if err != nil {
		return nil, err
	}
	if answer.status != http.StatusOK || answer.brokenOff() {
		return nil, answer.failure()
	}
	return answer, nil
}

// Identify makes a session of an access token that serves at instanceURL. It
// asks the REST API whose it is, and leaves the ids empty if that does not say.
func (c *Client) Identify(ctx context.Context, instanceURL, accessToken, apiVersion string) (*Session, error) {
	session := &Session{AccessToken: NewSecret(accessToken), InstanceURL: instanceURL}
	answer, err := c.getData(ctx, session, dataPath+apiVersion)
	if err != nil {
		return nil, err
	}
	var resources struct{ Identity string }
	if err := json.Unmarshal(answer.body, &resources); err != nil {
		return nil, answer.unexpected()
	}
	session.identify(resources.Identity)
	return session, nil
}
