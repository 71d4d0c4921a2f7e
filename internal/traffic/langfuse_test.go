package traffic

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/token"
)

// TestLangfuseUsage pins what the counts of an observation mean: which are beside each other and which inside.
func TestLangfuseUsage(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     token.Usage
		err      string
	}{
		{"plain", `{"input":41,"output":3,"total":44}`, token.Usage{Input: 41, Output: 3}, ""},
		{"no total", `{"input":41,"output":3}`, token.Usage{Input: 41, Output: 3}, ""},
		{"a total of 0 says nothing", `{"input":41,"output":3,"total":0}`, token.Usage{Input: 41, Output: 3}, ""},
		{"an embedding", `{"input":8,"total":8}`, token.Usage{Input: 8}, ""},
		{"disjoint, as Langfuse takes OpenAI apart", `{"input":36,"input_cached_tokens":64,"output":10,"output_reasoning_tokens":50,"total":160}`,
			token.Usage{Input: 36, CacheRead: 64, Output: 60, Reasoning: 50}, ""},
		{"disjoint without a total", `{"input":36,"input_cached_tokens":64,"output":10,"output_reasoning":50}`,
			token.Usage{Input: 36, CacheRead: 64, Output: 60, Reasoning: 50}, ""},
		{"disjoint, as LangChain writes it", `{"input":179,"output":35,"total":278,"input_audio":0,"input_cache_read":0,"output_audio":0,"output_reasoning":64}`,
			token.Usage{Input: 179, Output: 99, Reasoning: 64}, ""},
		{"Anthropic's names, disjoint", `{"input":10,"cache_read_input_tokens":200,"cache_creation_input_tokens":30,"output":5,"total":245}`,
			token.Usage{Input: 10, CacheRead: 200, CacheWrite5m: 30, Output: 5}, ""},
		{"LiteLLM's input includes the cache, by the total", `{"input":110,"output":20,"total":130,"cache_creation_input_tokens":0,"cache_read_input_tokens":100}`,
			token.Usage{Input: 10, CacheRead: 100, Output: 20}, ""},
		{"lifetimes", `{"input":10,"input_cache_creation_5m":30,"input_cache_creation_1h":8,"output":5,"total":53}`,
			token.Usage{Input: 10, CacheWrite5m: 30, CacheWrite1h: 8, Output: 5}, ""},
		{"lifetimes and their sum", `{"input":10,"input_cache_creation":38,"input_cache_creation_5m":30,"input_cache_creation_1h":8,"output":5,"total":53}`,
			token.Usage{Input: 10, CacheWrite5m: 30, CacheWrite1h: 8, Output: 5}, ""},
		{"one count under two names", `{"input":36,"input_cached_tokens":64,"cache_read_input_tokens":64,"output":10,"total":110}`,
			token.Usage{Input: 36, CacheRead: 64, Output: 10}, ""},
		{"audio beside", `{"input":10,"input_audio_tokens":90,"output":5,"output_audio_tokens":20,"total":125}`, token.Usage{Input: 100, Output: 25}, ""},
		{"audio inside, by the total", `{"input":100,"input_audio":90,"output":25,"output_audio":20,"total":125}`, token.Usage{Input: 100, Output: 25}, ""},
		{"OpenInference's details are inside", `{"input":100,"prompt_details.cache_read":64,"prompt_details.audio":0,"output":50,"completion_details.reasoning":20,"total":150}`,
			token.Usage{Input: 36, CacheRead: 64, Output: 50, Reasoning: 20}, ""},
		{"OpenInference without a total", `{"input":100,"prompt_details.cache_read":64,"prompt_details.cache_write":6,"output":50,"completion_details.reasoning":20}`,
			token.Usage{Input: 30, CacheRead: 64, CacheWrite5m: 6, Output: 50, Reasoning: 20}, ""},
		{"OpenInference over Gemini", `{"total":2061,"input":6,"completion_details.reasoning":1104,"output":2055}`,
			token.Usage{Input: 6, Output: 2055, Reasoning: 1104}, ""},
		{"cache beside, reasoning inside", `{"input":10,"input_cached_tokens":90,"output":50,"output_reasoning":20,"total":150}`,
			token.Usage{Input: 10, CacheRead: 90, Output: 50, Reasoning: 20}, ""},
		{"cache inside, reasoning beside", `{"input":100,"input_cached_tokens":90,"output":30,"output_reasoning":20,"total":150}`,
			token.Usage{Input: 10, CacheRead: 90, Output: 50, Reasoning: 20}, ""},
		{"a total that fits two ways", `{"input":100,"input_cached_tokens":20,"output":30,"output_reasoning":20,"total":150}`, token.Usage{}, "does not tell which details are inside"},
		{"a total that fits none", `{"input":6,"output":951,"total":2061}`, token.Usage{}, "a total of 2061 tokens, but parts of 957"},
		{"more inside than there is", `{"input":10,"prompt_details.cache_read":64,"output":5}`, token.Usage{}, "details that are more than the whole"},
		{"only a total", `{"total":12}`, token.Usage{}, "only a total of 12 tokens"},
		{"an unknown key outside the total", `{"input":6,"output":1,"total":7,"searches":3}`, token.Usage{Input: 6, Output: 1}, ""},
		{"an unknown key in the total", `{"input":6,"output":1,"total":10,"searches":3}`, token.Usage{}, `3 under "searches", which is neither input nor output`},
		{"an unknown key and no total", `{"input":6,"output":1,"searches":3}`, token.Usage{}, `3 under "searches"`},
		{"an unknown key of 0", `{"input":6,"output":1,"searches":0}`, token.Usage{Input: 6, Output: 1}, ""},
		{"quoted counts", `{"input":"6","output":"1","total":"7"}`, token.Usage{Input: 6, Output: 1}, ""},
		{"a JSON string", `"{\"input\":6,\"output\":1}"`, token.Usage{Input: 6, Output: 1}, ""},
		{"the old form", `{"input":10,"output":10,"unit":"TOKENS","totalCost":0.00018}`, token.Usage{Input: 10, Output: 10}, ""},
		{"the old form, not in tokens", `{"input":10,"output":10,"unit":"CHARACTERS"}`, token.Usage{}, "in characters, not in tokens"},
		{"older still", `{"promptTokens":10,"completionTokens":4,"totalTokens":14}`, token.Usage{Input: 10, Output: 4}, ""},
		{"OpenAI's own", `{"prompt_tokens":100,"completion_tokens":60,"total_tokens":160,"prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":50}}`,
			token.Usage{Input: 36, CacheRead: 64, Output: 60, Reasoning: 50}, ""},
		{"negative", `{"input":-6,"output":1}`, token.Usage{}, "-6 tokens"},
		{"absurd", `{"input":6000000000,"output":1}`, token.Usage{}, "6000000000 tokens"},
		{"a fraction", `{"input":6.5,"output":1}`, token.Usage{}, "not a whole number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, key := range []string{"usageDetails", "usage"} {
				m, err := fieldsOf([]byte(`{"`+key+`":`+c.in+`}`), langfuseNames)
				if err != nil {
					t.Fatal(err)
				}
				got, known, err := langfuseCounts(m)
				switch {
				case !known:
					t.Error("no usage was seen")
				case c.err != "":
					if err == nil || !strings.Contains(err.Error(), c.err) {
						t.Errorf("error %v, want one with %q", err, c.err)
					}
				case err != nil:
					t.Error(err)
				default:
					if diff := gocmp.Diff(c.want, got); diff != "" {
						t.Error(diff)
					}
				}
			}
		})
	}
	for _, none := range []string{`{}`, `{"input":0,"output":0,"total":0}`, `null`} {
		m, err := fieldsOf([]byte(`{"usageDetails":`+none+`}`), langfuseNames)
		if _, known, err2 := langfuseCounts(m); known || err != nil || err2 != nil {
			t.Errorf("%s: %v %v %v", none, known, err, err2)
		}
	}
}

// TestLangfuseSamples reads every real trace. What it must come to is computed here by other means: the summed columns of
// the page, over observations without a counted one below them.
func TestLangfuseSamples(t *testing.T) {
	root, dir := shared(t, "formats/samples/langfuse")
	names, err := filepath.Glob(filepath.Join(root, dir, "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	read, calls := 0, 0
	for _, name := range names {
		base := filepath.Base(name)
		t.Run(base, func(t *testing.T) {
			rec, diags, err := Read([]Source{{FS: os.DirFS(filepath.Join(root, dir)), Path: base}}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(base, ".chatml.") {
				if !strings.Contains(told(diags), "error traffic-dialect") || len(rec.Calls) > 0 {
					t.Errorf("prompts alone were taken for traffic: %s", told(diags))
				}
				return
			}
			want := naiveLangfuse(t, name)
			got := sum(rec)
			got.Lines, got.Usage.Reasoning = 0, 0
			if diff := gocmp.Diff(want, got); diff != "" || len(diags) > 0 {
				t.Error(diff, told(diags))
			}
			read, calls = read+1, calls+len(rec.Calls)
		})
	}
	if read != 25 || calls != 41 {
		t.Errorf("%d calls in %d files, want 41 in 25", calls, read)
	}
}

// naiveLangfuse sums up a file with the standard decoder.
func naiveLangfuse(t *testing.T, name string) (sum totals) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Observations []struct {
			ID                      string
			ParentObservationID     string
			InputUsage, OutputUsage int64
		}
		Batch []struct {
			Body struct {
				Usage struct{ Input, Output int64 }
			}
		}
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	parents, above := map[string]string{}, map[string]bool{}
	for _, o := range doc.Observations {
		parents[o.ID] = o.ParentObservationID
	}
	for _, o := range doc.Observations {
		for p := o.ParentObservationID; p != "" && o.InputUsage+o.OutputUsage > 0; p = parents[p] {
			above[p] = true
		}
	}
	for _, o := range doc.Observations {
		if o.InputUsage+o.OutputUsage > 0 && !above[o.ID] {
			sum.Calls++
			sum.Usage = sum.Usage.Add(token.Usage{Input: o.InputUsage, Output: o.OutputUsage})
		}
	}
	for _, e := range doc.Batch {
		if u := e.Body.Usage; u.Input+u.Output > 0 {
			sum.Calls++
			sum.Usage = sum.Usage.Add(token.Usage{Input: u.Input, Output: u.Output})
		}
	}
	return sum
}

// TestLangfuseTwice reads each trace of the samples in the two forms it was saved in: nothing is counted twice.
func TestLangfuseTwice(t *testing.T) {
	root, dir := shared(t, "formats/samples/langfuse")
	for _, name := range []string{"agno-2025-06-11", "autogen-2025-06-06", "google-adk-2025-08-28", "google-gemini-2025-08-01", "koog-2025-08-26"} {
		read := func(paths ...string) *Recording {
			var srcs []Source
			for _, p := range paths {
				srcs = append(srcs, Source{FS: os.DirFS(filepath.Join(root, dir)), Path: p})
			}
			rec, _, err := Read(srcs, Options{})
			if err != nil {
				t.Fatal(err)
			}
			return rec
		}
		once, twice := read(name+".json"), read(name+".json", name+".trace.json")
		if a, b := sum(once), sum(twice); a.Usage != b.Usage || a.Calls != b.Calls || b.Duplicates != a.Calls {
			t.Errorf("%s: %+v alone, %+v with its copy", name, a, b)
		}
		for i := range once.Calls {
			a, b := once.Calls[i], twice.Calls[i]
			if a.Latency != b.Latency || a.Session != b.Session || a.User != b.User || a.Latency == 0 && a.ID != "" {
				t.Errorf("%s: %+v and %+v", name, a, b)
			}
		}
	}
}

// TestObservations holds trees, versions and parts, spread over files in every order, against what they count to.
func TestObservations(t *testing.T) {
	gen := func(id, parent, kind, updated, usage string) string {
		return fmt.Sprintf(`{"id":%q,"traceId":"t","type":%q,"startTime":"2026-05-04T07:00:00Z","model":"m","parentObservationId":%q,"updatedAt":%q,"usageDetails":%s}`, id, kind, parent, updated, usage)
	}
	event := func(kind, at, body string) string {
		return fmt.Sprintf(`{"batch":[{"id":"e","type":%q,"timestamp":%q,"body":%s}]}`, kind, at, body)
	}
	const early, late, five, nine = "2026-05-04T07:00:01Z", "2026-05-04T07:00:02Z", `{"input":5,"output":1}`, `{"input":9,"output":1}`
	for _, c := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"an agent above its generations", []string{gen("a", "", "AGENT", early, five), gen("b", "a", "GENERATION", early, five), gen("c", "a", "GENERATION", early, five)}, "b 5/0/1; c 5/0/1; nested"},
		{"an agent alone", []string{gen("a", "", "AGENT", early, five), gen("b", "a", "TOOL", early, `{}`)}, "a 5/0/1"},
		{"instrumented twice", []string{gen("a", "", "GENERATION", early, nine), gen("b", "a", "GENERATION", early, five)}, "b 5/0/1; nested"},
		{"instrumented twice, with a span between", []string{gen("a", "", "GENERATION", early, nine), gen("s", "a", "SPAN", early, `{}`), gen("b", "s", "GENERATION", early, five)}, "b 5/0/1; nested"},
		{"an outer generation whose usage is lost", []string{gen("a", "", "GENERATION", early, `{}`), gen("b", "a", "GENERATION", early, five)}, "b 5/0/1; nested"},
		{"an inner generation whose usage is lost", []string{gen("a", "", "GENERATION", early, five), gen("b", "a", "GENERATION", early, `{}`)}, "a 5/0/1; nested"},
		{"a tool's own calls are other calls", []string{gen("a", "", "GENERATION", early, nine), gen("o", "a", "TOOL", early, `{}`), gen("b", "o", "GENERATION", early, five)}, "a 9/0/1; b 5/0/1"},
		{"but not under an agent", []string{gen("r", "", "AGENT", early, nine), gen("o", "r", "TOOL", early, `{}`), gen("b", "o", "GENERATION", early, five)}, "b 5/0/1; nested"},
		{"the same in two exports", []string{gen("a", "", "GENERATION", early, five), gen("a", "", "GENERATION", early, five)}, "a 5/0/1"},
		{"the version written last, if smaller", []string{gen("a", "", "GENERATION", early, nine), gen("a", "", "GENERATION", late, five)}, "a 5/0/1"},
		{"a version before its usage", []string{gen("a", "", "GENERATION", early, `{}`), gen("a", "", "GENERATION", late, five)}, "a 5/0/1"},
		{"a version that lost its usage", []string{gen("a", "", "GENERATION", early, five), gen("a", "", "GENERATION", late, `{}`)}, "bad no usage"},
		{"a bad version that was put right", []string{gen("a", "", "GENERATION", early, `{"total":4}`), gen("a", "", "GENERATION", late, five)}, "a 5/0/1"},
		{"a version that went bad", []string{gen("a", "", "GENERATION", early, five), gen("a", "", "GENERATION", late, `{"total":4}`)}, "bad no usage"},
		{"deleted", []string{gen("a", "", "GENERATION", early, five), `{"id":"a","type":"GENERATION","startTime":"2026-05-04T07:00:00Z","updatedAt":"` + early + `","is_deleted":1}`}, ""},
		{"a version without a time is oldest", []string{gen("a", "", "GENERATION", "", nine), gen("a", "", "GENERATION", early, five)}, "a 5/0/1"},
		{"a circle of parents", []string{gen("a", "b", "GENERATION", early, five), gen("b", "a", "GENERATION", early, five)}, "b 5/0/1; nested"},
		{"created and completed", []string{event("generation-create", early, `{"id":"a","traceId":"t","startTime":"2026-05-04T07:00:00Z","model":"m"}`), event("generation-update", late, `{"id":"a","usageDetails":{"input":5,"output":1}}`)}, "a 5/0/1"},
		{"completed twice", []string{event("generation-create", early, `{"id":"a","startTime":"2026-05-04T07:00:00Z","model":"m"}`), event("generation-update", early, `{"id":"a","usage":{"input":9,"output":1}}`), event("generation-update", late, `{"id":"a","usage":{"input":5,"output":1}}`)}, "a 5/0/1"},
		{"completed only", []string{event("generation-update", late, `{"id":"a","usage":{"input":9,"output":1}}`)}, "bad no time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, order := range permutations(len(c.lines)) {
				root, srcs := fstest.MapFS{}, []Source(nil)
				for at, i := range order {
					name := fmt.Sprint(at)
					root[name] = &fstest.MapFile{Data: []byte(c.lines[i])}
					srcs = append(srcs, Source{FS: root, Path: name, Dialect: Langfuse})
				}
				rec, _, err := Read(srcs, Options{})
				if err != nil {
					t.Fatal(err)
				}
				if diff := gocmp.Diff(c.want, outline(rec)); diff != "" {
					t.Errorf("order %v: %s", order, diff)
				}
				for _, s := range rec.Skipped {
					if s.Bad && s.Count > 1 {
						t.Errorf("order %v: one observation is bad %d times", order, s.Count)
					}
				}
			}
		})
	}
}

func permutations(n int) (out [][]int) {
	if n == 0 {
		return [][]int{{}}
	}
	for _, p := range permutations(n - 1) {
		for at := range n {
			out = append(out, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return out
}

// TestTraceInAnotherFile joins user and session across files, and takes the trace written last.
func TestTraceInAnotherFile(t *testing.T) {
	root := fstest.MapFS{
		"o.jsonl": &fstest.MapFile{Data: []byte(`{"id":"a","trace_id":"t","type":"GENERATION","start_time":"2026-05-04 07:00:00","provided_model_name":"m","usage_details":{"input":1,"output":1}}`)},
		"t.jsonl": &fstest.MapFile{Data: []byte(`{"id":"t","timestamp":"2026-05-04 07:00:00","user_id":"new","session_id":null,"bookmarked":false,"updated_at":"2026-05-04 07:00:09"}
{"id":"t","timestamp":"2026-05-04 07:00:00","user_id":"old","session_id":"s","bookmarked":false,"updated_at":"2026-05-04 07:00:01"}`)},
	}
	rec, _, err := Read([]Source{{FS: root, Path: "o.jsonl"}, {FS: root, Path: "t.jsonl"}}, Options{})
	if err != nil || len(rec.Calls) != 1 || rec.Calls[0].User != "new" || rec.Calls[0].Session != "s" {
		t.Errorf("%+v %v", rec, err)
	}
}
