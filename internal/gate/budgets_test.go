package gate_test

import (
	"math"
	"strings"
	"testing"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/traffic"
)

// answers is the answering template with front matter of its own, which is never sent: nothing but the budget changes.
func answersWith(keys string) string {
	if keys == "" {
		return answerMD
	}
	return "---\ntokengate: {" + keys + "}\n---\n" + answerMD
}

// Guardrails of a block on base and at head, with the rule that tells of the change and what the verdict is.
func TestGuardrailsHeld(t *testing.T) {
	for _, c := range []struct {
		name, base, head string
		stage            string
		rule             string // "": none of the rules of guardrails
		want             report.Status
		text             string
	}{
		{"model allowed", "models: [acme/large, acme/small]", "models: [acme/large, acme/small], model: acme/small", "", "", report.Pass, ""},
		{"model not allowed, declared and moved to", "models: [acme/large]", "models: [acme/large], model: acme/small", "", "model-not-allowed", report.Fail, "of prompts/answer.md"},
		{"the list is widened in the same change", "models: [acme/large]", "models: [acme/large, acme/small], model: acme/small", "", "model-not-allowed", report.Fail, "declares the model acme/small"},
		{"on base as well", "models: [acme/small]", "models: [acme/small]", "", "model-not-allowed", report.Warn, "415 of 415"},
		{"on base as well, at a release", "models: [acme/small]", "models: [acme/small]", config.Release, "model-not-allowed", report.Fail, "acme/large"},
		{"a list that is new holds at once, and what base did warns", "", "models: [acme/small]", "", "model-not-allowed", report.Warn, "acme/large"},
		{"fallback not allowed", "models: [acme/large]", "models: [acme/large], fallback: {model: acme/small}", "", "model-not-allowed", report.Fail, "declares the fallback acme/small"},
		{"retrieval under its cap", "context: {max_retrieved_tokens: 6k, top_k: 8, chunk_tokens: 512}", "context: {max_retrieved_tokens: 6k, top_k: 8, chunk_tokens: 512}", "", "", report.Pass, ""},
		{"retrieval over its cap", "context: {max_retrieved_tokens: 4100, top_k: 8, chunk_tokens: 512}", "context: {max_retrieved_tokens: 4100, top_k: 9, chunk_tokens: 512}", "", "retrieval-cap", report.Fail, "top_k 9 × chunk_tokens 512 retrieves 4,608 tokens, over max_retrieved_tokens of 4,100"},
		{"retrieval cap raised for itself", "context: {max_retrieved_tokens: 4100, top_k: 8, chunk_tokens: 512}", "context: {max_retrieved_tokens: 9k, top_k: 9, chunk_tokens: 512}", "", "retrieval-cap", report.Fail, "over max_retrieved_tokens of 4,100"},
		{"retrieval over on base", "context: {max_retrieved_tokens: 4k, top_k: 8, chunk_tokens: 512}", "context: {max_retrieved_tokens: 4k, top_k: 8, chunk_tokens: 512}", "", "retrieval-cap", report.Warn, "4,096"},
		{"answers within their cap", "max_output_tokens: 220", "max_output_tokens: 220", "", "", report.Pass, ""},
		{"answers longer than their cap", "max_output_tokens: 219", "max_output_tokens: 219", "", "output-cap", report.Warn, "the longest has 220"},
		{"a cap that is lowered is replayed", "", "max_output_tokens: 190", "", "", report.Pass, ""},
		{"retrieval is turned on, nobody knows how much", "toggles: {retrieval: false}", "toggles: {retrieval: true}", "", "toggle-unmeasured", report.Inconclusive, "declare top_k"},
		{"retrieval is turned off, nobody knows how much", "", "toggles: {retrieval: false}", "", "toggle-unmeasured", report.Warn, "the saving is not counted"},
		{"cache is turned on", "toggles: {cache: false}", "", "", "toggle-unmeasured", report.Warn, "warm cache"},
		{"own switch", "toggles: {rerank: false}", "toggles: {rerank: true}", "", "policy-changed", report.Warn, "toggles.rerank of template prompts/answer.md is changed from false to true"},
		{"cap raised", "context: {max_input_tokens: 8k}", "context: {max_input_tokens: 9k}", "", "policy-changed", report.Warn, "context.max_input_tokens of template prompts/answer.md is changed from 8,000 to 9,000"},
		{"cap lowered", "context: {max_input_tokens: 8k}", "context: {max_input_tokens: 7k}", "", "policy-changed", report.Pass, "is tightened from 8,000 to 7,000"},
		{"review overdue", "review: {cadence: monthly, last: 2026-10-22}", "review: {cadence: monthly, last: 2026-11-22}", "", "review-overdue", report.Warn, "was due on 2026-11-22, 1 days ago"},
		{"review on its day", "review: {cadence: monthly, last: 2026-10-23}", "review: {cadence: monthly, last: 2026-10-23}", "", "", report.Pass, ""},
		{"review without a last one", "review: {cadence: weekly}", "review: {cadence: weekly}", "", "review-overdue", report.Pass, "no due day is known"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := project(t)
			in := input(t, tree.edit("prompts/answer.md", answersWith(c.base)), tree.edit("prompts/answer.md", answersWith(c.head)))
			if c.stage != "" {
				in.Stage = c.stage
				tree["tokengate.yaml"] = strings.ReplaceAll(tokengateYAML, "$20", "$90")
			}
			r := check(t, in)
			rules := []string{"model-not-allowed", "retrieval-cap", "output-cap", "toggle-unmeasured", "review-overdue"}
			if c.rule == "" {
				for _, rule := range rules {
					if len(findings(r, rule)) > 0 {
						t.Errorf("%s", texts(r))
					}
				}
			} else if got := findings(r, c.rule); len(got) == 0 || !strings.Contains(texts(r), c.text) || got[0].Place.IsZero() {
				t.Errorf("no finding %s with %q in\n%s", c.rule, c.text, texts(r))
			}
			if c.stage == "" && r.Verdict.Status != c.want || c.want == report.Fail && r.Verdict.Status != report.Fail {
				t.Errorf("%s, want %s\n%s", r.Verdict.Status, c.want, texts(r))
			}
		})
	}
}

// A model is one model under all names that the catalogue knows it by.
func TestAllowedUnderAnyName(t *testing.T) {
	tree := project(t)
	tree["traffic/oct.jsonl"] = strings.Join(recording(t, func(_ int, c *traffic.Call) { c.Model = "claude-sonnet-4-5-20250929" }), "")
	tree["tokengate.yaml"] = strings.NewReplacer("model: acme/large, ", "", "$5", "$50", "$20", "$90").Replace(tokengateYAML) + "defaults: {models: [anthropic/claude-sonnet-4-5]}\n"
	if r := compare(t, tree, tree); len(findings(r, "model-not-allowed")) > 0 {
		t.Error(texts(r))
	}
	tree["tokengate.yaml"] = strings.ReplaceAll(tree["tokengate.yaml"], "[anthropic/claude-sonnet-4-5]", "[gpt-4o]")
	if r := compare(t, tree, tree); len(findings(r, "model-not-allowed")) != 1 || !strings.Contains(texts(r), "830 of 830 calls of the project") {
		t.Error(texts(r))
	}
	_, diags, _ := runGate(t, tree.edit("tokengate.yaml", strings.ReplaceAll(tree["tokengate.yaml"], "[gpt-4o]", "[gpt-4oo]")))
	if rules(diags) != "unknown-model" {
		t.Error(diags)
	}
}

// Turned off by a budget, the cache's tokens are plain input, and retrieval's are gone.
func TestTogglesReplayed(t *testing.T) {
	tree := project(t)
	tree["traffic/oct.jsonl"] = strings.Join(recording(t, func(_ int, c *traffic.Call) { c.Usage.CacheRead, c.Usage.Input = 800, c.Usage.Input-800 }), "")
	tree["prices.yaml"] = strings.ReplaceAll(pricesYAML, "cache_read: 4", "cache_read: 1")
	r := compare(t, tree, tree.edit("prompts/answer.md", answersWith("toggles: {cache: false}")))
	calls, want := float64(track(t, r, "answer").Calls), 800*3e-6
	if grown := r.Total.Head.RecordedCost.Float() - r.Total.Base.RecordedCost.Float(); len(r.Causes) != 1 || r.Causes[0].Kind != "cache_off" || math.Abs(grown-calls*want) > 1e-6 || r.Causes[0].Place.String() != "prompts/answer.md:2:23" {
		t.Errorf("%g, want %g\n%s", grown, calls*want, texts(r))
	}
	on := "context: {top_k: 2, chunk_tokens: 100}"
	r = compare(t, tree.edit("prompts/answer.md", answersWith(on)), tree.edit("prompts/answer.md", answersWith(on+", toggles: {retrieval: false}")))
	if len(r.Causes) != 1 || r.Causes[0].Kind != "retrieval" || r.Total.Head.RecordedTokens >= r.Total.Base.RecordedTokens || len(findings(r, "toggle-unmeasured")) > 0 {
		t.Errorf("%s", texts(r))
	}
	r = compare(t, tree.edit("prompts/answer.md", answersWith(on+", toggles: {retrieval: false}")), tree.edit("prompts/answer.md", answersWith(on)))
	if saved := r.Total.Head.RecordedTokens - r.Total.Base.RecordedTokens; saved != 200*track(t, r, "answer").Calls {
		t.Errorf("%d tokens\n%s", saved, texts(r))
	}
}
