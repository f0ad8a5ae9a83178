package salesforcetest

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest/soql"
)

// Limits of queries: rows of one answer and, for OauthToken, of one answer and
// of one query with all its answers (Object Reference, "OauthToken"); OFFSET;
// bytes of a URI.
const (
	batchRows           = 2000
	oauthTokenBatchRows = 500
	oauthTokenQueryRows = 2500
	maxOffset           = 2000
	maxURI              = 16384
)

// cursorsKept is how many of the latest queries can be paged through.
const cursorsKept = 100

// QueryRules are readings of Salesforce's documents on which nobody's traffic
// decides. The zero value is the most generous one.
type QueryRules struct {
	// OffsetFirstBatch has a query with OFFSET return its first batch only, and
	// say that it is done ("SOQL and SOSL Reference", "OFFSET").
	OffsetFirstBatch bool

	// OffsetLimited refuses an OFFSET above 2,000: 400
	// NUMBER_OUTSIDE_VALID_RANGE.
	OffsetLimited bool

	// These refuse parts of a query of OauthToken: 400 INVALID_FIELD or
	// MALFORMED_QUERY.
	NoOrderBy bool
	NoRanges  bool // <, <=, > and >=
	NoCount   bool

	// FreshDeleteTokens gives each row another delete token in each query. All
	// of them are valid.
	FreshDeleteTokens bool

	// NullDeleteTokens gives every so many-th refresh token, counted from the
	// first that the org made, no delete token: 1 gives none to any. Such a
	// token stays alive whatever a client does with its row.
	NullDeleteTokens int
}

// Readings returns, by name, the most generous QueryRules, each of the others by
// itself, all pairs of them, and all at once. The names of pairs hold a comma.
func Readings() map[string]QueryRules {
	single := []struct {
		name string
		set  func(*QueryRules)
	}{
		{"first batch only", func(r *QueryRules) { r.OffsetFirstBatch = true }},
		{"offset limited", func(r *QueryRules) { r.OffsetLimited = true }},
		{"no order", func(r *QueryRules) { r.NoOrderBy = true }},
		{"no ranges", func(r *QueryRules) { r.NoRanges = true }},
		{"no count", func(r *QueryRules) { r.NoCount = true }},
		{"fresh delete tokens", func(r *QueryRules) { r.FreshDeleteTokens = true }},
		{"some without delete token", func(r *QueryRules) { r.NullDeleteTokens = 7 }},
	}
	readings := map[string]QueryRules{"as it comes": {}}
	var all QueryRules
	for i, one := range single {
		var rules QueryRules
		one.set(&rules)
		one.set(&all)
		readings[one.name] = rules
		for _, other := range single[:i] {
			both := rules
			other.set(&both)
			readings[other.name+", "+one.name] = both
		}
	}
	readings["all at once"] = all
	return readings
}

// check returns why the org refuses a query, or nil.
func (r QueryRules) check(q *soql.Query) *soql.Error {
	if r.OffsetLimited && q.Offset != nil && *q.Offset > maxOffset {
		return &soql.Error{Code: "NUMBER_OUTSIDE_VALID_RANGE", Message: fmt.Sprintf("Maximum SOQL offset allowed is %d", maxOffset)}
	}
	if q.Object.Name != oauthTokenObject {
		return nil
	}
	switch {
	case r.NoCount && q.Count:
		return &soql.Error{Code: "MALFORMED_QUERY", Message: "COUNT() is not supported for OauthToken"}
	case r.NoOrderBy && len(q.OrderBy) > 0:
		return &soql.Error{Code: "MALFORMED_QUERY", Message: fmt.Sprintf("field '%s' can not be sorted in a query call", q.OrderBy[0])}
	case r.NoRanges && len(q.Ranges) > 0:
		return &soql.Error{Code: "INVALID_FIELD", Message: "a range is not supported for OauthToken"}
	}
	return nil
}

// serveQuery is the query resource of the REST API.
func (o *Org) serveQuery(w http.ResponseWriter, r *http.Request, session Token) {
	if len(r.RequestURI) > maxURI {
		writeText(w, http.StatusRequestURITooLong, "URI Too Long")
		return
	}
	q, err := o.parseQuery(r)
	var refused *soql.Error
	if errors.As(err, &refused) {
		writeAPIError(w, http.StatusBadRequest, refused.Code, refused.Message)
		return
	}
	if r.URL.Query().Get("columns") == "true" {
		writeJSON(w, http.StatusOK, columns(q))
		return
	}

	rows := q.Run(o.rows(q.Object.Name, session))
	if q.Count {
		writeJSON(w, http.StatusOK, map[string]any{"totalSize": len(rows), "done": true, "records": []any{}})
		return
	}
	c := &cursor{query: q, rows: rows, batch: batchRows}
	if q.Object.Name == oauthTokenObject {
		c.batch = oauthTokenBatchRows
		c.rows = c.rows[:min(len(c.rows), oauthTokenQueryRows)]
	}
	if q.Offset != nil && o.config.Query.OffsetFirstBatch {
		c.rows = c.rows[:min(len(c.rows), c.batch)]
	}
	if len(c.rows) > c.batch {
		o.mu.Lock()
		o.cursors.add(c)
		o.mu.Unlock()
	}
	c.writePage(w, r, 0)
}

// parseQuery returns the query of a request, or the *soql.Error that refuses it.
func (o *Org) parseQuery(r *http.Request) (*soql.Query, error) {
	q, err := soql.Parse(r.URL.Query().Get("q"), objects(apiVersion(r.PathValue("version"))))
	if err != nil {
		return nil, err
	}
	if o.config.NoQuery && q.Object.Name == oauthTokenObject {
		return nil, &soql.Error{Code: "INVALID_TYPE", Message: "sObject type 'OauthToken' is not supported."}
	}
	if refused := o.config.Query.check(q); refused != nil {
		return nil, refused
	}
	return q, nil
}

// serveQueryMore is a further page of a query, at nextRecordsUrl.
func (o *Org) serveQueryMore(w http.ResponseWriter, r *http.Request, _ Token) {
	id, start, _ := strings.Cut(r.PathValue("cursor"), "-")
	offset, err := strconv.Atoi(start)
	o.mu.Lock()
	c := o.cursors.byID[id]
	o.mu.Unlock()
	if c == nil || err != nil || offset < 0 || offset >= len(c.rows) {
		writeAPIError(w, http.StatusBadRequest, "INVALID_QUERY_LOCATOR", "invalid query locator")
		return
	}
	c.writePage(w, r, offset)
}

// A cursor is what a query has found, as it was then.
type cursor struct {
	id    string
	query *soql.Query
	rows  []soql.Row
	batch int // how many rows an answer has
}

func (c *cursor) writePage(w http.ResponseWriter, r *http.Request, offset int) {
	end := min(offset+c.batch, len(c.rows))
	version := r.PathValue("version")
	records := make([]map[string]any, 0, end-offset)
	for _, row := range c.rows[offset:end] {
		records = append(records, record(c.query.Object, c.query.Selected, row, version))
	}
	page := map[string]any{"totalSize": len(c.rows), "done": end == len(c.rows), "records": records}
	if end < len(c.rows) {
		page["nextRecordsUrl"] = fmt.Sprintf("%s/%s/query/%s-%d", DataPath, version, c.id, end)
	}
	writeJSON(w, http.StatusOK, page)
}

// record returns the JSON form of a row: the selected fields and "attributes".
func record(object soql.Object, selected []int, row soql.Row, version string) map[string]any {
	id, _ := row[0].(soql.RecordID) // Every object starts with Id, which may be null.
	url := fmt.Sprintf("%s/%s/sobjects/%s/%s", DataPath, version, object.Name, cmp.Or(id, "000000000000000AAA"))
	result := map[string]any{"attributes": map[string]string{"type": object.Name, "url": url}}
	for _, i := range selected {
		value := row[i]
		if t, ok := value.(time.Time); ok {
			value = dateTime(t)
		}
		result[object.Fields[i].Name] = value
	}
	return result
}

// dateTime is how the data API writes a time.
func dateTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000-0700") }

// columns describes the selected fields. The sf CLI asks for it with
// columns=true before it shows a table.
func columns(q *soql.Query) map[string]any {
	result := []map[string]any{}
	for _, i := range q.Selected {
		f := q.Object.Fields[i]
		result = append(result, map[string]any{
			"columnName":  f.Name,
			"displayName": f.Name,
			"aggregate":   false,
			"custom":      false,
			"booleanType": f.Type == soql.Boolean,
			"numberType":  f.Type == soql.Int,
			"textType":    f.Type == soql.String || f.Type == soql.ID,
			"joinColumns": []any{},
		})
	}
	return map[string]any{"entityName": q.Object.Name, "columnMetadata": result}
}

// A cursorStore holds the latest cursors by their ID. The org's mutex guards it.
type cursorStore struct {
	byID  map[string]*cursor
	order []string
}

func (s *cursorStore) add(c *cursor) {
	c.id = "01g" + rand.Text()[:12]
	if len(s.order) == cursorsKept {
		delete(s.byID, s.order[0])
		s.order = s.order[1:]
	}
	s.byID[c.id] = c
	s.order = append(s.order, c.id)
}
