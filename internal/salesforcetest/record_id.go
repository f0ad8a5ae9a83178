package salesforcetest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

func userID(n int) string { return recordID("0055g", n+1) }

// recordID returns the 18-character form of the n-th record ID with this
// prefix: 15 characters, and three that tell which of those are upper case
// (Salesforce Help, "Convert 15 Digit Id to 18 Digit Id").
func recordID(prefix string, n int) string {
	id := fmt.Sprintf("%s%0*d", prefix, 15-len(prefix), n)
	var suffix strings.Builder
	for chunk := range slices.Chunk([]byte(id), 5) {
		upper := 0
		for i, c := range chunk {
			if 'A' <= c && c <= 'Z' {
				upper |= 1 << i
			}
		}
		suffix.WriteByte("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[upper])
	}
	return id + suffix.String()
}

var recordIDPattern = regexp.MustCompile(`^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$`)

func isRecordID(s string) bool { return recordIDPattern.MatchString(s) }

// sameRecord reports whether two IDs, of 15 or 18 characters, are of one record.
func sameRecord(a, b string) bool { return isRecordID(a) && isRecordID(b) && a[:15] == b[:15] }
