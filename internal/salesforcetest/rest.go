package salesforcetest

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Limits of the data API: rows of one answer and of one query of OauthToken
// (Object Reference, "OauthToken"), bytes of a URI, and the first API version
// that has the object.
const (
	pageRows          = 500
	queryRows         = 2500
	maxURI            = 16384
	oauthTokenVersion = 32
)

// cursorsKept is how many of the latest queries can be paged through.
const cursorsKept = 100

// schemas are the objects that can be queried.
var schemas = map[string][]field{
	"OauthToken": {
		{"Id", idField}, {"AccessToken", stringField}, {"AppMenuItemId", idField},
		{"AppName", stringField}, {"DeleteToken", stringField}, {"LastUsedDate", dateTimeField},
		{"RequestToken", stringField}, {"UseCount", intField}, {"UserId", idField},
	},
	"Organization": {
		{"Id", idField}, {"Name", stringField}, {"InstanceName", stringField},
		{"NamespacePrefix", stringField}, {"OrganizationType", stringField},
		{"IsSandbox", booleanField}, {"TrialExpirationDate", dateTimeField},
	},
	"User": {
		{"Id", idField}, {"Username", stringField}, {"Name", stringField}, {"Email", stringField},
	},
}

func (o *Org) rows(object string, session Token) []row {
	switch object {
	case "OauthToken":
		return o.oauthTokens(session)
	case "Organization":
		return []row{{recordKey(orgID), "Simulated Org", "SIM1", nil, "Developer Edition", false, nil}}
	default:
		return []row{o.user(session.UserID)}
	}
}

func (o *Org) user(id string) row {
	return row{recordKey(id), o.username(id), "Simulated User", o.username(id)}
}

// oauthTokens returns a row for each refresh token that lives and that the user
// of the session may see.
func (o *Org) oauthTokens(session Token) []row {
	o.mu.Lock()
	defer o.mu.Unlock()
	var rows []row
	for _, t := range o.tokens.all {
		if t.Kind != RefreshToken || !t.Alive || o.config.OwnRowsOnly && t.UserID != session.UserID {
			continue
		}
		var lastUsed any
		if !t.LastUsed.IsZero() {
			lastUsed = t.LastUsed
		}
		rows = append(rows, row{nil, t.Value, nil, t.AppName, t.DeleteToken, lastUsed, nil, t.UseCount, recordKey(t.UserID)})
	}
	return rows
}

// session lets a request with a living session through to next.
func (o *Org) session(next func(http.ResponseWriter, *http.Request, Token)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, ok := o.useSession(bearer(r))
		if !ok {
			writeAPIError(w, http.StatusUnauthorized, "INVALID_SESSION_ID", "Session expired or invalid")
			return
		}
		if version := r.PathValue("version"); version != "" && apiVersion(version) == 0 {
			writeAPIError(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
			return
		}
		next(w, r, t)
	})
}

var versionPattern = regexp.MustCompile(`^v([1-9][0-9]{0,2})\.0$`)

// apiVersion returns 64 for "v64.0", and 0 for what is no version.
func apiVersion(segment string) int {
	match := versionPattern.FindStringSubmatch(segment)
	if match == nil {
		return 0
	}
	version, _ := strconv.Atoi(match[1]) // at most three digits
	return version
}

func (o *Org) serveVersions(w http.ResponseWriter, _ *http.Request) {
	var versions []map[string]string
	for version := oauthTokenVersion; version <= 66; version++ {
		versions = append(versions, map[string]string{
			"label":   fmt.Sprintf("API %d", version),
			"url":     fmt.Sprintf("%s/v%d.0", DataPath, version),
			"version": fmt.Sprintf("%d.0", version),
		})
	}
	writeJSON(w, http.StatusOK, versions)
}

func (o *Org) serveResources(w http.ResponseWriter, r *http.Request, session Token) {
	base := DataPath + "/" + r.PathValue("version")
	writeJSON(w, http.StatusOK, map[string]string{
		"identity": baseURL(r) + "/id/" + orgID + "/" + session.UserID,
		"query":    base + "/query",
		"sobjects": base + "/sobjects",
	})
}

func (o *Org) serveUser(w http.ResponseWriter, r *http.Request, session Token) {
	if id := r.PathValue("id"); id != session.UserID && id != session.UserID[:15] {
		writeAPIError(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
		return
	}
	q := &soqlQuery{object: "User", schema: schemas["User"], fields: []int{0, 1, 2, 3}}
	writeJSON(w, http.StatusOK, q.record(o.user(session.UserID), r.PathValue("version")))
}

// serveQuery is the query resource of the REST API.
func (o *Org) serveQuery(w http.ResponseWriter, r *http.Request, session Token) {
	if len(r.RequestURI) > maxURI {
		writeText(w, http.StatusRequestURITooLong, "URI Too Long")
		return
	}
	q, err := parseSOQL(r.URL.Query().Get("q"), schemas)
	if err == nil && q.object == "OauthToken" && (o.config.NoQuery || apiVersion(r.PathValue("version")) < oauthTokenVersion) {
		err = &soqlError{"INVALID_TYPE", "sObject type 'OauthToken' is not supported."}
	}
	var soqlErr *soqlError
	if errors.As(err, &soqlErr) {
		writeAPIError(w, http.StatusBadRequest, soqlErr.code, soqlErr.message)
		return
	}
	if r.URL.Query().Get("columns") == "true" {
		writeJSON(w, http.StatusOK, q.columns())
		return
	}

	rows := q.run(o.rows(q.object, session))
	if q.count {
		writeJSON(w, http.StatusOK, map[string]any{"totalSize": len(rows), "done": true, "records": []any{}})
		return
	}
	if q.object == "OauthToken" {
		rows = rows[:min(len(rows), queryRows)]
	}
	c := &cursor{query: q, rows: rows}
	if len(rows) > pageRows {
		o.mu.Lock()
		o.cursors.add(c)
		o.mu.Unlock()
	}
	c.writePage(w, r, 0)
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
	query *soqlQuery
	rows  []row
}

func (c *cursor) writePage(w http.ResponseWriter, r *http.Request, offset int) {
	end := min(offset+pageRows, len(c.rows))
	version := r.PathValue("version")
	records := make([]map[string]any, 0, end-offset)
	for _, found := range c.rows[offset:end] {
		records = append(records, c.query.record(found, version))
	}
	page := map[string]any{"totalSize": len(c.rows), "done": end == len(c.rows), "records": records}
	if end < len(c.rows) {
		page["nextRecordsUrl"] = fmt.Sprintf("%s/%s/query/%s-%d", DataPath, version, c.id, end)
	}
	writeJSON(w, http.StatusOK, page)
}

// record returns the JSON form of a row: the selected fields and "attributes".
func (q *soqlQuery) record(found row, version string) map[string]any {
	id, _ := found[0].(recordKey) // Every schema starts with Id, which may be null.
	url := fmt.Sprintf("%s/%s/sobjects/%s/%s", DataPath, version, q.object, cmp.Or(id, "000000000000000AAA"))
	record := map[string]any{"attributes": map[string]string{"type": q.object, "url": url}}
	for _, i := range q.fields {
		value := found[i]
		if t, ok := value.(time.Time); ok {
			value = t.UTC().Format("2006-01-02T15:04:05.000-0700")
		}
		record[q.schema[i].name] = value
	}
	return record
}

// columns describes the selected fields. The sf CLI asks for it with
// columns=true before it shows a table.
func (q *soqlQuery) columns() map[string]any {
	columns := []map[string]any{}
	for _, i := range q.fields {
		f := q.schema[i]
		columns = append(columns, map[string]any{
			"columnName":  f.name,
			"displayName": f.name,
			"aggregate":   false,
			"custom":      false,
			"booleanType": f.typ == booleanField,
			"numberType":  f.typ == intField,
			"textType":    f.typ == stringField || f.typ == idField,
			"joinColumns": []any{},
		})
	}
	return map[string]any{"entityName": q.object, "columnMetadata": columns}
}

// writeAPIError writes an error of the data API: an array of one.
func writeAPIError(w http.ResponseWriter, status int, code, message string) {
	writeJSON(w, status, []map[string]string{{"message": message, "errorCode": code}})
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
