package gate_test

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/traffic"
)

const example = "../../testdata/projects/rag-assistant"

// samples gives the folder of real files that stands beside the project on some machines, or skips the test.
func samples(t *testing.T, name string) fs.FS {
	t.Helper()
	found := filepath.Join("..", "..", "..", "shared", "formats", "samples", filepath.FromSlash(name))
	if _, err := os.Stat(found); err != nil {
		t.Skip("shared samples not present: " + name)
	}
	return os.DirFS(found)
}

// valid holds a report against the published schema.
func valid(t *testing.T, r *report.Report) {
	t.Helper()
	b, err := report.Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("report.json", doc); err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(write(t, r)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.MustCompile("report.json").Validate(v); err != nil {
		t.Errorf("the report is not of its schema: %v", err)
	}
}

// Every run's report is of the published schema, whatever is missing from it.
func TestReportValid(t *testing.T) {
	base := project(t)
	for name, head := range map[string]files{
		"a change":         base.edit("prompts/answer.md", longer(2000)),
		"no traffic":       base.without("traffic/oct.jsonl"),
		"no configuration": base.without("tokengate.yaml"),
		"raised":           base.edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, "$5", "$500")),
	} {
		t.Run(name, func(t *testing.T) {
			valid(t, compare(t, base, head))
			valid(t, compare(t, nil, head))
		})
	}
	valid(t, compare(t, nil, files{}))
}

// Real memory files and real recordings without any configuration: everything is counted, nothing is passed.
func TestSamples(t *testing.T) {
	trees, otlp, code, csv := samples(t, "claude-md/trees"), samples(t, "otlp"), samples(t, "claude-code-jsonl"), samples(t, "traces")
	var extra []traffic.Source
	for _, s := range []struct {
		fs       fs.FS
		pattern  string
		defaults traffic.Defaults
	}{
		{code, "*.jsonl", traffic.Defaults{}},
		{otlp, "*", traffic.Defaults{}},
		{csv, "azure_*.csv", traffic.Defaults{Model: "gpt-4o", Track: "traces"}},
	} {
		names, err := fs.Glob(s.fs, s.pattern)
		if err != nil || len(names) == 0 {
			t.Skip("shared samples not present: " + s.pattern)
		}
		for _, n := range names {
			extra = append(extra, traffic.Source{FS: s.fs, Path: n, Name: n, Sampling: 1, Defaults: s.defaults})
		}
	}
	dirs, err := fs.ReadDir(trees, ".")
	if err != nil || len(dirs) == 0 {
		t.Skip("shared samples not present: trees")
	}
	sized := 0
	for _, d := range dirs {
		tree, err := fs.Sub(trees, d.Name())
		if err != nil {
			t.Fatal(err)
		}
		in := input(t, nil, files{})
		in.Head.FS, in.Extra = tree, extra
		in.Base = &gate.Revision{Revision: report.Revision{Ref: "origin/main"}, FS: fstest.MapFS{}}
		r := check(t, in)
		if r.Provenance.Calls < 1000 || r.Total.Calls != r.Provenance.Calls || r.Total.Head.RecordedTokens == 0 || r.Verdict.Status != report.Inconclusive {
			t.Errorf("%s: %d calls, %d replayed, %s", d.Name(), r.Provenance.Calls, r.Total.Calls, r.Verdict.Headline)
		}
		for _, one := range r.Templates {
			if one.Tokens > 0 && path.Ext(one.Path) == ".md" {
				sized++
			}
		}
		valid(t, r)
	}
	if sized == 0 {
		t.Error("no memory file was counted")
	}
}

// BenchmarkCheck is the whole run on the example project, with the change that breaches its ceiling.
func BenchmarkCheck(b *testing.B) {
	in := input(b, nil, files{})
	in.Head.FS = os.DirFS(example)
	in.Base = &gate.Revision{Revision: report.Revision{Ref: "origin/main"}, FS: overlay{os.DirFS(example + ".changes/previous"), os.DirFS(example)}}
	in.Config = config.Name
	b.ReportAllocs()
	for b.Loop() {
		r := check(b, in)
		if r.Provenance.Calls < 1000 {
			b.Fatalf("%d calls", r.Provenance.Calls)
		}
		b.ReportMetric(float64(r.Provenance.Calls), "calls")
	}
}

// overlay reads from top what is there and the rest from below. Folders are those of below.
type overlay struct{ top, below fs.FS }

func (o overlay) Open(name string) (fs.File, error) {
	if info, err := fs.Stat(o.top, name); err == nil && !info.IsDir() {
		return o.top.Open(name)
	}
	return o.below.Open(name)
}
