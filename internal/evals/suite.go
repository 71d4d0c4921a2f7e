// Package evals owns what one run of an evaluation will call: prompts, models, tests, how often each is called, what
// grades the answers, and what all of it costs before it is run. It reads OpenAI's JSON lines of samples itself; other
// formats are read by packages of their own into the same Suite.
//
// A run is planned, never made: nothing is executed and nothing is sent. What cannot be known without running it (the
// length of answers, prompts that a script makes, tests that a service holds) is listed in Suite.Open, and every number
// beside it is then a lower bound.
//
//	suite, diags := evals.ReadJSONL(fsys, "evals/samples.jsonl")
//	run := suite.Measure(evals.Prices{Catalog: catalog, Book: book, At: now})
package evals

import (
	"fmt"
	"strings"

	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/source"
)

// The formats a Suite is read from.
const (
	Promptfoo  = "promptfoo"
	Samples    = "openai-evals" // {"input": …, "ideal": …}
	Dataset    = "evals-api"    // {"item": …, "sample": …}
	FineTuning = "fine-tuning"  // {"messages": …}
)

// Suite is everything that one run of an evaluation calls.
type Suite struct {
	Path      string // of the file that was read
	Format    string
	Prompts   []Prompt
	Providers []Provider
	Tests     []Test
	Repeats   []int // how often tests are repeated, ascending, each number once
	Inputs    []Input
	Calls     []Call
	Graders   []Grader // sorted by kind, then grader
	Limits    []Limit  // what assertions allow one call to cost or to last
	Open      []Open   // what cannot be known without a run
}

// Prompt is one text that is sent, before its variables are filled in.
type Prompt struct {
	ID    string // "" unless the suite gives one
	Label string
	File  string // path in the file system it was read from; "" for one written in the suite
	Whole bool   // File holds this prompt and no other
	Raw   string
	Why   string // why Raw is not known; "" where it is
	Span  source.Span
}

// Provider is what answers: a model behind an API, or anything else.
type Provider struct {
	ID        string // as it is written
	Label     string
	Model     string       // the name to look a price up by; "" where it names no model
	MaxOutput int64        // tokens an answer is capped at; 0 where nothing says
	Adds      request.Body // what it adds to every call: system messages, tools, an answer schema
	Free      bool         // it calls no model at all
	Instead   bool         // it is not listed, and answers in the place of those that are where a test names it
	Why       string       // why it names no model, or what it adds that cannot be counted
	Span      source.Span
}

// Name is the label, or the id of one without.
func (p Provider) Name() string {
	if p.Label != "" {
		return p.Label
	}
	return p.ID
}

// Test is one row of variables, after lists of values were taken apart.
type Test struct {
	Description string
	Vars        map[string]any
	Span        source.Span
}

// Input is a prompt with the variables of a test filled in.
type Input struct {
	Prompt, Test int
	Body         request.Body
	Why          string // why the text is not known; Body is then empty
}

// Call is one input sent to one provider, Repeat times.
type Call struct {
	Input, Provider int
	Repeat          int64
}

// Grader is what judges answers, by kind of assertion and by who judges. Between Least and Most calls are made; they
// differ where one answer decides whether the next question is asked.
type Grader struct {
	Kind        string // "llm-rubric", "g-eval" …
	Needs       string // text, embedding, classification, moderation or remote
	Provider    string // as it is written; "" where the tool chooses one by the keys it finds
	Model       string // the name to look a price up by; "" where it is not known
	Least, Most int64
}

// Metrics of a Limit.
const (
	Cost    = "cost"    // US dollars a call
	Latency = "latency" // milliseconds a call
)

// Limit is an assertion on what one call may cost, or how long it may last.
type Limit struct {
	Metric       string
	Value        float64
	Prompt, Test int
	Span         source.Span
}

// Open is something whose calls or tokens cannot be known without a run.
type Open struct {
	What  string // "prompts.py:answer is made by a script"
	Calls bool   // it leaves the number of calls open, not only their tokens
	Span  source.Span
}

// Total is the number of calls to providers, repeats included.
func (s *Suite) Total() int64 {
	var n int64
	for _, c := range s.Calls {
		n += c.Repeat
	}
	return n
}

// Grading is the number of calls to graders.
func (s *Suite) Grading() (least, most int64) {
	for _, g := range s.Graders {
		least, most = least+g.Least, most+g.Most
	}
	return least, most
}

// Complete reports whether the number of calls is known, and is not a lower bound.
func (s *Suite) Complete() bool {
	for _, o := range s.Open {
		if o.Calls {
			return false
		}
	}
	return true
}

// Formula says how Total comes about: "2 prompts × 3 providers × 4 tests × 2 repeats = 48 calls". What filters take out,
// and repeats that differ from test to test, are told behind.
func (s *Suite) Formula() string {
	n := s.Total()
	if s.Format != Promptfoo {
		return fmt.Sprintf("%s = %s", plural(len(s.Tests), "sample"), plural(int(n), "call"))
	}
	listed := 0
	for _, p := range s.Providers {
		if !p.Instead {
			listed++
		}
	}
	product := int64(len(s.Prompts)) * int64(listed) * int64(len(s.Tests))
	parts := []string{plural(len(s.Prompts), "prompt"), plural(listed, "provider"), plural(len(s.Tests), "test")}
	if len(s.Repeats) == 1 {
		parts = append(parts, plural(s.Repeats[0], "repeat"))
		product *= int64(s.Repeats[0])
	}
	text := strings.Join(parts, " × ")
	switch {
	case len(s.Repeats) > 1:
		text += fmt.Sprintf(" × %d to %d repeats = %s", s.Repeats[0], s.Repeats[len(s.Repeats)-1], plural(int(n), "call"))
	case n < product:
		text += fmt.Sprintf(" = %d, less %d that filters or given outputs take out = %s", product, product-n, plural(int(n), "call"))
	default:
		text += " = " + plural(int(n), "call")
	}
	if !s.Complete() {
		text += ", at least"
	}
	return text
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// Widest is the limit of a metric that allows most, among those on some prompts, and how many rows of theirs have one.
func (s *Suite) Widest(metric string, prompts map[int]bool) (widest Limit, rows int) {
	strictest := map[[2]int]Limit{}
	for _, l := range s.Limits {
		key := [2]int{l.Prompt, l.Test}
		if have, ok := strictest[key]; l.Metric == metric && prompts[l.Prompt] && (!ok || l.Value < have.Value) {
			strictest[key] = l
		}
	}
	for _, in := range s.Inputs {
		if l, ok := strictest[[2]int{in.Prompt, in.Test}]; ok {
			if rows++; rows == 1 || l.Value > widest.Value {
				widest = l
			}
		}
	}
	return widest, rows
}
