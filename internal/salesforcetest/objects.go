package salesforcetest

import (
	"net/http"
	"slices"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest/soql"
)

// Names of the objects that other files mention.
const (
	oauthTokenObject  = "OauthToken"
	authSessionObject = "AuthSession"
)

// objects are what can be queried with a version of the API. Each one starts
// with Id. The fields of AuthSession that came later are its last ones.
func objects(version int) []soql.Object {
	all := []soql.Object{
		{Name: authSessionObject, Fields: []soql.Field{
			{Name: "Id", Type: soql.ID}, {Name: "UsersId", Type: soql.ID},
			{Name: "CreatedDate", Type: soql.DateTime}, {Name: "LastModifiedDate", Type: soql.DateTime},
			{Name: "NumSecondsValid", Type: soql.Int}, {Name: "UserType", Type: soql.String},
			{Name: "SourceIp", Type: soql.String}, {Name: "LoginType", Type: soql.String},
			{Name: "SessionType", Type: soql.String}, {Name: "SessionSecurityLevel", Type: soql.String},
			{Name: "ParentId", Type: soql.ID}, {Name: "LoginHistoryId", Type: soql.ID},
			{Name: "IsCurrent", Type: soql.Boolean},                      // since 37
			{Name: "IsAssociatedWithJwtAccessToken", Type: soql.Boolean}, // since 64
		}},
		{Name: "Organization", Fields: []soql.Field{
			{Name: "Id", Type: soql.ID}, {Name: "Name", Type: soql.String},
			{Name: "InstanceName", Type: soql.String}, {Name: "NamespacePrefix", Type: soql.String},
			{Name: "OrganizationType", Type: soql.String}, {Name: "IsSandbox", Type: soql.Boolean},
			{Name: "TrialExpirationDate", Type: soql.DateTime},
		}},
		{Name: "User", Fields: []soql.Field{
			{Name: "Id", Type: soql.ID}, {Name: "Username", Type: soql.String},
			{Name: "Name", Type: soql.String}, {Name: "Email", Type: soql.String},
			{Name: "IsActive", Type: soql.Boolean},
		}},
	}
	sessions := &all[0]
	switch {
	case version < 37:
		sessions.Fields = sessions.Fields[:len(sessions.Fields)-2]
	case version < 64:
		sessions.Fields = sessions.Fields[:len(sessions.Fields)-1]
	}
	if version >= 32 {
		all = append(all, soql.Object{Name: oauthTokenObject, Fields: []soql.Field{
			{Name: "Id", Type: soql.ID}, {Name: "AccessToken", Type: soql.String},
			{Name: "AppMenuItemId", Type: soql.ID}, {Name: "AppName", Type: soql.String},
			{Name: "DeleteToken", Type: soql.String}, {Name: "LastUsedDate", Type: soql.DateTime},
			{Name: "RequestToken", Type: soql.String}, {Name: "UseCount", Type: soql.Int},
			{Name: "UserId", Type: soql.ID},
		}})
	}
	return all
}

// rows are those that the user of a session can see.
func (o *Org) rows(object string, session Token) []soql.Row {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch object {
	case oauthTokenObject:
		return o.oauthTokens(session)
	case authSessionObject:
		return o.authSessions(session)
	case "Organization":
		return []soql.Row{{
			soql.RecordID(o.config.OrganizationID), "Simulated Org", "SIM1", nil, "Developer Edition", o.config.Sandbox, nil,
		}}
	default:
		return o.users()
	}
}

func (o *Org) users() []soql.Row {
	rows := make([]soql.Row, o.config.Users)
	for i := range rows {
		id := userID(i)
		rows[i] = soql.Row{soql.RecordID(id), o.username(id), "Simulated User", o.username(id), true}
	}
	return rows
}

// oauthTokens has a row for each valid refresh token.
func (o *Org) oauthTokens(session Token) []soql.Row {
	var rows []soql.Row
	nth := 0 // of all refresh tokens that there ever were
	for _, t := range o.tokens.all {
		if t.Kind != RefreshToken {
			continue
		}
		nth++
		if !t.Alive || o.config.OwnRowsOnly && t.UserID != session.UserID {
			continue
		}
		var appMenuItem, deleteToken, lastUsed any
		if t.ExternalClientApp != "" {
			appMenuItem = soql.RecordID("0DS" + t.ExternalClientApp[3:15])
		}
		if every := o.config.Query.NullDeleteTokens; every == 0 || nth%every != 0 {
			deleteToken = t.DeleteToken
			if o.config.Query.FreshDeleteTokens {
				deleteToken = freshDeleteToken(t.DeleteToken)
			}
		}
		if !t.LastUsed.IsZero() {
			lastUsed = t.LastUsed
		}
		rows = append(rows, soql.Row{
			nil, t.Value, appMenuItem, t.AppName, deleteToken, lastUsed, nil, t.UseCount, soql.RecordID(t.UserID),
		})
	}
	return rows
}

// serveRecord retrieves one record by its ID.
func (o *Org) serveRecord(w http.ResponseWriter, r *http.Request, session Token) {
	all := objects(apiVersion(r.PathValue("version")))
	i := slices.IndexFunc(all, func(object soql.Object) bool { return object.Name == r.PathValue("object") })
	if i < 0 || all[i].Name == oauthTokenObject { // query() only
		writeNotFound(w)
		return
	}
	selected := make([]int, len(all[i].Fields))
	for n := range selected {
		selected[n] = n
	}
	for _, row := range o.rows(all[i].Name, session) {
		if id, _ := row[0].(soql.RecordID); sameRecord(string(id), r.PathValue("id")) {
			writeJSON(w, http.StatusOK, record(all[i], selected, row, r.PathValue("version")))
			return
		}
	}
	writeNotFound(w)
}
