package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

func savedLint(t *testing.T) *report.Lint {
	t.Helper()
	b, err := os.ReadFile("testdata/lints/found.json")
	if err != nil {
		t.Fatal(err)
	}
	d := new(report.Lint)
	if err := json.Unmarshal(b, d); err != nil {
		t.Fatal(err)
	}
	return d
}

// Every format of a lint; the JSON of a saved lint is the saved lint.
func TestLintGolden(t *testing.T) {
	d := savedLint(t)
	for _, f := range LintFormats {
		for _, width := range []int{80, 120} {
			var b bytes.Buffer
			if err := f.Render(&b, d, Options{Width: width}); err != nil {
				t.Fatal(err)
			}
			switch f.Name {
			case "table":
				golden(t, fmt.Sprintf("lint.%d.txt", width), b.Bytes())
				for line := range strings.Lines(b.String()) {
					if line = strings.TrimRight(line, "\n"); display(line) > width || strings.HasSuffix(line, " ") {
						t.Errorf("%d columns: %q", width, line)
					}
				}
			case "json":
				golden(t, "../lints/found.json", b.Bytes())
			default:
				golden(t, "lint."+f.Name, b.Bytes())
			}
		}
	}
}

// A saved lint is valid under the schema that the program publishes.
func TestLintSchema(t *testing.T) {
	b, err := report.LintSchema()
	if err != nil {
		t.Fatal(err)
	}
	schema := compiled(t, b)
	var doc bytes.Buffer
	if err := savedLint(t).Write(&doc); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(parsed(t, doc.Bytes())); err != nil {
		t.Error(err)
	}
	if schema.Validate(parsed(t, bytes.Replace(doc.Bytes(), []byte(`"comment"`), []byte(`"other"`), 1))) == nil {
		t.Error("an unknown kind of suppression is valid")
	}
}

func compiled(t *testing.T, schema []byte) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", parsed(t, schema)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parsed(t *testing.T, b []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sarifSchema is SARIF's own schema, where somebody has put it; the repository does not carry it.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", ".bin", "sarif-2.1.0.json"))
	if err != nil {
		t.Skip("SARIF's schema not present: .bin/sarif-2.1.0.json")
	}
	return compiled(t, b)
}

// What is written as SARIF is valid under SARIF's own schema.
func TestSARIFSchema(t *testing.T) {
	schema := sarifSchema(t)
	valid := func(name string, b []byte) {
		if err := schema.Validate(parsed(t, b)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var b bytes.Buffer
	if err := LintSARIF(&b, savedLint(t), Options{}); err != nil {
		t.Fatal(err)
	}
	valid("lint", b.Bytes())
	if schema.Validate(parsed(t, bytes.Replace(b.Bytes(), []byte(`"inSource"`), []byte(`"elsewhere"`), 1))) == nil {
		t.Error("the schema takes anything")
	}
	for name, r := range saved(t) {
		b.Reset()
		if err := SARIF(&b, r, Options{}); err != nil {
			t.Fatal(err)
		}
		valid(name, b.Bytes())
	}
}

// What GitHub asks for beside the schema, for every report: a rule, a message, a place of at least line 1 with a relative
// percent-encoded path, a fingerprint that no other result has, and an index that names the rule.
func TestSARIFOfReports(t *testing.T) {
	check := func(name string, write func(*bytes.Buffer) error) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		var log sarifLog
		if err := json.Unmarshal(b.Bytes(), &log); err != nil || log.Version != "2.1.0" || len(log.Runs) != 1 {
			t.Fatalf("%s: %v", name, err)
		}
		run, prints := log.Runs[0], map[string]bool{}
		if !strings.HasPrefix(run.Automation.ID, "tokengate/") || !strings.HasSuffix(run.Automation.ID, "/") {
			t.Errorf("%s: category %q", name, run.Automation.ID)
		}
		for _, r := range run.Results {
			at, print := r.Locations[0].Physical, r.Fingerprints["primaryLocationLineHash"]
			switch {
			case r.Index < 0 || run.Tool.Driver.Rules[r.Index].ID != r.Rule:
				t.Errorf("%s: rule %d is not %s", name, r.Index, r.Rule)
			case r.Message.Text == "" || at.Region.StartLine < 1 || at.Artifact.URI == "" || strings.ContainsAny(at.Artifact.URI, " \\") || at.Artifact.URI[0] == '/':
				t.Errorf("%s: %+v", name, r)
			case prints[print] || print == "":
				t.Errorf("%s: fingerprint %q stands twice", name, print)
			}
			prints[print] = true
		}
	}
	for name, r := range saved(t) {
		check(name, func(b *bytes.Buffer) error { return SARIF(b, r, Options{}) })
		shown := len(r.Findings)
		for _, c := range r.Checks {
			if c.Status != report.Pass {
				shown++
			}
		}
		if a := checkAlerts(r, nil); len(a.list) != shown {
			t.Errorf("%s: %d alerts of %d", name, len(a.list), shown)
		}
	}
	check("lint", func(b *bytes.Buffer) error { return LintSARIF(b, savedLint(t), Options{}) })
}

// A rule is explained in the words of the program, and its fingerprint does not change with lines and figures.
func TestAlerts(t *testing.T) {
	r := &report.Report{Stage: "pull_request", Findings: []report.Finding{
		{Rule: "a-b", Severity: source.Warning, Message: "12 calls of 14", Place: report.Place{File: "x.md", Start: source.Pos{Line: 3}}},
		{Rule: "a-b", Severity: source.Error, Message: "13 calls of 15", Place: report.Place{File: "x.md", Start: source.Pos{Line: 9}}},
		{Rule: "c-d", Message: "nowhere"},
	}}
	a := checkAlerts(r, []source.Rule{{ID: "a-b", Summary: "short", Explain: "long"}})
	if len(a.rules) != 2 || a.rules[0].Explain != "long" || a.rules[1].Summary != "c-d" {
		t.Errorf("rules: %+v", a.rules)
	}
	if a.list[0].severity != source.Error || a.list[2].place.File != "tokengate.yaml" {
		t.Errorf("order: %+v", a.list)
	}
	first, second := a.list[1].fingerprint, a.list[0].fingerprint
	if !strings.HasSuffix(first, ":1") || second != strings.TrimSuffix(first, ":1")+":2" {
		t.Errorf("fingerprints %s %s", first, second)
	}
}

// GitHub shows ten annotations of a kind; what is over is counted, and no text of the project begins a line.
func TestCommandsAreBounded(t *testing.T) {
	d := savedLint(t)
	d.Findings = nil
	for i := range 25 {
		d.Findings = append(d.Findings, report.LintFinding{Rule: "a-b", Severity: source.Warning, Message: strings.Repeat("x", 5000) + "\r\n::error::y", Place: report.Place{File: fmt.Sprintf("f%d:,%%.md", i)}})
	}
	var b bytes.Buffer
	if err := LintGitHub(&b, d, Options{}); err != nil {
		t.Fatal(err)
	}
	commands := 0
	for line := range strings.Lines(b.String()) {
		switch {
		case strings.HasPrefix(line, "::warning file=f") && strings.Contains(line, "%3A%2C%25.md,line=1,title=tokengate a-b::xxx") && len(line) < 4300:
			commands++
		case !strings.HasPrefix(line, "tokengate: "):
			t.Errorf("%.80q", line)
		}
	}
	if commands != 10 || !strings.Contains(b.String(), "15 more findings of severity warning") {
		t.Errorf("%d commands\n%s", commands, b.String()[len(b.String())-300:])
	}
}
