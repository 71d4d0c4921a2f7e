package promptfoo

import (
	"strings"

	"github.com/tokengate/tokengate/internal/evals"
)

// grading is what judging one output by one kind of assertion calls: so many of each need. Where more has no upper end
// but the number of values, per is true.
type grading struct {
	needs       string
	least, most int64
	each        bool // for every value of a list; the first that passes ends the search where least is for one value
	first       bool // a list is gone through until one passes
}

// graders is what each kind of assertion calls, from promptfoo's sources: src/matchers.ts, src/assertions/*.ts and
// src/external/assertions/deepeval.ts. A comparison (select-best) calls once for all outputs of a test, not for each.
var graders = map[string][]grading{
	"llm-rubric":              {{needs: "text", least: 1, most: 1}},
	"agent-rubric":            {{needs: "text", least: 1, most: 1}},
	"model-graded-closedqa":   {{needs: "text", least: 1, most: 1}},
	"factuality":              {{needs: "text", least: 1, most: 1}},
	"model-graded-factuality": {{needs: "text", least: 1, most: 1}},
	"g-eval":                  {{needs: "text", least: 2, most: 2, each: true}},                              // steps, then the evaluation
	"answer-relevance":        {{needs: "text", least: 3, most: 3}, {needs: "embedding", least: 4, most: 4}}, // three questions, and the input
	"context-recall":          {{needs: "text", least: 1, most: 1}},                                          //
	"context-relevance":       {{needs: "text", least: 1, most: 1}},                                          //
	"context-faithfulness":    {{needs: "text", least: 2, most: 2}},                                          // statements, then verdicts
	"conversation-relevance":  {{needs: "text", least: 1, most: 2}},                                          // of one turn; a reason where it is not relevant
	"search-rubric":           {{needs: "text", least: 1, most: 1}},                                          // with web search
	"trajectory:goal-success": {{needs: "text", least: 1, most: 1}},                                          //
	"similar":                 {{needs: "embedding", least: 2, most: 2, each: true, first: true}},            // the value and the output
	"classifier":              {{needs: "classification", least: 1, most: 1}},                                //
	"moderation":              {{needs: "moderation", least: 1, most: 1}},                                    //
	"pi":                      {{needs: "remote", least: 1, most: 1}},                                        // a scorer of its own
	"select-best":             {{needs: "text", least: 1, most: 1}},                                          // a test
}

// plainKinds call no model. What a script or a webhook calls is its own affair, and is named apart.
var plainKinds = strings.Fields(`assert-set bleu contains contains-all contains-any contains-html contains-json contains-sql contains-xml cost equals
finish-reason gleu guardrails human icontains icontains-all icontains-any is-html is-json is-refusal is-sql is-valid-function-call
is-valid-openai-function-call is-valid-openai-tools-call is-xml latency levenshtein max-score meteor perplexity perplexity-score regex rouge-n
skill-used starts-with tool-call-f1 trace-error-spans trace-span-count trace-span-duration trajectory:step-count trajectory:tool-args-match
trajectory:tool-sequence trajectory:tool-used word-count`)

// ownKinds run code that may call a model.
var ownKinds = []string{"javascript", "python", "ruby", "webhook"}

// kindOf is the kind of an assertion without its negation, and without the metric of similar.
func kindOf(written string) (kind string, negated bool) {
	kind, negated = strings.CutPrefix(written, "not-")
	if strings.HasPrefix(kind, "similar:") {
		kind = "similar"
	}
	return kind, negated
}

func knownKind(written string) bool {
	kind, _ := kindOf(written)
	if _, graded := graders[kind]; graded || strings.HasPrefix(kind, "promptfoo:redteam:") {
		return true
	}
	for _, list := range [][]string{plainKinds, ownKinds} {
		for _, k := range list {
			if k == kind {
				return true
			}
		}
	}
	return false
}

// judges adds the calls that judging outputs by one assertion makes.
func (p *planner) judges(t test, a value, kind string, outputs int64) {
	if strings.HasPrefix(kind, "promptfoo:redteam:") {
		p.suite.Grade(evals.Grader{Kind: "promptfoo:redteam", Needs: "remote", Least: outputs, Most: outputs})
		return
	}
	values := int64(1)
	if list, ok := a.get("value").data.([]value); ok {
		values = int64(len(list))
	}
	for _, g := range graders[kind] {
		least, most := g.least*outputs, g.most*outputs
		if g.each {
			most *= values
		}
		if g.each && !g.first {
			least *= values
		}
		provider, model := p.judge(t, a, g.needs)
		p.suite.Grade(evals.Grader{Kind: kind, Needs: g.needs, Provider: provider, Model: model, Least: least, Most: most})
	}
}

// judge finds who judges: the assertion's provider, the test's, that of the command line. Without one promptfoo chooses by
// the keys it finds, which is not known here.
func (p *planner) judge(t test, a value, needs string) (provider, model string) {
	for _, v := range []value{a.get("provider"), p.root.get("commandLineOptions").get("grader"), t.option("provider"), p.defaults.get("provider")} {
		if v.null() {
			continue
		}
		if of := v.get(needs); !of.null() {
			v = of
		}
		id := v.text()
		if id == "" {
			id = v.get("id").text()
		}
		if id == "" || needs == "embedding" != strings.Contains(id, "embed") || needs != "text" && needs != "embedding" && v.get("id").null() {
			continue // promptfoo falls back to its default where the provider cannot do what is asked
		}
		return id, modelOf(id).model
	}
	return "", ""
}
