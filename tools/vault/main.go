// Vault as the test bench needs it: Vault's own smaller build (the tag "minimal"), which lacks the Kubernetes auth method, RADIUS and the PostgreSQL
// plugin, with these three. The whole takes twice as long to compile. What is registered here is what the whole build registers. The clients of clouds
// are left out: seals of clouds, auto_join and Okta refuse (go.mod).
package main

import (
	"os"
	"reflect"
	"unsafe"

	kubernetes "github.com/hashicorp/vault-plugin-auth-kubernetes"
	radius "github.com/hashicorp/vault/builtin/credential/radius"
	"github.com/hashicorp/vault/command"
	"github.com/hashicorp/vault/helper/builtinplugins"
	"github.com/hashicorp/vault/plugins/database/postgresql"
	"github.com/hashicorp/vault/sdk/logical"
)

// The maps of the registry cannot be named from here: the build tag is all that Vault offers to choose what it has.
func register(kind, name string, factory any) {
	field := reflect.ValueOf(builtinplugins.Registry).Elem().FieldByName(kind)
	plugins := reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
	plugin := reflect.New(plugins.Type().Elem()).Elem()
	made := plugin.FieldByName("Factory")
	made.Set(reflect.ValueOf(factory).Convert(made.Type()))
	plugins.SetMapIndex(reflect.ValueOf(name), plugin)
}

func main() {
	register("credentialBackends", "kubernetes", logical.Factory(kubernetes.Factory))
	register("credentialBackends", "radius", logical.Factory(radius.Factory))
	register("databasePlugins", "postgresql-database-plugin", postgresql.New)
	os.Exit(command.Run(os.Args[1:]))
}
