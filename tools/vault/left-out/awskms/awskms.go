// Package awskms stands for the seal of the same name: this build of Vault leaves out the client of that cloud.
package awskms

import (
	"context"
	"errors"

	wrapping "github.com/hashicorp/go-kms-wrapping/v2"
)

// What Vault names of the package.
const (
	EnvAwsKmsWrapperKeyId   = "AWSKMS_WRAPPER_KEY_ID"
	EnvVaultAwsKmsSealKeyId = "VAULT_AWSKMS_SEAL_KEY_ID"
)

// Wrapper has no method but SetConfig, which refuses.
type Wrapper struct{ wrapping.Wrapper }

func NewWrapper() *Wrapper { return &Wrapper{} }

func (*Wrapper) SetConfig(context.Context, ...wrapping.Option) (*wrapping.WrapperConfig, error) {
	return nil, errors.New("this build of Vault has no seal awskms: set LEASEHOLD_VAULT to a Vault that has it")
}

func WithDisallowEnvVars(bool) wrapping.Option { return nil }

// WithLogger is asked for beside another seal, too.
func WithLogger(any) wrapping.Option { return nil }
