package gate

import (
	"maps"
	"math"
	"slices"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/stats"
)

// measurements is what the replay says about every scope, with what it rests on.
type measurements struct {
	window
	scopes  map[budget.Scope]budget.Measured
	groups  map[budget.Scope]*replay.Group
	totals  map[replay.Dim][2]map[string]*replay.Totals // base, head
	latency *latencies
	strands []*replay.Strand
	names   map[replay.Dim][]string // recorded, on either side
	hasBase bool
	model   func(name string) string // the catalogue's id of a model
	cost    *outlook
	tokens  *outlook
	plans   *plans
	planned map[budget.Scope][2]float64 // median of head's cost without and with the plans
	ends    map[budget.Scope][2]amount  // head's cost and tokens, where there is a forecast
	singles map[sided]singles           // quantiles of single calls and sessions
	spent   [2]float64                  // the project's cost and tokens on the known days of the period
	notes   []forecast.Warning
}

// sided is one side of a scope.
type sided struct {
	budget.Scope
	onBase bool
}

type singles struct{ calls, sessions quantiles }

// seed makes the bootstrap and the paths repeatable; any fixed number does.
const seed = 20260101

// measure takes what is priced with from the catalog: a model has one name under all that it is known by.
func measure(in Input, policy *side, catalog *pricing.Catalog, res *replay.Result) *measurements {
	m := &measurements{scopes: map[budget.Scope]budget.Measured{}, groups: map[budget.Scope]*replay.Group{}, totals: map[replay.Dim][2]map[string]*replay.Totals{},
		latency: fitLatencies(res), strands: res.Strands(), names: map[replay.Dim][]string{}, hasBase: res.Base != nil, model: in.model(catalog), planned: map[budget.Scope][2]float64{}, ends: map[budget.Scope][2]amount{}, singles: map[sided]singles{}}
	for _, d := range dims {
		pair := [2]map[string]*replay.Totals{{}, res.Head.Totals(d)}
		if m.hasBase {
			pair[0] = res.Base.Totals(d)
		}
		m.totals[d], m.names[d] = pair, res.Names(d)
		for _, name := range m.names[d] {
			m.groups[budget.Scope{Kind: string(d), Name: name}] = res.Group(d, name)
		}
	}
	m.window = newWindow(m.totals[replay.ByProject][1][""], policy.policy.Config, in.Now, in.Clock)
	m.cost, m.tokens = m.outlook(costs), m.outlook(tokens)
	m.plan(policy.policy.Volume)
	for _, d := range dims {
		for _, name := range m.names[d] {
			m.scopes[budget.Scope{Kind: string(d), Name: name}] = m.scope(res, d, name)
		}
	}
	return m
}

var dims = []replay.Dim{replay.ByProject, replay.ByTrack, replay.ByFeature, replay.ByModel, replay.ByTemplate}

// model resolves names of models as a catalogue does.
func (in Input) model(catalog *pricing.Catalog) func(string) string {
	return func(name string) string {
		if found, err := catalog.Lookup(name, in.Now); err == nil {
			return found.ID
		}
		return name
	}
}

// plan lets the paths follow the entries under volume, and notes what that moves.
func (m *measurements) plan(volume []source.At[config.VolumePlan]) {
	m.plans = m.newPlans(volume)
	median := func(scope budget.Scope) float64 {
		a, _ := m.amount(m.cost, replay.Dim(scope.Kind), scope.Name, false, 0)
		return a.Quantile(0.5)
	}
	before := map[budget.Scope]float64{}
	for _, p := range m.plans.entries {
		before[m.called(p.VolumePlan)] = median(m.called(p.VolumePlan))
	}
	m.cost.planned = m.plans.factors()
	m.tokens.planned = m.cost.planned
	for scope, was := range before {
		m.planned[scope] = [2]float64{was, median(scope)}
	}
	for i := range m.strands {
		m.spent[0] += m.cost.spent[i]
		m.spent[1] += m.tokens.spent[i]
	}
	m.notes = nil
}

// unmapped measures the calls without a track against the whole of head, both scaled up to all traffic.
func (m *measurements) unmapped() budget.Unmapped {
	all, none := m.totals[replay.ByProject][1][""], m.totals[replay.ByTrack][1][""]
	if all == nil || none == nil {
		return budget.Unmapped{}
	}
	u := budget.Unmapped{Calls: none.Calls, Of: "spend", Share: ratio(sumOf(none, dayCost), sumOf(all, dayCost))}
	if sumOf(all, dayCost) == 0 {
		u.Of, u.Share = "tokens", ratio(sumOf(none, dayTokens), sumOf(all, dayTokens))
	}
	return u
}

// sumOf adds up one number of every day, in the order of the days: floats depend on it.
func sumOf(t *replay.Totals, pick func(*replay.Day) float64) (sum float64) {
	for _, n := range slices.Sorted(maps.Keys(t.Days)) {
		sum += pick(t.Days[n])
	}
	return sum
}

func dayCost(d *replay.Day) float64   { return d.Cost }
func dayTokens(d *replay.Day) float64 { return d.Tokens }

func (m *measurements) scope(res *replay.Result, d replay.Dim, name string) budget.Measured {
	g := res.Group(d, name)
	base, head := m.totals[d][0][name], m.totals[d][1][name]
	out := budget.Measured{Calls: g.Calls, Means: g.Means, Days: len(m.days), NeedDays: forecast.MinDays}
	out.CountingError, _ = g.Counting()
	out.NoLatency = m.latency.missing(g)
	level, moved := g.Doubt()
	out.Head, out.Short = m.numbers(g, d, name, head, false, level)
	if res.Base != nil {
		out.Base, _ = m.numbers(g, d, name, base, true, replay.Shares{})
		costs, toks := paired(g.CostPairs(), moved.Cost), paired(g.TokenPairs(), moved.Tokens)
		out.CostEffect, out.TokensEffect = &costs, &toks
		out.EffectDoubt = map[string]float64{budget.Cost: moved.Cost, budget.Tokens: moved.Tokens}
	}
	return out
}

// paired is the effect of the change with its interval. doubt is what counting adds to it, as a share of base; forecast
// takes it as a share of the effect itself. An effect of exactly nothing may still be in doubt: two tokenizers whose
// ratio is taken to be 1.
func paired(pairs []stats.Pair, doubt float64) forecast.Effect {
	e := forecast.PairedEffect(pairs, 0, seed)
	switch {
	case doubt == 0 || e.Confidence == 0:
	case e.Ratio != 0:
		e = forecast.PairedEffect(pairs, doubt/math.Abs(e.Ratio), seed)
	default:
		e.Low, e.High = max(-doubt, -1), doubt
	}
	return e
}

// numbers measures one side of a scope. doubt is what counting leaves open of all its sums; of a calendar period only
// what is still forecast is in doubt.
func (m *measurements) numbers(g *replay.Group, d replay.Dim, name string, side *replay.Totals, onBase bool, doubt replay.Shares) (*budget.Numbers, error) {
	if side == nil {
		return nil, nil
	}
	n := &budget.Numbers{}
	calls, sessions := m.callValues(g, onBase), m.sessionValues(g, onBase)
	single := singles{calls.quantiles(), sessions.quantiles()}
	m.singles[sided{budget.Scope{Kind: string(d), Name: name}, onBase}] = single
	n.CallMedian, n.PerCall, n.CallDoubt = single.calls.at(0), single.calls.at(len(shownAt)-1), calls.doubts(0.95)
	n.PerSession, n.SessionDoubt = single.sessions.at(len(shownAt)-1), sessions.doubts(0.95)
	n.LatencyP50, n.LatencyP95 = calls.latencyRange(0.50), calls.latencyRange(0.95)
	cost, err := m.amount(m.cost, d, name, onBase, doubt.Cost)
	if err != nil {
		return n, err
	}
	tokens, err := m.amount(m.tokens, d, name, onBase, doubt.Tokens)
	n.Cost, n.Tokens, n.Forecast = cost.Dist, tokens.Dist, err == nil
	if !onBase && err == nil {
		m.ends[budget.Scope{Kind: string(d), Name: name}] = [2]amount{cost, tokens}
	}
	n.PeriodDoubt = map[string]float64{budget.Cost: doubt.Cost * cost.open(), budget.Tokens: doubt.Tokens * tokens.open()}
	return n, err
}

func clusterSums(pairs []stats.Pair, onBase bool) []float64 {
	out := make([]float64, 0, len(pairs))
	for _, p := range pairs {
		if onBase {
			out = append(out, p.Base)
		} else {
			out = append(out, p.Head)
		}
	}
	return out
}
