package salesforcetest

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

func userID(n int) string { return recordID("0055g", n+1) }

// recordID returns the n-th record ID with this prefix, of 18 characters.
func recordID(prefix string, n int) string {
	return withSuffix(fmt.Sprintf("%s%0*d", prefix, 15-len(prefix), n))
}

// withSuffix makes 18 characters of the 15 of an ID: three more tell which of
// those are upper case (Salesforce Help, "Convert 15 Digit Id to 18 Digit Id").
func withSuffix(id string) string {
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

// NewOrganizationID returns the ID of an org that no other has, in its form of 18
// characters.
func NewOrganizationID() string {
	return withSuffix("00D5g" + rand.Text()[:10])
}
