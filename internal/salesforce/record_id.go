package salesforce

import "errors"

var recordID = lazyRegexp(`^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$`)

// CheckUserID refuses what is not the id of a record: 15 characters, or 18.
func CheckUserID(id string) error {
	if !recordID().MatchString(id) {
		return errors.New("is not the id of a user: 15 or 18 letters and digits, such as 0055g000001AbCdAAK")
	}
	return nil
}

// SameID reports whether two ids, of 15 or 18 characters, are of one record.
func SameID(a, b string) bool {
	return a != "" && a[:min(len(a), 15)] == b[:min(len(b), 15)]
}

// checkRecordID refuses an id that has no place in a path.
func checkRecordID(id string) error {
	if !recordID().MatchString(id) {
		return errors.New("the org's id of a record has a form that none has")
	}
	return nil
}
