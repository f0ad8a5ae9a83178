// Package soql parses queries in SOQL, Salesforce's query language, and runs
// them over rows in memory. It knows SELECT of fields or COUNT(), WHERE, ORDER
// BY, LIMIT and OFFSET as the "SOQL and SOSL Reference" describes them; it has
// no relationships and no aggregates.
package soql

import (
	"fmt"
	"slices"
)

// A Type decides which literals a field can be compared with.
type Type string

// The types of a field, and what a [Row] holds for them.
const (
	ID       Type = "id"       // RecordID
	String   Type = "string"   // string
	DateTime Type = "dateTime" // time.Time
	Int      Type = "int"      // int
	Boolean  Type = "boolean"  // bool
)

// An Object is what can be queried.
type Object struct {
	Name   string
	Fields []Field
}

// A Field is a column of an object.
type Field struct {
	Name string
	Type Type
}

// A Row holds the values of an object's fields, in their order. A nil is null.
type Row []any

// A Query is a parsed query. Its exported fields tell what the query uses, so
// that an org can refuse what it does not support.
type Query struct {
	Object   Object
	Count    bool     // SELECT COUNT()
	Selected []int    // indexes into Object.Fields; nil with Count
	Ranges   []string // fields that <, <=, > or >= compares in WHERE
	OrderBy  []string // fields of ORDER BY
	Limit    *int     // nil if there is no LIMIT
	Offset   *int     // nil if there is no OFFSET

	where func(Row) bool
	order []func(a, b Row) int
}

// Run returns the rows that match, in order, after OFFSET and LIMIT.
func (q *Query) Run(rows []Row) []Row {
	var result []Row
	for _, r := range rows {
		if q.where == nil || q.where(r) {
			result = append(result, r)
		}
	}
	slices.SortStableFunc(result, func(a, b Row) int {
		for _, compare := range q.order {
			if c := compare(a, b); c != 0 {
				return c
			}
		}
		return 0
	})
	if q.Offset != nil {
		result = result[min(*q.Offset, len(result)):]
	}
	if q.Limit != nil {
		result = result[:min(*q.Limit, len(result))]
	}
	return result
}

// An Error is what the REST API answers to a query that it refuses.
type Error struct {
	Code    string // the "errorCode", such as MALFORMED_QUERY
	Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func malformed(format string, args ...any) error {
	return &Error{"MALFORMED_QUERY", fmt.Sprintf(format, args...)}
}
