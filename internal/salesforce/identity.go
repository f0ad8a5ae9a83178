package salesforce

import "context"

// An Identity is the user and the org of a session.
type Identity struct {
	UserID, Username                 string
	OrganizationID, OrganizationName string
	IsSandbox                        bool
	InstanceURL                      string
}

type organizationRecord struct {
	ID        string `json:"Id"`
	Name      string
	IsSandbox *bool
}

// Identity returns whom the session is of. It needs no permission.
func (a *API) Identity(ctx context.Context) (*Identity, error) {
	session, err := a.Session(ctx, nil)
	if err != nil {
		return nil, err
	}
	organizations, _, err := query[organizationRecord](ctx, a, "SELECT Id, Name, IsSandbox FROM Organization")
	if err != nil {
		return nil, err
	}
	users, _, err := query[struct{ Username string }](ctx, a, "SELECT Username FROM User WHERE Id = "+quote(session.UserID))
	if err != nil {
		return nil, err
	}
	if len(organizations) != 1 || organizations[0].IsSandbox == nil || len(users) != 1 {
		return nil, &UnexpectedAnswerError{ContentType: "application/json"}
	}
	return &Identity{
		UserID:           session.UserID,
		Username:         users[0].Username,
		OrganizationID:   organizations[0].ID,
		OrganizationName: organizations[0].Name,
		IsSandbox:        *organizations[0].IsSandbox,
		InstanceURL:      session.InstanceURL,
	}, nil
}
