package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// What can be said of sessions, in the three parts of diagnostics.go.

// sessionsNotEnded reports that a sweep left sessions. err is what ended it
// early, or nil.
func sessionsNotEnded(s *sessionSweep, err error, when moment) diag.Diagnostic {
	account := s.Account()
	happened := fmt.Sprintf("Ending sessions at %s: %s.", s.session.InstanceURL, account)
	cause := account.Example
	if err != nil {
		happened += fmt.Sprintf(" The work stopped early: %s.", ended(err))
		cause = err
	}
	return diag.NewErrorDiagnostic("Sessions Not Ended",
		happened+"\n\nWhat was ended stays ended; all other sessions may still be valid. "+when.kept+"\n\n"+explainSessions(cause, when))
}

// sessionsNotListed reports that the org's sessions could not be listed, before
// any was touched.
func (d *providerData) sessionsNotListed(err error, when moment) diag.Diagnostic {
	var signIn signInError
	if errors.As(err, &signIn) {
		return notSignedIn(signIn.error, d.loginURL)
	}
	return diag.NewErrorDiagnostic("Sessions Not Listed",
		fmt.Sprintf("Querying the sessions of the org: %s.\n\nNo session was ended.\n\n%s", ended(err), explainSessions(err, when)))
}

// identityNotRead reports that the org does not say whom the session is of.
func (d *providerData) identityNotRead(err error, when moment) diag.Diagnostic {
	var signIn signInError
	if errors.As(err, &signIn) {
		return notSignedIn(signIn.error, d.loginURL)
	}
	return diag.NewErrorDiagnostic("Identity Not Read",
		fmt.Sprintf("Querying the org and the user of the provider's session: %s.\n\nNothing was changed.\n\n%s", ended(err), explainSessions(err, when)))
}

// explainSessions says of an error of salesforce.API what to do.
func explainSessions(err error, when moment) string {
	var (
		response   *salesforce.ResponseError
		incomplete *salesforce.IncompleteError
		signIn     signInError
	)
	switch {
	case errors.As(err, &signIn):
		return explainListing(err, when)
	case errors.Is(err, errUnknownUser):
		return "Without that, the signed-in user's own sessions cannot be left out. Let the provider sign in by itself, or set include_own = true if these sessions may end, too."
	case errors.As(err, &incomplete):
		return "Sessions may have begun and ended while they were listed. Run again, or narrow the filters."
	case errors.As(err, &response) && !response.Temporary() && !response.BrokenOff:
		for _, known := range sessionRemedies {
			if response.Code == known.code {
				return known.remedy
			}
		}
		for _, known := range listingRemedies {
			if response.Code == known.code {
				return known.remedy
			}
		}
		return "Check that instance_url is the org's own My Domain, and that the user whom the provider signs in as has the permissions \"API Enabled\" and \"Manage Users\". Then run again."
	case errors.Is(err, context.DeadlineExceeded):
		return "Run again, or raise the resource's timeouts or the provider's max_concurrency."
	}
	return explainListing(err, when)
}

var sessionRemedies = []struct{ code, remedy string }{
	{"INVALID_TYPE", "The user may not query the object. Give the user whom the provider signs in as the permission \"API Enabled\" and, for the sessions of other users, \"Manage Users\"."},
	{"INVALID_FIELD", "The org does not know a field of the query. Set the provider's api_version to 37.0 or later."},
	{"INSUFFICIENT_ACCESS_OR_READONLY", "Give the user whom the provider signs in as the permission \"Manage Users\", which is required to end sessions of other users. Then run again."},
}

// tooManySessions reports that more sessions match than the user expects.
func tooManySessions(matched int, maxCount int64, when moment) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Too Many Sessions Match",
		fmt.Sprintf("%d sessions match, but max_count is %d.\n\nNo session was ended. %s\n\n"+
			"Check the filters: the data source salesforce_sessions lists what matches. If the number is right, raise max_count and apply; a destroy uses the max_count in the state.",
			matched, maxCount, when.kept))
}

// sessionsSpared warns of sessions that match and are left as they are.
func sessionsSpared(current, own int) diag.Diagnostic {
	happened := fmt.Sprintf("%d sessions of the signed-in user match and were not ended", current+own)
	remedy := "To end the provider's own session after the run, let the provider sign in by itself: it revokes what it signs in with. An access_token is never revoked."
	if current > 0 {
		happened += fmt.Sprintf(": %d belong to the session that the provider works with", current)
	}
	if own > 0 {
		remedy = "If the other sessions of this user are to end, too, set include_own = true, or let the provider sign in as another user. " + remedy
	}
	return diag.NewWarningDiagnostic("Own Sessions Left", happened+".\n\nThey are still valid. The counts do not include them.\n\n"+remedy)
}

// noSessionMatches warns that there was nothing to end.
func noSessionMatches() diag.Diagnostic {
	return diag.NewWarningDiagnostic("No Session Matches",
		"The org lists no session for these filters.\n\n"+
			"Either the users have none at the moment, or the filters miss them.\n\n"+
			"If you expected some, check user_ids, session_types and login_types. The data source salesforce_sessions lists the sessions of the org.")
}

// ownSessionsOnly warns that the user may not see all there is.
func ownSessionsOnly(userID string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Own Sessions Only",
		fmt.Sprintf("The org lists no sessions except those of the signed-in user (%s).\n\n"+
			"Without the permission \"Manage Users\", Salesforce leaves out the sessions of other users and does not say so: they may still be valid.\n\n"+
			"Give that permission to the user whom the provider signs in as, and run again.", userID))
}

// sessionsStillListed warns of sessions that the org has ended, and yet lists.
func sessionsStillListed(n int) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Sessions Still Listed",
		fmt.Sprintf("The org reported that %d sessions are ended, and still lists them.\n\n"+
			"It may take some seconds until the end of a session takes effect.\n\n"+
			"Check again later, with the data source salesforce_sessions.", n))
}
