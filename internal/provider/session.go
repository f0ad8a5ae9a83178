package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// A sharedSession is what all objects of the provider query with.
type sharedSession struct {
	turn    chan struct{}       // holds one while somebody looks, or signs in
	current *salesforce.Session // nil before the first query
}

// A signInError says that there is no session to query with.
type signInError struct{ error }

func (e signInError) Unwrap() error { return e.error }

// querySession returns the session to query with: the configured access token,
// else one that is minted for the first query of this process. It is entered in
// the ledger, and nobody releases it before the process ends. For one that the
// org refuses, because its time is up, another is minted. Who waits for another's
// sign-in waits no longer than ctx.
func (d *providerData) querySession(ctx context.Context, refused *salesforce.Session) (*salesforce.Session, error) {
	select {
	case d.session.turn <- struct{}{}:
		defer func() { <-d.session.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ready := d.grant == nil
	if d.session.current != nil && (d.session.current != refused || ready) {
		return d.session.current, nil
	}
	var session *salesforce.Session
	var err error
	if ready {
		session, err = d.identify(ctx)
	} else if session, err = d.mint(ctx); err != nil {
		err = signInError{err}
	}
	if err == nil {
		d.session.current = session
	}
	return session, err
}

// identify asks the org about the configured access token.
func (d *providerData) identify(ctx context.Context) (*salesforce.Session, error) {
	session, err := d.bulk.Identify(ctx, d.loginURL, d.accessToken.Reveal(), d.apiVersion)
	if err != nil {
		return nil, err
	}
	if err := d.checkOrganization(session.OrganizationID); err != nil {
		return nil, signInError{err}
	}
	return session, nil
}

// api is the REST API of the org of the provider, for bulk work.
func (d *providerData) api() *salesforce.API {
	limitGrowth(growthOfSweep)
	return &salesforce.API{Client: d.bulk, Version: d.apiVersion, Session: d.querySession}
}

// isOrg reports whether a session is of the org that a resource was made for, as
// its state has it. An org may change its host name; its id stays.
func isOrg(session *salesforce.Session, organizationID, instanceURL types.String) bool {
	if id := organizationID.ValueString(); id != "" && session.OrganizationID != "" {
		return salesforce.SameID(id, session.OrganizationID)
	}
	return instanceURL.ValueString() == session.InstanceURL
}
