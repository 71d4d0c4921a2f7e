package source

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type upper string

func (u *upper) UnmarshalText(b []byte) error {
	if string(b) == "bad" {
		return errors.New("cannot read bad")
	}
	*u = upper(strings.ToUpper(string(b)))
	return nil
}

type inner struct {
	Owner At[string] `yaml:"owner"`
}

type doc struct {
	Name   At[upper]      `yaml:"name"`
	Limits Map[At[int64]] `yaml:"limits"`
	List   []At[string]   `yaml:"list"`
	On     bool           `yaml:"on"`
	inner2 `yaml:",inline"`
}

type inner2 = inner

func TestDecode(t *testing.T) {
	var d struct {
		Name   At[upper]      `yaml:"name"`
		Limits Map[At[int64]] `yaml:"limits"`
		List   []At[string]   `yaml:"list"`
		On     bool           `yaml:"on"`
	}
	diags := DecodeYAML("f.yaml", []byte("\uFEFFname: abc\r\nlimits:\r\n  b: 2\r\n  a: 1\r\nlist: [x, y]\r\non: true\r\n"), &d)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if d.Name.Value != "ABC" || d.Name.Span.String() != "f.yaml:1:7" || !d.Name.Set {
		t.Errorf("name = %+v", d.Name)
	}
	if len(d.Limits) != 2 || d.Limits[0].Key.Value != "b" || d.Limits[1].Value.Value != 1 {
		t.Errorf("limits out of order: %+v", d.Limits)
	}
	if d.List[1].Span.String() != "f.yaml:5:11" || !d.On {
		t.Errorf("list = %+v, on = %v", d.List, d.On)
	}
}

func TestDecodeErrors(t *testing.T) {
	cases := []struct{ name, yaml, want string }{
		{"typo", "nmae: x\n", `f.yaml:1:1: unknown key "nmae" [unknown-key]` + "\nhint: did you mean \"name\"?"},
		{"far", "zzzzzz: x\n", `f.yaml:1:1: unknown key "zzzzzz" [unknown-key]` + "\nhint: known keys here: name, limits, list, on, owner"},
		{"comma", "limits: 1\n", "f.yaml:1:9: expected a mapping, found the value \"1\" [bad-value]"},
		{"flow comma", "{owner: $1,200}\n", "f.yaml:1:12: unknown key \"200\" [unknown-key]\nhint: inside { } a comma ends a value: write $1200, or quote it: \"$1,200\""},
		{"duplicate", "on: true\non: false\n", "f.yaml:2:1: key \"on\" stands twice; the first is on line 1 [duplicate-key]\nhint: keep one of the two"},
		{"value", "name: bad\n", "f.yaml:1:7: cannot read bad [bad-value]"},
		{"empty", "name:\n", "f.yaml:1:6: expected a single value, found nothing [bad-value]\nhint: write the value, or remove the key"},
		{"shape", "limits: [1]\n", "f.yaml:1:9: expected a mapping, found a list [bad-value]"},
		{"number", "limits: {a: x}\n", `f.yaml:1:13: cannot read "x" as a whole number [bad-value]`},
		{"syntax", "name: [\n", "f.yaml:1: not valid YAML"},
		{"tab", "limits:\n\ta: 1\n", "f.yaml:2: not valid YAML"},
		{"second document", "on: true\n---\nname: x\n", "f.yaml:2: a second YAML document starts here"},
		{"root", "- a\n", "f.yaml:1:1: expected a mapping, found a list [bad-value]"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var d doc
			diags := DecodeYAML("f.yaml", []byte(c.yaml), &d)
			if len(diags) != 1 {
				t.Fatalf("%d diagnostics: %v", len(diags), diags)
			}
			got := diags[0].String()
			if diags[0].Hint != "" {
				got += "\nhint: " + diags[0].Hint
			}
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// An alias bomb ends with a diagnostic, not with the machine's memory.
func TestDecodeAliasBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("list: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 9; i++ {
		b.WriteString(strings.ReplaceAll("kN: &aN [*aM,*aM,*aM,*aM,*aM,*aM,*aM,*aM,*aM,*aM]\n", "N", string(rune('0'+i))))
	}
	text := b.String()
	for i := 1; i < 9; i++ {
		text = strings.Replace(text, "*aM", "*a"+string(rune('0'+i-1)), 10)
	}
	type nested [][][][][][][][][]string
	var d struct {
		List []string `yaml:"list"`
		K8   nested   `yaml:"k8"`
	}
	if !DecodeYAML("f.yaml", []byte(text), &d).HasErrors() {
		t.Error("no diagnostic for an alias bomb")
	}
}

func TestPrinter(t *testing.T) {
	content := []byte("ok\r\n\tceilng: 5\r\n")
	p := Printer{Content: func(string) []byte { return content }}
	var out strings.Builder
	err := p.Print(&out, Diagnostics{{Rule: "unknown-key", Severity: Error, Summary: `unknown key "ceilng"`, Detail: "one\ntwo", Hint: "did you mean \"ceiling\"?", Span: Span{"f.yaml", Pos{2, 2}, Pos{2, 8}}}})
	want := `f.yaml:2:2: error: unknown key "ceilng" [unknown-key]
    2 |  ceilng: 5
      |  ^^^^^^
  one
  two
  hint: did you mean "ceiling"?
`
	if diff := cmp.Diff(want, out.String()); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// A 3 MB line and control characters stay harmless on a terminal.
func TestPrinterLongLine(t *testing.T) {
	content := []byte(strings.Repeat("x", 3<<20) + "\x1b[31m")
	var out strings.Builder
	p := Printer{Content: func(string) []byte { return content }}
	if err := p.Print(&out, Diagnostics{{Summary: "s", Span: Span{File: "f", Start: Pos{1, 3<<20 + 1}}}}); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 1000 || strings.Contains(out.String(), "\x1b") {
		t.Errorf("%d bytes, escape kept: %v", out.Len(), strings.Contains(out.String(), "\x1b"))
	}
}

func TestSort(t *testing.T) {
	ds := Diagnostics{{Rule: "b", Span: Span{File: "b"}}, {Rule: "z", Span: Span{File: "a", Start: Pos{2, 1}}}, {Rule: "a", Span: Span{File: "a", Start: Pos{2, 1}}, Severity: Error}, {Rule: "b", Span: Span{File: "b"}}}
	ds.Sort()
	var got []string
	for _, d := range ds {
		got = append(got, d.Rule)
	}
	if diff := cmp.Diff([]string{"a", "z", "b"}, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzDecodeYAML(f *testing.F) {
	f.Add([]byte("name: x\nlimits: {a: 1}\n"))
	f.Add([]byte("&a [*a]"))
	f.Add([]byte("list: &x [*x]\n? {a: b} : c"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d doc
		for _, diag := range DecodeYAML("f", b, &d) {
			if diag.Summary == "" || diag.Rule == "" || diag.Span.File != "f" {
				t.Errorf("incomplete diagnostic %+v", diag)
			}
		}
	})
}
