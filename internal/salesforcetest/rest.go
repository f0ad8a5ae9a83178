package salesforcetest

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
)

// session lets a request with a living session through to next.
func (o *Org) session(next func(http.ResponseWriter, *http.Request, Token)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, ok := o.useSession(bearer(r))
		if !ok {
			writeAPIError(w, http.StatusUnauthorized, "INVALID_SESSION_ID", "Session expired or invalid")
			return
		}
		if version := r.PathValue("version"); version != "" && apiVersion(version) == 0 {
			writeNotFound(w)
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

// The API versions that an org lists.
const (
	firstVersion = 31
	lastVersion  = 66
)

func (o *Org) serveVersions(w http.ResponseWriter, _ *http.Request) {
	var versions []map[string]string
	for version := firstVersion; version <= lastVersion; version++ {
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
		"identity": baseURL(r) + "/id/" + o.config.OrganizationID + "/" + session.UserID,
		"query":    base + "/query",
		"sobjects": base + "/sobjects",
	})
}

// writeAPIError writes an error of the data API: an array of one.
func writeAPIError(w http.ResponseWriter, status int, code, message string) {
	writeJSON(w, status, []map[string]string{{"message": message, "errorCode": code}})
}

// APIError answers with an error of the data API, such as 403
// REQUEST_LIMIT_EXCEEDED. Nothing is done.
func APIError(status int, code, message string) Fault {
	return answer(func(w http.ResponseWriter, _ *http.Request) { writeAPIError(w, status, code, message) })
}

func writeNotFound(w http.ResponseWriter) {
	writeAPIError(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
}
