package report

import (
	"embed"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

// SchemaURL, WhatIfURL and SurfaceURL are the $id of the JSON Schemas; they name the major version, like SchemaID, WhatIfID and SurfaceID.
const (
	SchemaURL  = "https://github.com/tokengate/tokengate/schema/report/v1.json"
	WhatIfURL  = "https://github.com/tokengate/tokengate/schema/what-if/v1.json"
	SurfaceURL = "https://github.com/tokengate/tokengate/schema/cost/v1.json"
)

//go:embed report.go cost.go distribution.go lint.go surface.go whatif.go
var typesSource embed.FS

// closed lists the string fields that take one of a few words, by type and JSON name. Fields not named here take words
// of the rules, which grow.
var closed = map[string][]any{
	"Report.stage":         {"pull_request", "pre_release", "release"},
	"WhatIf.stage":         {"pull_request", "pre_release", "release"},
	"Period.name":          {"day", "week", "month", "quarter"},
	"Quantity.unit":        {"usd", "tokens", "ms", "ratio"},
	"Check.from":           {"base", "head"},
	"Unmapped.of":          {"spend", "tokens"},
	"FileCost.when":        {"launch", "lazy", "spawn", "invocation", "call"},
	"SurfaceFile.when":     {"launch", "lazy", "spawn", "invocation", "call"},
	"Section.when":         {"launch"},
	"LintSuppression.kind": {"comment", "config"},
	"LintRule.level":       {"off", "info", "warning", "error"},
}

// Schema returns the JSON Schema (draft 2020-12) of the document, indented, with a final newline. It is generated from
// the Go types: descriptions are their comments, fields without omitempty are required, pointers may be null, and no
// other fields are allowed.
func Schema() ([]byte, error) { return schemaOf(&Report{}, SchemaURL, "tokengate report") }

// WhatIfSchema is the JSON Schema of the document that what-if writes; see Schema.
func WhatIfSchema() ([]byte, error) { return schemaOf(&WhatIf{}, WhatIfURL, "tokengate what-if") }

// SurfaceSchema is the JSON Schema of the document that cost writes; see Schema.
func SurfaceSchema() ([]byte, error) { return schemaOf(&Surface{}, SurfaceURL, "tokengate cost") }

func schemaOf(document any, id jsonschema.ID, title string) ([]byte, error) {
	docs, err := comments()
	if err != nil {
		return nil, fmt.Errorf("read the comments of the report types: %w", err)
	}
	reflector := jsonschema.Reflector{
		Anonymous:      true,
		ExpandedStruct: true,
		Mapper:         scalar,
		LookupComment:  func(t reflect.Type, field string) string { return docs[dotted(t.Name(), field)] },
	}
	root := reflector.Reflect(document)
	root.ID, root.Title = id, title
	refine(root, reflect.TypeOf(document).Elem(), root.Definitions, map[reflect.Type]bool{})
	return marshal(root)
}

func marshal(s *jsonschema.Schema) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		return nil, fmt.Errorf("write schema: %w", err)
	}
	return []byte(b.String()), nil
}

// scalar gives the schema of the types that are structs or numbers in Go and strings in the document.
func scalar(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[money.Amount]():
		return &jsonschema.Schema{Type: "string", Pattern: amountPattern, Description: "US dollars, exact"}
	case reflect.TypeFor[source.Severity]():
		return &jsonschema.Schema{Type: "string", Enum: []any{source.Info.String(), source.Warning.String(), source.Error.String()}}
	case reflect.TypeFor[Status]():
		s := &jsonschema.Schema{Type: "string"}
		for _, st := range Statuses() {
			s.Enum = append(s.Enum, string(st))
		}
		return s
	case reflect.TypeFor[time.Time]():
		return &jsonschema.Schema{Type: "string", Format: "date-time"}
	}
	return nil
}

// refine adds what the generator cannot know: which fields may be null, which words a field takes, and the schema id.
func refine(s *jsonschema.Schema, t reflect.Type, defs jsonschema.Definitions, done map[reflect.Type]bool) {
	if done[t] {
		return
	}
	done[t] = true
	for _, f := range reflect.VisibleFields(t) {
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		prop, ok := s.Properties.Get(name)
		if !ok {
			continue
		}
		if words := closed[dotted(t.Name(), name)]; words != nil {
			prop.Enum = words
		}
		if id := map[string]string{"Report": SchemaID, "WhatIf": WhatIfID, "Lint": LintID}[t.Name()]; id != "" && name == "schema" {
			prop.Const = id
		}
		if f.Type.Kind() == reflect.Pointer && !slices.Contains(strings.Split(opts, ","), "omitempty") {
			s.Properties.Set(name, nullable(prop))
		}
		if inner := elem(f.Type); inner.Kind() == reflect.Struct && defs[inner.Name()] != nil {
			refine(defs[inner.Name()], inner, defs, done)
		}
	}
}

func nullable(s *jsonschema.Schema) *jsonschema.Schema {
	inner := *s
	inner.Description = ""
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{&inner, {Type: "null"}}, Description: s.Description}
}

func elem(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t
}

// comments maps "Type" and "Type.Field" to the comment that stands at it in the sources.
func comments() (map[string]string, error) {
	out := map[string]string{}
	for _, name := range []string{"report.go", "cost.go", "distribution.go", "lint.go", "surface.go", "whatif.go"} {
		src, err := typesSource.ReadFile(name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			typeComments(decl, out)
		}
	}
	return out, nil
}

func typeComments(decl ast.Decl, into map[string]string) {
	gen, ok := decl.(*ast.GenDecl)
	if !ok || gen.Tok != token.TYPE || len(gen.Specs) != 1 {
		return
	}
	spec := gen.Specs[0].(*ast.TypeSpec)
	into[spec.Name.Name] = oneLine(gen.Doc.Text())
	if st, ok := spec.Type.(*ast.StructType); ok {
		for _, f := range st.Fields.List {
			for _, n := range f.Names {
				into[dotted(spec.Name.Name, n.Name)] = oneLine(f.Comment.Text())
			}
		}
	}
}

func dotted(typeName, field string) string {
	if field == "" {
		return typeName
	}
	return typeName + "." + field
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
