package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/money"
)

// untested says which series were not tested; those that share a reason share a line.
func (s *backtestScreen) untested() {
	if len(s.doc.Untested) == 0 {
		return
	}
	s.title("Not tested")
	var lines []string
	names := map[string][]string{}
	for _, u := range s.doc.Untested {
		line := fmt.Sprintf("%s of %s: %s", u.Metric, number(int64(u.Horizon), "day"), u.Reason)
		if names[line] == nil {
			lines = append(lines, line)
		}
		names[line] = append(names[line], (&backtestResult{Scope: u.Scope, Name: u.Name}).label())
	}
	for _, line := range lines[:min(len(lines), inspectRows)] {
		s.say("  - ", listed(names[line])+", "+line)
	}
	s.more(len(lines), "reason")
}

// listed names a few, and says how many more there are.
func listed(names []string) string {
	const few = 6
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
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
		s.say("", "Nothing can be tested, which is no verdict either way. "+s.doc.needs())
		return
	}
	for _, part := range s.doc.parts() {
		s.say("", part[headline(part)].sentence())
	}
}

// needs says what would make a test possible.
func (d *backtestDocument) needs() string {
	days := 0
	for _, u := range d.Untested {
		days = max(days, u.Days)
	}
	if fits, _ := forecast.Testable(days, 7); fits > 0 {
		return fmt.Sprintf("The history has room for totals of %s: try --horizon %dd.", number(int64(fits), "day"), fits)
	}
	return fmt.Sprintf("It takes %d whole days of history, and a whole horizon after them.", forecast.MinDays)
}

// headline is the result that stands for the others: the project, or what its parts come to together.
func headline(part []backtestResult) int {
	if i := slices.IndexFunc(part, func(r backtestResult) bool { return r.Scope == "project" }); i >= 0 {
		return i
	}
	return len(part) - 1
}

// sentence says how P90 held, and what the forecast was worth.
func (r *backtestResult) sentence() string {
	h := r.held(0.90)
	of := ""
	if r.Series > 1 {
		of = fmt.Sprintf(" of %d series", r.Series)
	}
	text := fmt.Sprintf("P90 of %s held in %s of %s%s: %s, 95%% sure of %s%s; naive %s. ", r.what(), money.Count(h.Windows).Exact(),
		number(int64(r.Windows), "window"), of, percent(h.Rate), rangeOf(h), r.overlap(), percent(h.NaiveRate))
	return text + r.worth() + r.lacks()
}

// fewApart is how many windows that share no day it takes to call one method better than another on one series.
const fewApart = 3

// worth compares with the naive method.
func (r *backtestResult) worth() string {
	switch {
	case r.Loss.Mean == nil:
		return "The naive method lost nothing: the series does not change."
	case r.Series > 1:
		return fmt.Sprintf("Loss %.2f of the naive method's (%.2f for the typical series); %d of %d series below it.", *r.Loss.Mean, *r.Loss.Typical, r.Better, r.Series)
	case r.Apart < fewApart:
		return fmt.Sprintf("Loss %.2f of the naive method's, which so few windows say little about.", *r.Loss.Mean)
	case *r.Loss.Mean > 1:
		return fmt.Sprintf("Loss %.2f of the naive method's: on this series that one was the better forecast.", *r.Loss.Mean)
	}
	return fmt.Sprintf("Loss %.2f of the naive method's.", *r.Loss.Mean)
}

// lacks says what is not in the numbers.
func (r *backtestResult) lacks() (text string) {
	if r.Silent > 0 {
		text += fmt.Sprintf(" No forecast at %s, as nothing was spent on the 28 days before.", number(int64(r.Silent), "origin"))
	}
	if r.UnpricedCalls > 0 {
		text += fmt.Sprintf(" Without %s that have no price.", number(r.UnpricedCalls, "call"))
	}
	return text
}

// overlap says on how many windows the interval rests.
func (r *backtestResult) overlap() string {
	switch {
	case r.Windows == 1:
		return ""
	case r.Windows == r.Apart:
		return ", as no two" + ifAny(r.Series > 1, " of one series") + " share a day"
	case r.Apart == 1:
		return ", as all of them overlap"
	}
	return fmt.Sprintf(", as %s share no day", money.Count(r.Apart).Exact())
}

// what is forecast: "a day's cost", "30 days' tokens".
func (r *backtestResult) what() string {
	metric := r.Metric
	if metric == metricValue {
		metric = "total"
	}
	if r.Horizon == 1 {
		return "a day's " + metric
	}
	return fmt.Sprintf("%d days' %s", r.Horizon, metric)
}
