package gate

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/stats"
)

// matrix puts head and its variants side by side; nil without any.
func (w writer) matrix(vs []*variant, results []*replay.Result) *report.Matrix {
	if len(vs) == 0 {
		return nil
	}
	rows := make([]row, 1+len(vs))
	rows[0] = row{writer: w, was: &w}
	var all sync.WaitGroup
	for i, v := range vs {
		all.Go(func() { rows[1+i] = w.row(v, results[i]) }) // rows share nothing that one of them changes
	}
	all.Wait()
	m := &report.Matrix{Measure: fmt.Sprintf("P%.0f", w.policy.policy.Quantile(w.in.Stage)*100), NotMeasured: notMeasured, Assumed: assumed(rows)}
	best, why := cheapest(rows)
	tracks := w.tracks()
	for i, r := range rows {
		v := r.variant(tracks)
		v.Cheapest = i == best
		if v.Cheapest {
			m.Cheapest = v.Name
		}
		m.Variants = append(m.Variants, v)
	}
	m.CheapestWhy = why
	return m
}

// row is head, or a variant of it, measured and judged: a writer of its own results.
type row struct {
	writer
	v    *variant // nil for head as it is
	was  *writer  // head as it is
	gaps gaps
}

// row measures and judges a variant. Ceilings on growth hold against the base; without one they hold against head as it is.
func (w writer) row(v *variant, res *replay.Result) row {
	out := row{writer: w, v: v, was: &w, gaps: findGaps(v, res, w.res, w.count)}
	if out.in.Base == nil {
		out.in.Base = &w.in.Head
	}
	out.res, out.m = res, measure(out.in, w.policy, w.count.catalog, res)
	out.m.measureTexts(w.e.Ceilings, w.base, w.with(v), w.count, res)
	e := budget.Evidence{Now: w.e.Now, Stage: w.e.Stage, Period: w.e.Period, HasBase: true, Ceilings: w.e.Ceilings, Scopes: out.m.scopes}
	out.e, out.out = e, budget.Judge(e)
	return out
}

// with is head with the texts of a variant.
func (w writer) with(v *variant) *side {
	s := *w.head
	s.templates = v.texts
	return &s
}

func (r row) variant(tracks []report.Group) report.Variant {
	out := report.Variant{Name: r.name(), Changes: []string{}, Over: []string{}, Unclear: []string{}, Total: r.outlook(replay.ByProject, ""), Tracks: []report.Outlook{}}
	if r.v != nil {
		out.Description, out.Changes = r.v.Description, r.v.Changes
	}
	for _, g := range tracks {
		if r.res.Group(replay.ByTrack, g.Name) != nil {
			out.Tracks = append(out.Tracks, r.outlook(replay.ByTrack, g.Name))
		}
	}
	r.judged(&out)
	out.Notes = r.notes()
	return out
}

// judged sorts the ceilings by how they stand. One that head as it is is over as well is over all the same: nobody asks a
// variant whose fault it is.
func (r row) judged(out *report.Variant) {
	out.Status = report.Pass
	for _, c := range r.out.Checks {
		id := c.Ceiling.ID()
		switch {
		case r.open(c.Ceiling) || c.Status == budget.Inconclusive:
			out.Unclear = append(out.Unclear, id)
		case c.Status == budget.Fail || c.Inherited:
			out.Over = append(out.Over, id)
		default:
			out.Held++
		}
	}
	if r.v == nil && !r.e.HasBase { // against itself nothing grows
		for _, c := range r.e.Ceilings {
			if c.Kind == budget.Growth {
				out.Held++
			}
		}
	}
	switch {
	case len(out.Over) > 0:
		out.Status = report.Fail
	case len(out.Unclear) > 0 || len(r.res.Unpriced) > 0:
		out.Status = report.Inconclusive
	}
	out.Tightest = r.odds(func(budget.Scope) bool { return true })
}

// odds gives the period ceiling that is most likely to be exceeded; of equals the first.
func (r row) odds(on func(budget.Scope) bool) (best *report.Odds) {
	for _, c := range r.out.Checks {
		if c.PHead == nil || !on(c.Ceiling.Scope) || r.open(c.Ceiling) {
			continue
		}
		if p := rounded(c.PHead); best == nil || *p > best.POver {
			best = &report.Odds{ID: c.Ceiling.ID(), Limit: *quantity(&c.Ceiling.Limit), POver: *p}
		}
	}
	return best
}

// outlook is what the row comes to for a track or the project.
func (r row) outlook(d replay.Dim, name string) report.Outlook {
	scope := budget.Scope{Kind: string(d), Name: name}
	m := r.m.scopes[scope]
	out := report.Outlook{Name: name, Calls: m.Calls, Ceiling: r.odds(func(s budget.Scope) bool { return s == scope })}
	side := r.side(d, name, 1, m.Head)
	if side == nil {
		return out
	}
	out.Cost, out.Tokens, out.LatencyP50, out.LatencyP95 = side.Cost, side.Tokens, side.LatencyP50, side.LatencyP95
	if m.Short != nil {
		out.Unknown = append(out.Unknown, m.Short.Error())
	}
	if r.v != nil {
		out.CostEffect, out.TokensEffect = r.effects(scope)
	}
	if why := r.gaps.price[scope]; why != "" {
		out.Cost, out.CostEffect = nil, nil
		out.Unknown = append(out.Unknown, why)
	}
	why := r.gaps.latency[scope]
	if why == "" && out.LatencyP95 == nil {
		why = r.unheard(d, name)
	}
	if why != "" {
		out.LatencyP50, out.LatencyP95 = nil, nil
		out.Unknown = append(out.Unknown, why)
	}
	return out
}

// effects is what the variant does against head as it is, on the same calls.
func (r row) effects(scope budget.Scope) (costs, toks *report.Effect) {
	mine, other := r.m.groups[scope], r.was.m.groups[scope]
	onCost, onTokens := mine.Against(other)
	doubt := r.doubt(mine, other)
	c, t := paired(onCost, doubt.Cost), paired(onTokens, doubt.Tokens)
	return effect(&c), effect(&t)
}

// doubt is how far counting may put the variant's effect off, as a share of head as it is. What head's own change rests
// on is common to both and cancels, unless the variant counts text anew: then the two errors may add up.
func (r row) doubt(mine, other *replay.Group) replay.Shares {
	_, now := mine.Doubt()
	if other == nil {
		return now
	}
	_, then := other.Doubt()
	sign := -1.0
	if r.v.Moves() || len(r.v.Templates) > 0 {
		sign = 1
	}
	costs, tokens := mine.Against(other)
	of := func(now, then float64, base []stats.Pair, pairs []stats.Pair) float64 {
		return math.Abs(now+sign*then) * ratio(sumBase(base), sumBase(pairs))
	}
	return replay.Shares{Cost: of(now.Cost, then.Cost, mine.CostPairs(), costs), Tokens: of(now.Tokens, then.Tokens, mine.TokenPairs(), tokens)}
}

func sumBase(pairs []stats.Pair) (sum float64) {
	for _, p := range pairs {
		sum += p.Base
	}
	return sum
}

// notes says what a reader of the row must know.
func (r row) notes() (out []string) {
	for _, u := range r.res.Unpriced {
		out = append(out, fmt.Sprintf("%s calls on %s have no price and are in no amount of money", money.Count(u.Calls).Exact(), u.Name))
	}
	if r.v == nil {
		return out
	}
	if n := r.res.Notes.OtherModel - r.was.res.Notes.OtherModel; n > 0 {
		out = append(out, money.Count(n).Exact()+" calls were made on another model than the project declares, or on one that only embeds: a change of model does not move them")
	}
	out = append(out, r.v.warned...)
	if c := r.res.CountingError; c > 0 {
		out = append(out, fmt.Sprintf("the tokens it moves are counted to ±%.1f%% (%s), which the intervals carry", c*100, r.res.CountingBy))
	}
	if r.still() {
		out = append(out, "changes nothing that was recorded")
	}
	if r.v.Recached {
		out = append(out, "cache on is as recorded: a hit that was not recorded is not known")
	}
	return out
}

// still reports whether every group of sessions comes to what it came to as it is, in tokens and in money.
func (r row) still() bool {
	for d := range r.m.totals {
		for _, name := range r.res.Names(d) {
			costs, toks := r.res.Group(d, name).Against(r.was.res.Group(d, name))
			if slices.ContainsFunc(append(costs, toks...), func(p stats.Pair) bool { return p.Base != p.Head }) {
				return false
			}
		}
	}
	return true
}
