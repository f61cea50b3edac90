// Prints how Go decodes and encodes the fields of Kubernetes types, which OpenAPI documents do not contain, for
// tools/codegen/openapi.ts. The output is JSON: OpenAPI component -> field -> {type, kind, pointer, omitted, own}.
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v1"
	batch "k8s.io/api/batch/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	events "k8s.io/api/events/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	storage "k8s.io/api/storage/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var roots = []any{
	core.Namespace{}, core.Service{}, core.Endpoints{}, core.Pod{}, core.ConfigMap{}, core.Secret{},
	core.ServiceAccount{}, core.Event{}, core.Node{}, core.PersistentVolumeClaim{}, core.PersistentVolume{},
	core.ReplicationController{}, core.PodTemplate{}, core.Binding{}, core.LimitRange{}, core.ResourceQuota{},
	apps.Deployment{}, apps.ReplicaSet{}, apps.StatefulSet{}, apps.DaemonSet{}, apps.ControllerRevision{},
	autoscaling.Scale{}, batch.Job{}, coordination.Lease{}, discovery.EndpointSlice{}, events.Event{},
	networking.ServiceCIDR{}, networking.IPAddress{}, policy.Eviction{},
	rbac.Role{}, rbac.RoleBinding{}, rbac.ClusterRole{}, rbac.ClusterRoleBinding{}, storage.StorageClass{},
	apiextensions.CustomResourceDefinition{}, meta.DeleteOptions{}, meta.Status{},
}

type field struct {
	// The Go type without its pointer, as named by the JSON decoder.
	Type string `json:"type"`
	// Kind of the Go type: string, int32, slice, map, struct ...
	Kind string `json:"kind"`
	// Whether nil is distinguishable from the zero value.
	Pointer bool `json:"pointer,omitempty"`
	// Whether the zero value is omitted.
	Omitted bool `json:"omitted,omitempty"`
	// Whether the type has its own JSON encoding.
	Own bool `json:"own,omitempty"`
}

type component = map[string]field

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

func own(t reflect.Type) bool {
	return t.Implements(unmarshaler) || reflect.PointerTo(t).Implements(unmarshaler)
}

func name(t reflect.Type) string {
	path := strings.Split(t.PkgPath(), "/")
	domain := strings.Split(path[0], ".")
	for i, j := 0, len(domain)-1; i < j; i, j = i+1, j-1 {
		domain[i], domain[j] = domain[j], domain[i]
	}
	return strings.Join(append(domain, append(path[1:], t.Name())...), ".")
}

func walk(t reflect.Type, found map[string]component) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		walk(t.Elem(), found)
		return
	case reflect.Struct:
	default:
		return
	}
	if own(t) || found[name(t)] != nil {
		return
	}
	fields := component{}
	found[name(t)] = fields
	collect(t, fields, found)
}

func collect(t reflect.Type, fields component, found map[string]component) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := strings.Split(f.Tag.Get("json"), ",")
		if tag[0] == "" {
			if f.Anonymous {
				collect(f.Type, fields, found)
			}
			continue
		}
		options := "," + strings.Join(tag[1:], ",") + ","
		value := f.Type
		if value.Kind() == reflect.Pointer {
			value = value.Elem()
		}
		omitempty := strings.Contains(options, ",omitempty,") && f.Type.Kind() != reflect.Struct
		fields[tag[0]] = field{
			Type:    value.String(),
			Kind:    value.Kind().String(),
			Pointer: f.Type.Kind() == reflect.Pointer,
			Omitted: omitempty || strings.Contains(options, ",omitzero,"),
			Own:     own(value),
		}
		walk(f.Type, found)
	}
}

func main() {
	found := map[string]component{}
	for _, root := range roots {
		walk(reflect.TypeOf(root), found)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(found); err != nil {
		panic(err)
	}
}
