package report_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
)

// saved gives the saved reports of the renderers, by name: one set of files serves both packages.
func saved(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("../render/testdata/reports/*.json")
	if err != nil || len(paths) < 6 {
		t.Fatalf("saved reports: %v %v", paths, err)
	}
	out := map[string][]byte{}
	for _, path := range paths {
		if out[strings.TrimSuffix(filepath.Base(path), ".json")], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func read(t testing.TB, b []byte) *report.Report {
	t.Helper()
	r, err := report.Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func write(t testing.TB, r *report.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var sameAmount = cmp.Comparer(func(a, b money.Amount) bool { return a.Cmp(b) == 0 })

func TestRoundTrip(t *testing.T) {
	for name, b := range saved(t) {
		r := read(t, b)
		out := write(t, r)
		if diff := cmp.Diff(string(b), string(out)); diff != "" {
			t.Errorf("%s: other bytes (-read +written):\n%s", name, diff)
		}
		if diff := cmp.Diff(r, read(t, out), sameAmount); diff != "" {
			t.Errorf("%s: other values (-written +read):\n%s", name, diff)
		}
	}
}

// A report that leaves every list nil is written with empty lists, so that no reader needs to expect null.
func TestWriteNil(t *testing.T) {
	r := &report.Report{Schema: report.SchemaID, Stage: "release", Period: report.Period{Name: "month", Days: 30}, Verdict: report.Verdict{Status: report.Pass, Headline: "a < b & c"}}
	b := write(t, r)
	for _, want := range []string{`"tracks": []`, `"reasons": []`, `"base": null`, `"headline": "a < b & c"`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in\n%s", want, b)
		}
	}
	if n := strings.Count(string(b), "null"); n != 5 { // base, and four pointers of total
		t.Errorf("%d nulls in\n%s", n, b)
	}
	if !strings.HasSuffix(string(b), "}\n") {
		t.Error("no final newline")
	}
	if diff := cmp.Diff(r, read(t, b), sameAmount, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if err := validator(t).Validate(decode(t, b)); err != nil {
		t.Error(err)
	}
}

func TestWriteRefuses(t *testing.T) {
	nan := math.NaN()
	for want, change := range map[string]func(*report.Report){
		"has no verdict":            func(r *report.Report) { r.Verdict.Status = "" },
		`check "x" has no status`:   func(r *report.Report) { r.Checks = []report.Check{{ID: "x"}} },
		"unsupported value: NaN":    func(r *report.Report) { r.Checks[0].PHead = &nan },
		`schema is "", expected to`: func(r *report.Report) { r.Schema = "" },
	} {
		r := read(t, saved(t)["pass"])
		change(r)
		if err := r.Write(new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	pass := string(saved(t)["pass"])
	for _, c := range []struct{ name, old, new, want string }{
		{"major", "report/v1", "report/v2", `the report has schema "tokengate/report/v2", this program reads tokengate/report/v1`},
		{"other document", "tokengate/report/v1", "cyclonedx/1.6", `not a report: schema is "cyclonedx/1.6"`},
		{"no schema", `"schema": "tokengate/report/v1",`, "", "it has no schema id"},
		{"unknown field", `"stage":`, `"stagee": 1, "stage":`, `unknown object member name "stagee"`},
		{"repeated field", `"stage":`, `"stage": "release", "stage":`, `duplicate object member name "stage"`},
		{"case", `"stage":`, `"Stage":`, `unknown object member name "Stage"`},
		{"status", `"status": "pass"`, `"status": "great"`, `unknown status "great"`},
		{"no verdict", `"verdict": {
    "status": "pass",`, `"verdict": {`, "has no verdict"},
		{"exponent", `"p50": "38.2"`, `"p50": "1e999999999"`, "is not a decimal string"},
		{"number", `"p50": "38.2"`, `"p50": 38.2`, "is not a decimal string"},
		{"text after", "\n}\n", "\n}\n{}", "after top-level value"},
		{"cut", "\n}\n", "", "unexpected EOF"},
		{"utf-8", `"rag-assistant"`, "\"rag\xff\"", "invalid UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			broken := strings.Replace(pass, c.old, c.new, 1)
			if c.name == "text after" || c.name == "cut" {
				broken = strings.TrimSuffix(pass, c.old) + c.new
			}
			if broken == pass {
				t.Fatal("the case changes nothing")
			}
			_, err := report.Read(strings.NewReader(broken))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "read report: ") {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// Whatever is read can be written, and reads back as the same bytes.
func FuzzRead(f *testing.F) {
	f.Add(saved(f)["no-base"])
	f.Add([]byte(`{"schema":"tokengate/report/v1","verdict":{"status":"fail"},"total":{"head":{"recorded_cost":"1e9"}}}`))
	f.Add([]byte(`{"schema":"tokengate/report/v1","verdict":{"status":"fail"},"findings":[{"severity":"info","place":{"start":{"line":-1}}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := report.Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		once := write(t, r)
		if twice := write(t, read(t, once)); !bytes.Equal(once, twice) {
			t.Errorf("%s\nthen\n%s", once, twice)
		}
	})
}

func decode(t testing.TB, b []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func validator(t testing.TB) *jsonschema.Schema {
	t.Helper()
	b, err := report.Schema()
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(report.SchemaURL, decode(t, b)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(report.SchemaURL)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchemaAccepts(t *testing.T) {
	s := validator(t)
	for name, b := range saved(t) {
		if err := s.Validate(decode(t, b)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRejects(t *testing.T) {
	s, pass := validator(t), string(saved(t)["pass"])
	for _, c := range []struct{ old, new string }{
		{`"status": "pass"`, `"status": "great"`},
		{`"severity"`, `"severityy"`},
		{`"stage": "pull_request"`, `"stage": "someday"`},
		{`"stage": "pull_request",`, ``},
		{`"p50": "38.2"`, `"p50": 38.2`},
		{`"p50": "38.2"`, `"p50": "$38.20"`},
		{`"unit": "usd"`, `"unit": "eur"`},
		{`"schema": "tokengate/report/v1"`, `"schema": "tokengate/report/v2"`},
		{`"tracks": [`, `"tracks": null, "x": [`},
		{`"generated_at": "2026-11-24T09:30:00Z"`, `"generated_at": "yesterday"`},
		{`"latency_p50_ms": 820`, `"latency_p50_ms": 820.5`},
		{`"from": "base"`, `"from": "elsewhere"`},
	} {
		broken := strings.Replace(pass, c.old, c.new, 1)
		if c.old == `"severity"` {
			broken = strings.Replace(string(saved(t)["breach"]), c.old, c.new, 1)
		}
		if broken == pass {
			t.Fatalf("%s changes nothing", c.new)
		}
		if s.Validate(decode(t, []byte(broken))) == nil {
			t.Errorf("the schema accepts %s", c.new)
		}
	}
}

// Every field of the types is in the schema, and every pointer that is always written may be null.
func TestSchemaCovers(t *testing.T) {
	b, err := report.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Properties map[string]any
		Defs       map[string]struct {
			Description          string
			Properties           map[string]any
			Required             []string
			AdditionalProperties *bool
		} `json:"$defs"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	if n := reflect.TypeFor[report.Report]().NumField(); len(doc.Properties) != n {
		t.Errorf("%d properties, %d fields", len(doc.Properties), n)
	}
	for name, def := range doc.Defs {
		if def.AdditionalProperties == nil || *def.AdditionalProperties {
			t.Errorf("%s allows other properties", name)
		}
		if def.Description == "" && name != "Span" && name != "Pos" {
			t.Errorf("%s has no description", name)
		}
	}
	side := doc.Defs["Side"]
	if diff := cmp.Diff([]string{"recorded_cost", "recorded_tokens", "cost", "tokens", "call_cost_p50", "call_cost_p95", "latency_p50_ms", "latency_p95_ms"}, side.Required); diff != "" {
		t.Error(diff)
	}
	for _, nullable := range []string{"cost", "tokens", "latency_p50_ms", "latency_p95_ms"} {
		if !strings.Contains(mustJSON(t, side.Properties[nullable]), `"type":"null"`) {
			t.Errorf("side.%s may not be null", nullable)
		}
	}
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
