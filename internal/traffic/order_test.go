package traffic

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestOrderDoesNotMatter shuffles the lines of each dialect, repeats some, and deals them over files in any order: the
// calls, what was skipped and the share of bad lines stay.
func TestOrderDoesNotMatter(t *testing.T) {
	for name, lines := range map[string][]string{
		Native:     append(fixture(t, "native/good.jsonl"), randomLines(t)...),
		ClaudeCode: append(fixture(t, "claude-code/session.jsonl"), streams()...),
		LiteLLM:    fixture(t, "litellm/rows.jsonl"),
		OTLP:       fixture(t, "otlp/nested.jsonl"),
	} {
		t.Run(name, func(t *testing.T) {
			want := deal(t, name, lines, nil)
			if len(want.Calls) == 0 || want.Duplicates == 0 {
				t.Fatal("nothing to show it on")
			}
			for seed := range uint64(30) {
				got := deal(t, name, lines, rand.New(rand.NewPCG(seed, 0)))
				ignore := cmpopts.IgnoreFields(Call{}, "Place")
				if diff := gocmp.Diff(want.Calls, got.Calls, ignore); diff != "" {
					t.Fatalf("seed %d: %s", seed, diff)
				}
				if diff := gocmp.Diff([]any{want.Skipped, want.Lines, want.Duplicates, want.First, want.Last}, []any{got.Skipped, got.Lines, got.Duplicates, got.First, got.Last}); diff != "" {
					t.Fatalf("seed %d: %s", seed, diff)
				}
			}
		})
	}
}

// deal shuffles lines over files; without r it keeps one file.
func deal(t *testing.T, dialect string, lines []string, r *rand.Rand) *Recording {
	t.Helper()
	texts := make([]bytes.Buffer, 1)
	if r != nil {
		texts = make([]bytes.Buffer, 1+r.IntN(5))
		lines = append([]string{}, lines...)
		r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
	for _, l := range lines {
		at := 0
		if r != nil {
			at = r.IntN(len(texts))
		}
		texts[at].WriteString(l + "\n")
	}
	var srcs []Source
	for i := range texts {
		name := fmt.Sprintf("f%d", i)
		srcs = append(srcs, Source{FS: fstest.MapFS{name: &fstest.MapFile{Data: texts[i].Bytes()}}, Path: name, Dialect: dialect})
	}
	if r != nil {
		r.Shuffle(len(srcs), func(i, j int) { srcs[i], srcs[j] = srcs[j], srcs[i] })
	}
	rec, _, err := Read(srcs, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func fixture(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// randomLines are calls with few ids and few times, so that many records meet in one call or one moment.
func randomLines(t *testing.T) []string {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	var b bytes.Buffer
	for range 200 {
		c := anyCall(r, r.IntN(40))
		if err := WriteNative(&b, &c); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Split(strings.TrimSpace(b.String()), "\n")
}

// streams are lines of Claude Code responses with everything that can meet under one message id.
func streams() []string {
	r := rand.New(rand.NewPCG(5, 6))
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	var out []string
	for range 300 {
		out = append(out, fmt.Sprintf(`{"type":"assistant","sessionId":"%s","isSidechain":%s,"timestamp":"2026-06-01T09:00:0%d.000Z"%s,"uuid":"%d","message":{"id":"msg_%d","model":"claude-sonnet-5","stop_reason":%s,"usage":{"input_tokens":5,"output_tokens":%s%s}}}`,
			pick("s1", "s2"), pick("true", "false"), r.IntN(4), pick("", `,"requestId":"ra"`, `,"requestId":"rb"`), r.IntN(9), 10+r.IntN(25), pick("null", `"end_turn"`), pick("1", "20", "300"), pick("", `,"speed":"fast"`)))
	}
	return out
}

// TestOneCallInManyFiles counts a call that stands in several files once, in one of them.
func TestOneCallInManyFiles(t *testing.T) {
	root := fstest.MapFS{}
	var srcs []Source
	for _, name := range []string{"c", "a", "b"} {
		root[name] = &fstest.MapFile{Data: []byte(strings.Replace(oneCall, `"model"`, `"id":"x","model"`, 1))}
		srcs = append(srcs, Source{FS: root, Path: name})
	}
	rec, diags, err := Read(srcs, Options{})
	if err != nil || len(diags) > 0 || len(rec.Calls) != 1 || rec.Duplicates != 2 || rec.Calls[0].Place.File != "a" {
		t.Errorf("%+v %v %v", rec, told(diags), err)
	}
	if f := rec.Files; f[0].Calls != 1 || f[1].Calls != 0 || f[2].Calls != 0 {
		t.Errorf("%+v", f)
	}
}

// TestOneCallInTwoDialects counts a response once that a proxy and a tracer both recorded.
func TestOneCallInTwoDialects(t *testing.T) {
	root := fstest.MapFS{
		"proxy.jsonl": &fstest.MapFile{Data: []byte(`{"id":"chatcmpl-1","call_type":"acompletion","startTime":"2026-02-03T10:00:00Z","model":"gpt-5-mini","prompt_tokens":100,"completion_tokens":10}`)},
		"trace.json":  &fstest.MapFile{Data: []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"a","spanId":"b","startTimeUnixNano":"1770112800000000000","attributes":[{"key":"gen_ai.response.id","value":{"stringValue":"chatcmpl-1"}},{"key":"gen_ai.response.model","value":{"stringValue":"gpt-5-mini"}},{"key":"gen_ai.usage.input_tokens","value":{"intValue":100}},{"key":"gen_ai.usage.output_tokens","value":{"intValue":10}}]}]}]}]}`)},
	}
	rec, diags, err := Read([]Source{{FS: root, Path: "proxy.jsonl"}, {FS: root, Path: "trace.json"}}, Options{})
	if err != nil || len(diags) > 0 || len(rec.Calls) != 1 || rec.Duplicates != 1 {
		t.Errorf("%+v %v %v", rec, told(diags), err)
	}
}

func TestDefaultsNeverOverride(t *testing.T) {
	line := `{"ts":"2026-05-04T07:00:00Z","track":"mine","model":"m","usage":{"input":1,"output":1}}`
	root := fstest.MapFS{"a": &fstest.MapFile{Data: []byte(line)}}
	rec, _, err := Read([]Source{{FS: root, Path: "a", Defaults: Defaults{Track: "t", Feature: "f", Model: "n", Template: "p.md"}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c := rec.Calls[0]; c.Track != "mine" || c.Feature != "f" || c.Model != "m" || c.Template != "p.md" {
		t.Errorf("%+v", c)
	}
}
