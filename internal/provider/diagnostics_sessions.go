package provider

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// The messages about sessions, and about the identity of the provider's own.
var (
	sessionsNotEndedMessage = message{
		severity: diag.SeverityError,
		summary:  "Sessions Not Ended",
		happened: "Ending sessions at {url}: {account}.{stopped}",
		meaning:  "What was ended stays ended; all other sessions may still be valid. {kept}",
		remedy:   "{remedy}",
		token:    mayBeValid,
		causes:   causes{sessionCauses, listingCauses, permissionCauses, revocationCauses},
	}
	sessionsNotListedMessage = message{
		severity: diag.SeverityError,
		summary:  "Sessions Not Listed",
		happened: "Querying the sessions of the org: {error}.",
		meaning:  "No session was ended.",
		remedy:   "{remedy}",
		token:    unaffected,
		causes:   causes{sessionCauses, listingCauses, permissionCauses, revocationCauses},
	}
	identityNotReadMessage = message{
		severity: diag.SeverityError,
		summary:  "Identity Not Read",
		happened: "Querying the org and the user of the provider's session: {error}.",
		meaning:  "Nothing was changed.",
		remedy:   "{remedy}",
		token:    unaffected,
		causes:   causes{sessionCauses, listingCauses, permissionCauses, revocationCauses},
	}
	tooManySessionsMessage = message{
		severity: diag.SeverityError,
		summary:  "Too Many Sessions Match",
		happened: "{matched} sessions match, but max_count is {max_count}.",
		meaning:  "No session was ended. {kept}",
		remedy: "Check the filters: the data source salesforce_sessions lists what matches. " +
			"If the number is right, raise max_count and apply; a destroy uses the max_count in the state.",
		token: unaffected,
	}
	ownSessionsLeft = message{
		severity: diag.SeverityWarning,
		summary:  "Own Sessions Left",
		happened: "{n} sessions of the signed-in user match and were not ended{current}.",
		meaning:  "They are still valid. The counts do not include them.",
		remedy: "{include}To end the provider's own session after the run, let the provider sign in automatically: it revokes the session that it opens. " +
			"An access_token is never revoked.",
		token: stillValid + " (those of the signed-in user)",
	}
	noSessionMatchesMessage = message{
		severity: diag.SeverityWarning,
		summary:  "No Session Matches",
		happened: "The org lists no session for these filters.",
		meaning:  "Either the users have none at the moment, or the filters miss them.",
		remedy:   "If you expected some, check user_ids, session_types and login_types. The data source salesforce_sessions lists the sessions of the org.",
		token:    mayBeValid + ", if the filters miss it",
	}
	ownSessionsOnlyMessage = message{
		severity: diag.SeverityWarning,
		summary:  "Own Sessions Only",
		happened: "The org lists no sessions except those of the signed-in user ({user}).",
		meaning:  "Without the permission \"Manage Users\", Salesforce leaves out the sessions of other users and does not report that: they may still be valid.",
		remedy:   "Give that permission to the user that the provider signs in as, and run again.",
		token:    mayBeValid + " (those of other users)",
	}
	sessionsStillListedMessage = message{
		severity: diag.SeverityWarning,
		summary:  "Sessions Still Listed",
		happened: "The org reported that {n} sessions are ended, and still lists them.",
		meaning:  "It may take some seconds until the end of a session takes effect.",
		remedy:   "Check again later, with the data source salesforce_sessions.",
		token:    mayBeValid + " for some seconds",
	}
)

var sessionMessages = []message{
	sessionsNotEndedMessage, sessionsNotListedMessage, identityNotReadMessage, tooManySessionsMessage,
	ownSessionsLeft, noSessionMatchesMessage, ownSessionsOnlyMessage, sessionsStillListedMessage,
}

// sessionCauses are of what salesforce.API does with sessions. They come before
// those of listings in general.
var sessionCauses = []cause{
	{
		"the org does not report whose session the provider's is", wraps(errUnknownUser), "",
		"Without that, the signed-in user's own sessions cannot be left out. Let the provider sign in automatically, or set include_own = true if these sessions may end, too.",
	},
	{
		"the org lists fewer than it counts", isA[*salesforce.IncompleteError], "",
		"Sessions may have begun and ended while they were listed. Run again, or narrow the filters.",
	},
	{
		"`INVALID_TYPE`", reported("INVALID_TYPE"), "",
		"The user may not query the object. Give the user that the provider signs in as the permission \"API Enabled\" and, for the sessions of other users, \"Manage Users\".",
	},
	{
		"`INVALID_FIELD`", reported("INVALID_FIELD"), "",
		"The org does not know a field of the query. Set the provider's api_version to 37.0 or later.",
	},
	{
		"`INSUFFICIENT_ACCESS_OR_READONLY`", reported("INSUFFICIENT_ACCESS_OR_READONLY"), "",
		"Give the user that the provider signs in as the permission \"Manage Users\", which is required to end sessions of other users. Then run again.",
	},
}

// permissionCauses are what the org says of sessions when it says no more.
var permissionCauses = []cause{
	{
		"the server answers with another error", response(func(r *salesforce.ResponseError) bool { return !r.Temporary() && !r.BrokenOff }), "",
		"Check that instance_url is the org's own My Domain, and that the user that the provider signs in as has the permissions \"API Enabled\" and \"Manage Users\". Then run again.",
	},
}

// sessionsNotEnded reports that a sweep left sessions. err is what ended it
// early, or nil.
func sessionsNotEnded(s *sessionSweep, err error, when moment) diag.Diagnostic {
	return sessionsNotEndedMessage.ofSweep(s.Account(), err, when, values{"url": s.session.InstanceURL})
}

// sessionsNotListed reports that the org's sessions could not be listed, before
// any was ended.
func (d *providerData) sessionsNotListed(err error, when moment) diag.Diagnostic {
	return d.notQueried(sessionsNotListedMessage, err, when)
}

// identityNotRead reports that the org does not say whom the session is of.
func (d *providerData) identityNotRead(err error, when moment) diag.Diagnostic {
	return d.notQueried(identityNotReadMessage, err, when)
}

// tooManySessions reports that more sessions match than the user expects.
func tooManySessions(matched int, maxCount int64, when moment) diag.Diagnostic {
	return tooManySessionsMessage.with(values{"matched": matched, "max_count": maxCount, "kept": when.kept})
}

// sessionsSpared warns of sessions that match and are left as they are.
func sessionsSpared(current, own int) diag.Diagnostic {
	v := values{"n": current + own, "current": "", "include": ""}
	if current > 0 {
		v["current"] = fmt.Sprintf(": %d belong to the session that the provider works with", current)
	}
	if own > 0 {
		v["include"] = "If the other sessions of this user are to end, too, set include_own = true, or let the provider sign in as another user. "
	}
	return ownSessionsLeft.with(v)
}

// noSessionMatches warns that there was nothing to end.
func noSessionMatches() diag.Diagnostic { return noSessionMatchesMessage.with(nil) }

// ownSessionsOnly warns that the user may not see all there is.
func ownSessionsOnly(userID string) diag.Diagnostic {
	return ownSessionsOnlyMessage.with(values{"user": userID})
}

// sessionsStillListed warns of sessions that the org has ended, and yet lists.
func sessionsStillListed(n int) diag.Diagnostic {
	return sessionsStillListedMessage.with(values{"n": n})
}
