// Package okta stands for Okta's client, which takes a tenth of the time that Vault takes to compile: its types as Vault names them, and a client that
// refuses. Vault's logins and second factors of Okta do not work in this build.
package okta

import (
	"context"
	"errors"
	"net/http"
)

var errLeftOut = errors.New("this build of Vault has no Okta: set LEASEHOLD_VAULT to a Vault that has it")

type Configuration struct {
	Context          context.Context
	HTTPClient       *http.Client
	PrivateKeySigner any
	Okta             struct {
		Client struct {
			OrgUrl, AuthorizationMode, Token, PrivateKey, PrivateKeyId, ClientId, ClientAssertion string
			Scopes                                                                                []string
			RateLimit                                                                             struct {
				MaxRetries int32
				MaxBackoff int64
			}
		}
	}
}

type ConfigSetter func(*Configuration)

func WithToken(string) ConfigSetter  { return nil }
func WithOrgUrl(string) ConfigSetter { return nil }
func WithCache(bool) ConfigSetter    { return nil }

func NewConfiguration(...ConfigSetter) (*Configuration, error) { return nil, errLeftOut }

type Authorization interface {
	Authorize(method, URL string) error
}

type PrivateKeyAuthConfig struct {
	TokenCache, PrivateKeySigner               any
	HttpClient                                 *http.Client
	PrivateKey, PrivateKeyId, ClientId, OrgURL string
	Scopes                                     []string
	MaxRetries                                 int32
	MaxBackoff                                 int64
	Req                                        *http.Request
}

type JWTAuthConfig struct {
	TokenCache              any
	HttpClient              *http.Client
	OrgURL, ClientAssertion string
	Scopes                  []string
	MaxRetries              int32
	MaxBackoff              int64
	Req                     *http.Request
}

func NewSSWSAuth(string, *http.Request) Authorization      { return nil }
func NewBearerAuth(string, *http.Request) Authorization    { return nil }
func NewPrivateKeyAuth(PrivateKeyAuthConfig) Authorization { return nil }
func NewJWTAuth(JWTAuthConfig) Authorization               { return nil }

type APIClient struct {
	UserAPI       userAPI
	UserFactorAPI userFactorAPI
}

func NewAPIClient(*Configuration) *APIClient { return &APIClient{} }

func (*APIClient) GetConfig() *Configuration { return &Configuration{} }

type APIResponse struct{}

func (*APIResponse) HasNextPage() bool              { return false }
func (*APIResponse) Next(any) (*APIResponse, error) { return nil, errLeftOut }

// What a request gives when it is sent.
type request[T any] struct{}

func (r request[T]) Filter(string) request[T] { return r }

func (request[T]) Execute() (T, *APIResponse, error) {
	var none T
	return none, nil, errLeftOut
}

type userAPI struct{}

func (userAPI) ListUsers(context.Context) (r request[[]User])               { return }
func (userAPI) ListUserGroups(context.Context, string) (r request[[]Group]) { return }

type userFactorAPI struct{}

func (userFactorAPI) ListFactors(context.Context, string) (r request[[]Factor])              { return }
func (userFactorAPI) VerifyFactor(_ context.Context, _, _ string) (r request[*Verification]) { return }
func (userFactorAPI) GetFactorTransactionStatus(_ context.Context, _, _, _ string) (r request[*Transaction]) {
	return
}

type User struct{}

func (*User) GetId() string { return "" }

type Group struct{ Profile *GroupProfile }

type GroupProfile struct{}

func (*GroupProfile) GetName() string { return "" }

type Factor struct{ UserFactorPush *UserFactorPush }

type UserFactorPush struct{}

func (*UserFactorPush) GetId() string { return "" }

type Verification struct{ Links map[string]any }

func (*Verification) GetFactorResult() string { return "" }

type Transaction struct {
	UserFactorPushTransactionWaiting, UserFactorPushTransaction, UserFactorPushTransactionRejected, UserFactorPushTransactionTimeout *struct{}
}
