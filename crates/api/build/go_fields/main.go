// Writes ../go_fields.txt: what Kubernetes' Go types say of their fields and no schema tells. The types are those that
// the kinds of the table (its path is the argument) consist of.
package main

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

const width = 120

// Types that read and write themselves.
var special = []reflect.Type{
	reflect.TypeFor[meta.Time](), reflect.TypeFor[meta.MicroTime](), reflect.TypeFor[resource.Quantity](),
	reflect.TypeFor[intstr.IntOrString](), reflect.TypeFor[runtime.RawExtension](), reflect.TypeFor[meta.FieldsV1](),
	reflect.TypeFor[apiextensions.JSON](), reflect.TypeFor[apiextensions.JSONSchemaPropsOrArray](),
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrBool](),
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrStringArray](),
}

// Types that no row of the table names.
var beside = []string{"autoscaling.v1.Scale", "policy.v1.Eviction", "authentication.v1.TokenRequest"}

func main() {
	table, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	wanted := slices.Clone(beside)
	row := regexp.MustCompile(`(\w+)::(\w+)::(\w+) \{`)
	for _, match := range row.FindAllStringSubmatch(string(table), -1) {
		wanted = append(wanted, fmt.Sprintf("%s.%s.%s", match[1], match[2], match[3]))
	}
	for _, add := range []func(*runtime.Scheme) error{apiextensions.AddToScheme, apiregistration.AddToScheme} {
		if err := add(scheme.Scheme); err != nil {
			panic(err)
		}
	}
	types := map[string]reflect.Type{}
	for _, known := range scheme.Scheme.AllKnownTypes() {
		name := short(known)
		if slices.Contains(wanted, strings.NewReplacer("crd.", "apiextensions.v1.", "apiservice.", "apiregistration.v1.").Replace(name)) {
			collect(known, types)
		}
	}
	collect(reflect.TypeFor[meta.Status](), types)
	collect(reflect.TypeFor[meta.DeleteOptions](), types)
	collect(reflect.TypeFor[meta.ListMeta](), types)
	names := []string{}
	for name := range types {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		write(name+": ", fields(types[name]))
	}
}

// The name as in the fact files.
func short(of reflect.Type) string {
	path := strings.Split(of.PkgPath(), "/")
	group, version := path[len(path)-2], path[len(path)-1]
	switch group {
	case "meta":
		return "meta." + of.Name()
	case "apiextensions":
		return "crd." + of.Name()
	case "apiregistration":
		return "apiservice." + of.Name()
	}
	return group + "." + version + "." + of.Name()
}

// Adds a struct and all that it holds.
func collect(of reflect.Type, types map[string]reflect.Type) {
	switch of.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		collect(of.Elem(), types)
	case reflect.Struct:
		if slices.Contains(special, of) || types[short(of)] != nil || of == reflect.TypeFor[meta.TypeMeta]() {
			return
		}
		types[short(of)] = of
		collectFields(of, types)
	}
}

func collectFields(of reflect.Type, types map[string]reflect.Type) {
	for i := range of.NumField() {
		if field := of.Field(i); isInline(field) {
			collectFields(field.Type, types)
		} else {
			collect(field.Type, types)
		}
	}
}

func isInline(field reflect.StructField) bool {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return field.Anonymous && name == ""
}

// The fields of a struct in their order, in the form that the file's head describes.
func fields(of reflect.Type) []string {
	words := []string{}
	for i := range of.NumField() {
		field := of.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		number := ""
		if parts := strings.Split(field.Tag.Get("protobuf"), ","); len(parts) > 1 {
			number = parts[1]
		}
		inline := isInline(field)
		switch {
		case name == "-":
		case inline && field.Type == reflect.TypeFor[meta.TypeMeta]():
			words = append(words, "kind", "apiVersion")
		case inline && number == "":
			words = append(words, fields(field.Type)...)
		case inline:
			words = append(append(append(words, number+"={"), fields(field.Type)...), "}")
		default:
			mark := ""
			if field.Type.Kind() == reflect.Pointer {
				mark = "*"
			}
			if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
				mark += "!"
			}
			if number != "" {
				number = "=" + number
			}
			words = append(words, mark+name+number)
		}
	}
	return words
}

func write(line string, words []string) {
	for i, word := range words {
		if i > 0 && len(line)+len(word)+1 > width {
			fmt.Println(line)
			line = " "
		}
		if !strings.HasSuffix(line, " ") || line == " " {
			line += " "
		}
		line += word
	}
	fmt.Println(strings.TrimSuffix(line, " "))
}
