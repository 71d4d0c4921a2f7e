package cli

import (
	"fmt"
	"slices"

	"github.com/tokengate/tokengate/internal/money"
)

// untested says which series were not tested, each reason once for those that share it.
func (s *backtestScreen) untested() {
	if len(s.doc.Untested) == 0 {
		return
	}
	s.title("Not tested")
	for _, u := range s.doc.Untested[:min(len(s.doc.Untested), inspectRows)] {
		r := backtestResult{Scope: u.Scope, Name: u.Name}
		s.say("  - ", fmt.Sprintf("%s, %s of %s: %s", r.label(), u.Metric, number(int64(u.Horizon), "day"), u.Reason))
	}
	s.more(len(s.doc.Untested), "series")
}

// unpriced says which calls are in no cost.
func (s *backtestScreen) unpriced() {
	part := &inspectScreen{doc: &inspectDocument{Unpriced: s.doc.Unpriced}, width: s.width, color: s.color}
	part.unpriced()
	s.b.Write(part.b.Bytes())
}

// summary says what to keep in mind, in words: one line a metric and horizon.
func (s *backtestScreen) summary() {
	s.b.WriteByte('\n')
	if len(s.doc.Results) == 0 {
		s.say("", "Nothing can be tested: inconclusive. A forecast needs 3 whole days of history, and a test a whole horizon after them.")
		return
	}
	for _, part := range s.doc.parts() {
		s.say("", part[headline(part)].sentence())
	}
}

// headline is the result that stands for the others: the project, or what its parts come to together.
func headline(part []backtestResult) int {
	if i := slices.IndexFunc(part, func(r backtestResult) bool { return r.Scope == "project" }); i >= 0 {
		return i
	}
	return len(part) - 1
}

// sentence says how P90 held.
func (r *backtestResult) sentence() string {
	h := r.held(0.90)
	of := ""
	if r.Series > 1 {
		of = fmt.Sprintf(" of %d series", r.Series)
	}
	text := fmt.Sprintf("P90 of %s' %s held in %s of %s%s (%s; as %s, 95%% sure of %s)", number(int64(r.Horizon), "day"), r.what(), money.Count(h.Windows).Exact(),
		number(int64(r.Windows), "window"), of, percent(h.Rate), r.overlap(), rangeOf(h))
	text += fmt.Sprintf("; naive %s.", percent(h.NaiveRate))
	if r.Loss.Mean != nil {
		text += fmt.Sprintf(" Loss %.2f of the naive method's.", *r.Loss.Mean)
	} else {
		text += " The naive method lost nothing: the series does not change."
	}
	if r.Silent > 0 {
		text += fmt.Sprintf(" %s had no forecast, as nothing was spent on the 28 days before.", number(int64(r.Silent), "more day"))
	}
	if r.UnpricedCalls > 0 {
		text += fmt.Sprintf(" %s without a price are not in it.", number(r.UnpricedCalls, "call"))
	}
	return text
}

// overlap says how many windows share no day.
func (r *backtestResult) overlap() string {
	if r.Apart == r.Windows {
		return "no two share a day"
	}
	return fmt.Sprintf("only %s share no day", money.Count(r.Apart).Exact())
}

func (r *backtestResult) what() string {
	if r.Metric == metricValue {
		return "total"
	}
	return r.Metric
}
