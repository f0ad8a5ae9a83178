package soql

import (
	"cmp"
	"regexp"
	"strings"
	"time"
)

var recordIDPattern = regexp.MustCompile(`^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$`)

// A RecordID is the ID of a record, of 15 or 18 characters. The first 15 tell
// records apart, and their case counts, unlike that of other strings.
type RecordID string

// normalValue returns a comparable value: equal in SOQL is == in Go.
func normalValue(value any) any {
	switch v := value.(type) {
	case string:
		return strings.ToLower(v)
	case RecordID:
		return v[:15]
	case time.Time:
		return v.UnixMilli()
	default:
		return v
	}
}

func equalValues(a, b any) bool { return normalValue(a) == normalValue(b) }

// compareValues orders two values of one field, neither of them null.
func compareValues(a, b any) int {
	switch a := normalValue(a).(type) {
	case string:
		return compareAs(a, normalValue(b))
	case RecordID:
		return compareAs(a, normalValue(b))
	case int64:
		return compareAs(a, normalValue(b))
	case int:
		return compareAs(a, normalValue(b))
	}
	return 0
}

func compareAs[T cmp.Ordered](a T, b any) int {
	other, _ := b.(T)
	return cmp.Compare(a, other)
}
