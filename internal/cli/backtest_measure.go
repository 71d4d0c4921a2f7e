package cli

import (
	"fmt"
	"slices"

	"github.com/tokengate/tokengate/internal/forecast"
)

const scopePooled = "pooled"

// backtestQuantiles are those that a gate may look at, and are shown.
var backtestQuantiles = []float64{0.50, 0.75, 0.90, 0.95}

// test runs the backtest of every series at every horizon. Without horizons they are a week and the period, or the
// longest that fits the longest series.
func (s *backtestSeries) test(horizons []int, minDays int) (*backtestDocument, error) {
	doc := &backtestDocument{Schema: backtestSchema, By: s.by, Window: s.window, AsOf: s.asOf, Horizons: []backtestHorizon{}, Results: []backtestResult{},
		Untested: []backtestUntested{}, Unpriced: append([]inspectUnpriced{}, s.unpriced...)}
	doc.Horizons = s.horizons(horizons, minDays)
	tests := s.tests(doc.Horizons)
	inParallel(len(tests), func(i int) { tests[i].run(s, minDays) })
	for len(tests) > 0 {
		n := 1
		for n < len(tests) && tests[n].of.metric == tests[0].of.metric && tests[n].horizon == tests[0].horizon {
			n++
		}
		if err := s.collect(doc, tests[:n]); err != nil {
			return nil, err
		}
		tests = tests[n:]
	}
	return doc, nil
}

func (s *backtestSeries) horizons(asked []int, minDays int) []backtestHorizon {
	out := []backtestHorizon{}
	if len(asked) > 0 {
		for _, h := range asked {
			out = append(out, backtestHorizon{h, h})
		}
		return out
	}
	longest := 0
	for _, n := range s.series {
		longest = max(longest, len(n.daily))
	}
	for _, h := range slices.Compact(slices.Sorted(slices.Values([]int{7, s.period}))) {
		fits, _ := forecast.Testable(longest, h)
		if minDays > 0 {
			fits = max(0, min(h, longest-minDays))
		}
		switch same := slices.IndexFunc(out, func(o backtestHorizon) bool { return o.Days == fits }); {
		case fits > 0 && same >= 0:
			out[same].Asked = h
		case fits > 0:
			out = append(out, backtestHorizon{fits, h})
		}
	}
	if len(out) == 0 {
		out = append(out, backtestHorizon{7, 7}) // that all of them are too short for it is said of each
	}
	return out
}

// collect puts the tests of one metric and horizon into the document, and what its parts come to where there are several.
func (s *backtestSeries) collect(doc *backtestDocument, tests []backtestTest) error {
	var scores []*forecast.Score
	pooled := backtestResult{Metric: tests[0].of.metric, Horizon: tests[0].horizon, Scope: scopePooled}
	for _, t := range tests {
		switch {
		case t.err != nil:
			return fmt.Errorf("backtest of %s: %w", t.result.label(), t.err)
		case t.why != "":
			doc.Untested = append(doc.Untested, backtestUntested{Metric: t.of.metric, Horizon: t.horizon, Scope: t.result.Scope, Name: t.of.name, Days: len(t.of.daily), Reason: t.why})
			continue
		}
		doc.Results = append(doc.Results, t.result)
		if t.of.project {
			continue
		}
		scores = append(scores, t.score)
		pooled.Days = max(pooled.Days, t.result.Days)
		pooled.UnpricedCalls += t.result.UnpricedCalls
		if pooled.MinDays == 0 || t.result.MinDays < pooled.MinDays {
			pooled.MinDays = t.result.MinDays
		}
	}
	if len(scores) > 1 {
		all := forecast.PoolParts
		if s.window == nil {
			all = forecast.Pool
		}
		pooled.score(all(scores))
		doc.Results = append(doc.Results, pooled)
	}
	return nil
}

// result tests one series; why says that it cannot be tested.
func (s *backtestSeries) result(n namedSeries, horizon, minDays int) (r backtestResult, score *forecast.Score, why string, err error) {
	r = backtestResult{Metric: n.metric, Horizon: horizon, Scope: s.by, Name: n.name, Days: len(n.daily), MinDays: minDays, UnpricedCalls: n.unpriced}
	if n.project {
		r.Scope = "project"
	}
	if minDays == 0 {
		var fits int
		if fits, r.MinDays = forecast.Testable(len(n.daily), horizon); fits < horizon {
			r.MinDays = forecast.MinDays
		}
	}
	switch need := r.MinDays + horizon; {
	case n.calls > 0 && n.unpriced == n.calls:
		return r, nil, "no call has a price", nil
	case len(n.daily) < need:
		return r, nil, fmt.Sprintf("%s, and %d are needed: %d of history and a horizon of %d", number(int64(len(n.daily)), "whole day"), need, r.MinDays, horizon), nil
	}
	trials, silent, err := forecast.Backtest(n.daily, forecast.Rolling{Horizon: horizon, MinDays: r.MinDays})
	if err != nil {
		return r, nil, "", err
	}
	if len(trials) == 0 {
		return r, nil, "nothing was spent before the last forecast", nil
	}
	score = forecast.NewScore(horizon, trials, silent)
	r.score(score)
	return r, score, "", nil
}

// score puts a score into the document.
func (r *backtestResult) score(s *forecast.Score) {
	r.Series, r.Windows, r.Apart, r.Silent = s.Series, s.Trials, s.Apart, s.Silent
	for _, p := range backtestQuantiles {
		ours, naive := s.Held(p), s.NaiveHeld(p)
		r.Held = append(r.Held, backtestHeld{Quantile: p, Windows: ours.Trials, Rate: sixDigits(ours.Rate), Low: sixDigits(ours.Low), High: sixDigits(ours.High),
			NaiveWindows: naive.Trials, NaiveRate: sixDigits(naive.Rate)})
	}
	r.Loss = backtestLoss{P50: numberOrNull(s.Relative(0.50)), P75: numberOrNull(s.Relative(0.75)), P90: numberOrNull(s.Relative(0.90)), P95: numberOrNull(s.Relative(0.95)), Mean: numberOrNull(s.RelativeMean()), Typical: numberOrNull(s.Typical())}
	r.Better = s.Better
	for _, g := range s.Gates {
		r.Ceilings = append(r.Ceilings, backtestCeilings{Quantile: g.Quantile, Multiple: g.Multiple, Over: g.Over, FalsePasses: g.Passed, FalsePassRate: numberOrNull(g.FalsePassRate()),
			Within: g.Within, FalseFails: g.Failed, FalseFailRate: numberOrNull(g.FalseFailRate())})
	}
}

// held is the entry of a quantile.
func (r *backtestResult) held(p float64) backtestHeld {
	return r.Held[slices.IndexFunc(r.Held, func(h backtestHeld) bool { return h.Quantile == p })]
}

// gate is the entry of a quantile and a multiple.
func (r *backtestResult) gate(p, multiple float64) backtestCeilings {
	return r.Ceilings[slices.IndexFunc(r.Ceilings, func(c backtestCeilings) bool { return c.Quantile == p && c.Multiple == multiple })]
}
