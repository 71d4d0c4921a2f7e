package traffic

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tokengate/tokengate/internal/token"
)

// TestTextChangesNothingElse reads every fixture with and without text: calls, counts and diagnostics stay, but for the
// prompts and what is said of them, and every call has a prompt or is counted as lacking one.
func TestTextChangesNothingElse(t *testing.T) {
	names, err := filepath.Glob("testdata/*/*.[jc]*")
	if err != nil || len(names) < 12 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		src := []Source{{FS: os.DirFS("."), Path: filepath.ToSlash(name), Defaults: Defaults{Model: "d"}}}
		textChangesNothingElse(t, src, Options{})
	}
}

func textChangesNothingElse(t *testing.T, src []Source, opts Options) {
	t.Helper()
	plain, diags, err := Read(src, opts)
	if err != nil {
		t.Fatal(err)
	}
	opts.Text = true
	full, more, err := Read(src, opts)
	if err != nil {
		t.Fatal(err)
	}
	var lacks, prompts int64
	for _, l := range full.Lacks {
		lacks += l.Count
	}
	for i := range full.Calls {
		if full.Calls[i].Prompt != nil {
			prompts++
		}
		full.Calls[i].Prompt = nil
	}
	if lacks+prompts != int64(len(full.Calls)) {
		t.Errorf("%s: %d prompts and %d lacks of %d calls", src[0].Path, prompts, lacks, len(full.Calls))
	}
	if len(plain.Lacks) > 0 {
		t.Errorf("%s: lacks without text: %v", src[0].Path, plain.Lacks)
	}
	full.Lacks = nil
	kept := more[:0]
	for _, d := range more {
		if d.Rule != ruleText {
			kept = append(kept, d)
		}
	}
	ignore := cmpopts.IgnoreFields(Call{}, "Place") // of calls that are equal but for their text and place, text orders them
	if diff := gocmp.Diff(plain, full, cmpopts.EquateEmpty(), cmpopts.EquateNaNs(), ignore); diff != "" {
		t.Errorf("%s differs with text:\n%s", src[0].Path, diff)
	}
	if diff := gocmp.Diff(diags, kept, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s differs with text:\n%s", src[0].Path, diff)
	}
}

// TestPromptOfDuplicates says whose text a call has that was recorded several times.
func TestPromptOfDuplicates(t *testing.T) {
	line := func(id, more string) string {
		return fmt.Sprintf(`{"ts":"2026-05-04T07:00:00Z","id":"%s","model":"m","usage":{"input":9,"output":1}%s}`, id, more)
	}
	const short, long = `,"messages":[{"role":"user","content":"hello"}]`, `,"messages":[{"role":"user","content":"hello world"}]`
	const broken = `,"messages":[{"role":"user"}]`
	for _, c := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"equal but for the text", []string{line("a", ""), line("a", long)}, "a 2"},
		{"of two texts the fuller", []string{line("a", long), line("a", short), line("a", "")}, "a 2"},
		{"the fuller by all classes together", []string{line("a", short), line("a", `,"messages":[{"role":"user","content":"12 34 56 78"}]`)}, "a 7"},
		{"the more complete record has none", []string{line("a", long), line("a", `,"latency_ms":3`)}, "a no prompt text in the record"},
		{"the more complete record has less", []string{line("a", long), line("a", short+`,"latency_ms":3`)}, "a 1"},
		{"different calls keep their own", []string{line("a", long), line("b", short)}, "a 2; b 1"},
		{"equal calls without ids", []string{line("", long), line("", ""), line("", short)}, "; 1; 2 no prompt text in the record"},
		{"neither has any", []string{line("a", broken), line("a", `,"messages":[]`)}, "a no prompt text in the record"},
		{"one was cut", []string{line("a", `,"messages":[{"role":"user","content":"hello"},{"role":"user"}]`), line("a", "")}, "a a part of the prompt text was left out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(12) {
				got := promptsOf(dealText(t, c.lines, rand.New(rand.NewPCG(seed, 7))))
				if got != c.want {
					t.Fatalf("seed %d: %q, want %q", seed, got, c.want)
				}
			}
		})
	}
}

// promptsOf gives the ids of calls with the tokens of their prompts, then why others have none.
func promptsOf(rec *Recording) string {
	var calls, lacks []string
	for _, c := range rec.Calls {
		out := c.ID
		if c.Prompt != nil {
			var n int64
			for _, k := range c.Prompt.Text {
				n += k
			}
			out = strings.TrimSpace(fmt.Sprintf("%s %d", c.ID, n))
		}
		calls = append(calls, out)
	}
	for _, l := range rec.Lacks {
		lacks = append(lacks, " "+l.Reason)
	}
	return strings.Join(calls, "; ") + strings.Join(lacks, "")
}

// dealText deals lines of the native dialect over two files, and reads them with text.
func dealText(t *testing.T, lines []string, r *rand.Rand) *Recording {
	t.Helper()
	var texts [2]bytes.Buffer
	for _, i := range r.Perm(len(lines)) {
		texts[r.IntN(2)].WriteString(lines[i] + "\n")
	}
	root := fstest.MapFS{"a": &fstest.MapFile{Data: texts[0].Bytes()}, "b": &fstest.MapFile{Data: texts[1].Bytes()}}
	rec, _, err := Read([]Source{{FS: root, Path: "a", Dialect: Native}, {FS: root, Path: "b", Dialect: Native}}, Options{Text: true})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// TestComparePrompts holds the order against what makes joining independent of order: it is antisymmetric and transitive,
// and only equal prompts are equal in it.
func TestComparePrompts(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	var all []*token.Content
	for range 60 {
		c := token.Content{Messages: r.Int64N(2), Tools: r.Int64N(2), Images: r.Int64N(2)}
		c.Text[0], c.Text[5] = r.Int64N(3), r.Int64N(3)
		all = append(all, &c)
	}
	all = append(all, nil, nil)
	for _, a := range all {
		for _, b := range all {
			ab, ba := comparePrompts(a, b), comparePrompts(b, a)
			same := a == b || a != nil && b != nil && *a == *b
			if (ab < 0) != (ba > 0) || (ab == 0) != same {
				t.Fatalf("%v %v: %d %d", a, b, ab, ba)
			}
			for _, c := range all {
				if ab <= 0 && comparePrompts(b, c) <= 0 && comparePrompts(a, c) > 0 {
					t.Fatalf("%v %v %v are a circle", a, b, c)
				}
			}
		}
	}
}

func TestManyBadTexts(t *testing.T) {
	line := strings.Replace(oneCall, `"model"`, `"messages":[1],"model"`, 1)
	root := fstest.MapFS{"a": &fstest.MapFile{Data: []byte(strings.Repeat(line, shownBad+5))}}
	rec, diags, err := Read([]Source{{FS: root, Path: "a"}}, Options{Text: true})
	if err != nil || len(rec.Calls) != shownBad+5 || rec.BadShare() != 0 || len(rec.Skipped) != 0 {
		t.Fatal(len(rec.Calls), rec.Skipped, err)
	}
	last := diags[len(diags)-1]
	if len(diags) != shownBad+1 || last.Rule != ruleText || last.Span.Start.Line != shownBad+1 || !strings.Contains(last.Summary, "and 5 more prompts that cannot be counted") {
		t.Error(len(diags), last)
	}
	if diff := gocmp.Diff([]Lack{{"the prompt text cannot be counted", shownBad + 5}}, rec.Lacks); diff != "" {
		t.Error(diff)
	}
}

// TestWriteNativeLeavesPromptsOut: numbers of a prompt are not part of a recording.
func TestWriteNativeLeavesPromptsOut(t *testing.T) {
	c := Call{Time: time.Unix(0, 0), Model: "m"}
	var with, without bytes.Buffer
	if err := WriteNative(&without, &c); err != nil {
		t.Fatal(err)
	}
	c.Prompt = &token.Content{Messages: 1}
	if err := WriteNative(&with, &c); err != nil || with.String() != without.String() {
		t.Error(with.String(), err)
	}
}

// TestJaegerText reads the same attributes as Jaeger writes them.
func TestJaegerText(t *testing.T) {
	doc := func(more string) string {
		return `{"data":[{"spans":[{"traceID":"a","spanID":"b","startTime":1780000000000000,"duration":5,"tags":[
			{"key":"gen_ai.request.model","type":"string","value":"m"},{"key":"gen_ai.usage.input_tokens","type":"int64","value":9},
			{"key":"gen_ai.prompt.0.role","type":"string","value":"user"},{"key":"gen_ai.prompt.0.content","type":"string","value":"hello world"}` + more + `]}]}]}`
	}
	for more, want := range map[string]string{
		"": "a/b 2",
		`,{"key":"otel.dropped_attributes_count","type":"int64","value":2}`: "a/b a part of the prompt text was left out",
		`,{"key":"otel.dropped_attributes_count","type":"int64","value":0}`: "a/b 2",
	} {
		root := fstest.MapFS{"a": &fstest.MapFile{Data: []byte(doc(more))}}
		rec, _, err := Read([]Source{{FS: root, Path: "a"}}, Options{Text: true})
		if err != nil || shortID(promptsOf(rec)) != want {
			t.Errorf("%s: %q, want %q, %v", more, shortID(promptsOf(rec)), want, err)
		}
	}
}

// TestTextIsNotKept reads two megabytes of prompts and looks at what is left of them.
func TestTextIsNotKept(t *testing.T) {
	var b bytes.Buffer
	for range 64 {
		fmt.Fprintf(&b, `{"ts":"2026-05-04T07:00:00Z","model":"m","usage":{"input":9,"output":1},"messages":[{"role":"user","content":"%s"}]}`+"\n", strings.Repeat("hello world ", 3<<10))
	}
	src := []Source{{FS: fstest.MapFS{"a": &fstest.MapFile{Data: b.Bytes()}}, Path: "a"}}
	held := func() int64 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		rec, _, err := Read(src, Options{Text: true})
		if err != nil || len(rec.Calls) != 64 || rec.Calls[0].Prompt == nil {
			t.Fatal(err)
		}
		runtime.GC()
		runtime.GC() // buffers that wait for the next reading go with the second
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(rec)
		return int64(after.HeapAlloc) - int64(before.HeapAlloc)
	}
	held() // the vocabulary stays
	if n := held(); n > int64(b.Len())/4 {
		t.Errorf("%d bytes are held of a recording with %d bytes of text", n, b.Len())
	}
}
