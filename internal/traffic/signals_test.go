package traffic

import (
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

// timedSpan writes a span that began at from and ended at to, in seconds.
func timedSpan(trace, id, operation, response string, from, to float64, in int) string {
	return fmt.Sprintf(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":%q,"spanId":%q,"startTimeUnixNano":"%.0f","endTimeUnixNano":"%.0f","attributes":[
		{"key":"gen_ai.operation.name","value":{"stringValue":%q}},{"key":"gen_ai.response.id","value":{"stringValue":%q}},{"key":"gen_ai.request.model","value":{"stringValue":"m"}},
		{"key":"gen_ai.usage.input_tokens","value":{"intValue":%d}},{"key":"gen_ai.usage.output_tokens","value":{"intValue":1}}]}]}]}]}`,
		trace, id, 1.78e18+from*1e9, 1.78e18+to*1e9, operation, response, in)
}

// TestResponseID says what becomes of spans with one response id that no tree sets against each other.
func TestResponseID(t *testing.T) {
	for _, c := range []struct {
		name, want, rules string
		duplicates        int64
		lines             []string
	}{
		{"two instrumentations of one request", "r 5/0/1", "", 1, []string{timedSpan("1", "a", "chat", "r", 0, 9, 5), timedSpan("1", "b", "chat", "r", 1, 8, 5)}},
		{"of two services", "r 5/0/1", "", 1, []string{timedSpan("1", "a", "chat", "r", 0, 9, 5), timedSpan("2", "b", "chat", "r", 1, 8, 5)}},
		{"that differ in tokens", "r 7/0/1", ruleConflict, 1, []string{timedSpan("1", "a", "chat", "r", 0, 9, 5), timedSpan("1", "b", "chat", "r", 1, 8, 7)}},
		{"a constant id in one trace", "1/a 5/0/1; 1/b 5/0/1", ruleConflict, 0, []string{timedSpan("1", "a", "chat", "mock", 0, 1, 5), timedSpan("1", "b", "chat", "mock", 2, 3, 5)}},
		{"a constant id in two traces, and a repeated span", "1/a 5/0/1; 2/b 6/0/1", ruleConflict, 1, []string{timedSpan("1", "a", "chat", "mock", 0, 1, 5), timedSpan("2", "b", "chat", "mock", 2, 3, 6), timedSpan("1", "a", "chat", "mock", 0, 1, 5)}},
		{"an agent that ends with the response", "r 5/0/1", "", 0, []string{timedSpan("1", "a", "invoke_agent", "r", 0, 99, 50), timedSpan("1", "b", "chat", "r", 90, 98, 5)}},
		{"agents alone", "r 50/0/1", ruleCallless, 0, []string{timedSpan("1", "a", "invoke_agent", "r", 0, 99, 50)}},
		{"the end before the start", "r 5/0/1", ruleReversed, 0, []string{timedSpan("1", "a", "chat", "r", 9, 1, 5)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 2 {
				rec, diags, err := Read([]Source{{FS: fstest.MapFS{"a": &fstest.MapFile{Data: []byte(strings.Join(c.lines, "\n"))}}, Path: "a"}}, Options{})
				if err != nil {
					t.Fatal(err)
				}
				var rules []string
				for _, d := range diags {
					rules = append(rules, d.Rule)
				}
				if got := outline(rec); got != c.want || strings.Join(rules, " ") != c.rules || rec.Duplicates != c.duplicates {
					t.Errorf("%s, rules %v, %d duplicates; want %s, %s, %d", got, rules, rec.Duplicates, c.want, c.rules, c.duplicates)
				}
				c.lines[0], c.lines[len(c.lines)-1] = c.lines[len(c.lines)-1], c.lines[0]
			}
		})
	}
}

// TestSignalsInAnyOrder shuffles the lines of each signal over files: nothing but places may change.
func TestSignalsInAnyOrder(t *testing.T) {
	for _, name := range []string{"otlp/logs.jsonl", "otlp/metrics.jsonl", "otlp/copilot.jsonl"} {
		lines := fixture(t, name)
		want := deal(t, OTLP, lines, nil)
		for seed := range uint64(20) {
			got := deal(t, OTLP, lines, rand.New(rand.NewPCG(seed, 1)))
			if diff := gocmp.Diff(want, got, cmpopts.IgnoreFields(Call{}, "Place"), cmpopts.IgnoreFields(Recording{}, "Files")); diff != "" {
				t.Fatalf("%s, seed %d: %s", name, seed, diff)
			}
		}
	}
}

// TestIDs reads an id in every way it is written.
func TestIDs(t *testing.T) {
	want := keyOf("0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7")
	for _, c := range [][2]text{
		{"0AF7651916CD43DD8448EB211C80319C", "00F067AA0BA902B7"}, {"CvdlGRbNQ92ESOshHIAxnA==", "APBnqgupArc="},
		{"0x0af7651916cd43dd8448eb211c80319c", "0x00f067aa0ba902b7"}, {"af7651916cd43dd8448eb211c80319c", "f067aa0ba902b7"},
	} {
		if got := keyOf(c[0], c[1]); got != want {
			t.Errorf("%s %s: %s, want %s", c[0], c[1], got, want)
		}
	}
	for _, none := range []text{"", "0", "0000000000000000", "AAAAAAAAAAA="} {
		if keyOf("1", none).known() {
			t.Errorf("%q is an id", none)
		}
	}
	if a, b := keyOf("1", "one"), keyOf("1", "two"); !a.known() || a == b {
		t.Errorf("%s and %s", a, b)
	}
}

// TestSampleAttributes reads the attributes of real spans, which stand alone in these files, in a span of ours.
func TestSampleAttributes(t *testing.T) {
	for name, want := range map[string]string{
		"openinference_client_span_tool_calls.json":         "/ 97/0/52",
		"otel_genai_client_span_tool_calls.json":            "chatcmpl-CQF10eCkoFphJZJQkzzN6EkTD0AVF 97/0/52",
		"otel_genai_deprecated_client_span_tool_calls.json": "chatcmpl-CQF10eCkoFphJZJQkzzN6EkTD0AVF 97/0/52",
		"openinference_client_span_input_output_only.json":  "/ 97/0/52",
		"otel_genai_tool_execution_span.json":               "",
	} {
		t.Run(name, func(t *testing.T) {
			root, path := shared(t, "formats/samples/otlp/openinference__"+name)
			attrs, err := os.ReadFile(filepath.Join(root, path))
			if err != nil {
				t.Fatal(err)
			}
			line := `{"name":"x","context":{"trace_id":"0x0","span_id":"0x1"},"start_time":"2026-01-01T00:00:00Z","attributes":` + string(attrs) + `}`
			rec, _, err := Read([]Source{{FS: fstest.MapFS{"a": &fstest.MapFile{Data: []byte(line)}}, Path: "a"}}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := outline(rec)
			if strings.HasPrefix(got, "/1 ") {
				got = "/" + got[2:]
			}
			if got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}
