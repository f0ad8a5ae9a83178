package provider

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

var _ framework = server{}

// framework is the protocol as far as the framework and this provider serve it.
type framework interface {
	tfprotov6.ProviderServer
	tfprotov6.ActionServer
}

// A server is the framework's, without what that remembers. The framework keeps
// the context of every call until it is stopped (registerContext of its package
// proto6server), with all that the SDK puts into one for its logs: some 7 KB for
// each call, of which a resource takes five in an apply. The calls that are made
// for each resource get a context here that lets go of all that when they return.
type server struct{ framework }

func newServer(p *salesforceProvider) server {
	served, ok := providerserver.NewProtocol6(p)().(framework)
	if !ok {
		panic("the framework serves no actions any more")
	}
	return server{served}
}

func (s server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return call(ctx, req, s.framework.ValidateResourceConfig)
}

func (s server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return call(ctx, req, s.framework.UpgradeResourceState)
}

func (s server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return call(ctx, req, s.framework.ReadResource)
}

func (s server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return call(ctx, req, s.framework.PlanResourceChange)
}

func (s server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return call(ctx, req, s.framework.ApplyResourceChange)
}

func call[Request, Response any](ctx context.Context, req Request, method func(context.Context, Request) (Response, error)) (Response, error) {
	// Whatever was derived from it is canceled, and no goroutine waits for that.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lent := &lentContext{}
	lent.owner.Store(&ctx)
	defer lent.owner.Store(&returned)
	return method(lent, req)
}

// A lentContext is a call's context, and an empty one that is canceled as soon as
// the call has returned.
type lentContext struct {
	owner atomic.Pointer[context.Context]
}

func (c *lentContext) Deadline() (time.Time, bool) { return (*c.owner.Load()).Deadline() }
func (c *lentContext) Done() <-chan struct{}       { return (*c.owner.Load()).Done() }
func (c *lentContext) Err() error                  { return (*c.owner.Load()).Err() }
func (c *lentContext) Value(key any) any           { return (*c.owner.Load()).Value(key) }

var returned = canceledContext()

func canceledContext() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
