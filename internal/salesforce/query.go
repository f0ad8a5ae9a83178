package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// valuesAsked is how many values a query compares a field with at most. A record
// id takes 27 bytes of the URI, which may have 16 KB.
const valuesAsked = 300

// A queryPage is an answer of the query resource (REST API Developer Guide,
// "Query").
type queryPage[Record any] struct {
	TotalSize      *int
	NextRecordsURL string
	Records        []Record
}

// query returns all records that a query yields, and how many the org says they
// are.
func query[Record any](ctx context.Context, api *API, soql string) (records []Record, total int, err error) {
	for path := api.path("/query?q=" + url.QueryEscape(soql)); path != ""; {
		answer, err := api.call(ctx, http.MethodGet, path)
		if err != nil {
			return nil, 0, err
		}
		var page queryPage[Record]
		if err := answer.decode(&page); err != nil {
			return nil, 0, err
		}
		if page.TotalSize == nil || page.NextRecordsURL != "" && !isDataPath(page.NextRecordsURL) {
			return nil, 0, answer.unexpected()
		}
		records = append(records, page.Records...)
		total, path = *page.TotalSize, page.NextRecordsURL
	}
	return records, total, nil
}

// count returns how many records of an object match.
func (a *API) count(ctx context.Context, object string, where conditions) (int, error) {
	_, total, err := query[struct{}](ctx, a, "SELECT COUNT() FROM "+object+where.String())
	return total, err
}

// isQueryRefused reports whether an org that knows the object does not support a
// part of the query.
func isQueryRefused(err error) bool {
	var response *ResponseError
	return errors.As(err, &response) && response.Status == http.StatusBadRequest && response.Code != "INVALID_TYPE"
}

// conditions are joined by AND.
type conditions []string

func (c *conditions) add(format string, args ...any) {
	*c = append(*c, fmt.Sprintf(format, args...))
}

// String is the clause in SOQL, with a blank before it, or empty.
func (c conditions) String() string {
	if len(c) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c, " AND ")
}

// oneOf is what IN compares with.
func oneOf(values []string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = quote(value)
	}
	return "(" + strings.Join(quoted, ",") + ")"
}

// quote makes a literal of SOQL ("SOQL and SOSL Reference", "Quoted String
// Escape Sequences").
func quote(s string) string {
	var literal strings.Builder
	literal.WriteByte('\'')
	for _, r := range s {
		switch {
		case strings.ContainsRune(`'\"`, r):
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

// distinctIDs returns ids in order, and of those of one record the first.
func distinctIDs(ids []string) []string {
	return slices.CompactFunc(slices.Sorted(slices.Values(ids)), SameID)
}

// value is what a pointer points to, or the zero value for null.
func value[T any](pointer *T) (result T) {
	if pointer != nil {
		result = *pointer
	}
	return result
}
