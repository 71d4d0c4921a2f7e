package evals

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/source"
)

func read(t *testing.T, content string) (*Suite, source.Diagnostics) {
	t.Helper()
	return ReadJSONL(fstest.MapFS{"s.jsonl": {Data: []byte(content)}}, "s.jsonl")
}

func TestReadJSONL(t *testing.T) {
	const plain = `{"input": "a", "ideal": "b"}` + "\n"
	for _, c := range []struct{ name, content, format, want string }{
		{"text", plain + "\n" + plain, Samples, ""},
		{"messages", `{"input": [{"role": "user", "content": "a"}]}`, Samples, ""},
		{"fine-tuning", `{"messages": [{"role": "user", "content": "a"}], "tools": [{"type": "function", "function": {"name": "f"}}]}`, FineTuning, ""},
		{"preferences", `{"input": {"messages": [{"role": "user", "content": "a"}]}, "preferred_output": []}`, FineTuning, ""},
		{"dataset", `{"item": {"q": "a"}}`, Dataset, ""},
		{"empty", "\n", "", "s.jsonl: s.jsonl holds no sample [eval-empty]"},
		{"cut", plain + `{"input": "a"`, Samples, "s.jsonl:2:14: not JSON: unexpected EOF [eval-bad-line]"},
		{"neither", `{"a": 1}`, "", `s.jsonl:1: the line has neither "input" nor "item" nor "messages" [eval-bad-line]`},
		{"mixed", plain + `{"item": {}}`, Samples, "s.jsonl:2: a line of evals-api after lines of openai-evals [eval-mixed]"},
		{"pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "", "s.jsonl: samples s.jsonl is a Git LFS pointer, not the text itself [eval-unreadable]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, diags := read(t, c.content)
			said := ""
			if len(diags) > 0 {
				said = diags[0].String()
			}
			if s.Format != c.format || said != c.want {
				t.Errorf("%q %s, want %s", s.Format, said, c.want)
			}
		})
	}
}

func prices(t *testing.T, models ...string) Prices {
	t.Helper()
	catalog, err := pricing.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return Prices{Catalog: catalog, At: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Models: models}
}

// Ten words of one token each, and frames of 7: 3 for the message, 1 for its role, 3 for the reply.
func suite(words ...string) *Suite {
	s := &Suite{Prompts: []Prompt{{Label: "p"}}, Providers: []Provider{{ID: "openai:gpt-4o", Model: "openai/gpt-4o", MaxOutput: 100}}}
	for i, w := range words {
		s.Tests = append(s.Tests, Test{})
		s.Inputs = append(s.Inputs, Input{Test: i, Body: request.Body{Messages: []request.Message{{Role: "user", Text: []string{w}}}}})
		s.Calls = append(s.Calls, Call{Input: i, Repeat: int64(i + 1)})
	}
	return s
}

// gpt-4o costs $2.50 and $10 per million: one call of 8 tokens, two of 9, and one more that is not known.
func TestMeasure(t *testing.T) {
	s := suite("a", "a a")
	s.Inputs = append(s.Inputs, Input{Why: "made by a script"})
	s.Calls = append(s.Calls, Call{Input: 2, Repeat: 1})
	r := s.Measure(prices(t))[0]
	if r.Calls != 4 || r.Unknown != 1 || r.Input.Tokens != 26 || r.Input.RelativeError != 0 || r.Mean != 26.0/3 || r.Max != 9 {
		t.Errorf("%+v", r)
	}
	if r.Cost.Decimal() != "0.000065" || r.AtMost.Decimal() != "0.003" { // 26 × 2.50 / 10⁶; 3 × 100 × 10 / 10⁶
		t.Errorf("%s and %s", r.Cost.Decimal(), r.AtMost.Decimal())
	}
	if r := s.Measure(prices(t, "no-such-model"))[0]; r.Cost != nil || len(r.Notes) == 0 {
		t.Errorf("a model without a price: %+v", r)
	}
}

// An input of 9 tokens costs $0.0000225, over a limit of $0.00002 that 8 tokens just meet.
func TestBreaches(t *testing.T) {
	s := suite("a", "a a")
	at := source.Span{File: "c.yaml", Start: source.Pos{Line: 3}}
	s.Limits = []Limit{{Metric: Cost, Value: 0.00002, Span: at}, {Metric: Cost, Value: 0.00002, Test: 1, Span: at}, {Metric: Latency, Value: 1}}
	got := s.Breaches(prices(t))
	if len(got) != 1 || got[0].Tests != 1 || got[0].Tokens.Tokens != 9 || got[0].Cost.Decimal() != "0.0000225" || !got[0].Sure {
		t.Errorf("%+v", got)
	}
	if widest, rows := s.Widest(Cost, map[int]bool{0: true}); rows != 2 || widest.Value != 0.00002 {
		t.Errorf("%+v on %d rows", widest, rows)
	}
}

func FuzzReadJSONL(f *testing.F) {
	for _, line := range []string{`{"input": "a"}`, `{"input": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}`, `{"item": 1, "sample": {}}`, `{"messages": [`, "\xff", `{"prompt": "a", "completion": "b"}`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, content string) {
		s, diags := read(t, content)
		if len(s.Tests) != len(s.Inputs) || len(s.Calls) != len(s.Inputs) || len(s.Tests) == 0 && len(diags) == 0 {
			t.Errorf("%d tests, %d inputs, %d calls, %v", len(s.Tests), len(s.Inputs), len(s.Calls), diags)
		}
		IsRegistry("r.yaml", []byte(content))
	})
}
