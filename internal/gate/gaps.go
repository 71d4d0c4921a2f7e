package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/replay"
)

// gaps are the scopes of which a variant's cost or latency is not known, though that of head as it is is, and why.
type gaps struct{ price, latency map[budget.Scope]string }

// findGaps looks for calls that move to where they have no price, and for calls whose service tier changes: how long one
// waits there is another matter than how long the model takes, and is not recorded.
func findGaps(v *variant, res, was *replay.Result, count counters) gaps {
	g := gaps{map[budget.Scope]string{}, map[budget.Scope]string{}}
	catalog := count.catalog
	if v.catalog != nil {
		catalog = v.catalog
	}
	known := unpricedKeys(was, count.catalog, count)
	for k, err := range unpricedKeys(res, catalog, count) {
		if known[k] == nil {
			g.note(g.price, k, err.Error())
		}
	}
	moved := map[replay.Key]bool{}
	for _, k := range res.Base.Keys() {
		if t := v.Tier(k.Track); t.Set && k.Tier != t.Value {
			moved[labelsOf(k)] = true
		}
	}
	for _, k := range res.Head.Keys() {
		if moved[labelsOf(k)] {
			g.note(g.latency, k, fmt.Sprintf("no recorded latency of %s on tier %s", k.Model, k.Tier))
		}
	}
	return g
}

// unpricedKeys gives the cells of head that a catalogue has no price for, by what decides the price, with the reason.
func unpricedKeys(res *replay.Result, catalog *pricing.Catalog, count counters) map[replay.Key]error {
	out := map[replay.Key]error{}
	for _, k := range res.Head.Keys() {
		m, err := catalog.Lookup(k.Model, count.at)
		if err == nil {
			_, err = m.Rates(k.Tier, k.Band)
		}
		if err != nil {
			l := labelsOf(k)
			l.Model, l.Tier, l.Band = k.Model, k.Tier, k.Band
			out[l] = err
		}
	}
	return out
}

// labelsOf is what groups a cell's calls, on whatever model they are.
func labelsOf(k replay.Key) replay.Key {
	return replay.Key{Track: k.Track, Feature: k.Feature, Template: k.Template}
}

// note books a reason for every scope that a cell belongs to; of several the first by the alphabet stays, whatever the
// order they come in.
func (g gaps) note(of map[budget.Scope]string, k replay.Key, why string) {
	for _, d := range []replay.Dim{replay.ByProject, replay.ByTrack, replay.ByFeature, replay.ByModel, replay.ByTemplate} {
		scope := budget.Scope{Kind: string(d), Name: k.Name(d)}
		if was, ok := of[scope]; !ok || why < was {
			of[scope] = why
		}
	}
}

// open reports whether a ceiling cannot be judged because of a gap.
func (r row) open(c budget.Ceiling) bool {
	switch c.Metric {
	case budget.Cost:
		return r.gaps.price[c.Scope] != ""
	case budget.Latency:
		return !r.timed(c.Scope)
	}
	return false
}

// timed reports whether the latency of a scope's calls is known.
func (r row) timed(scope budget.Scope) bool {
	head := r.m.scopes[scope].Head
	if head == nil || r.gaps.latency[scope] != "" {
		return false
	}
	_, ok := head.PerCall[budget.Latency]
	return ok
}

// unheard says whose latency is missing: the models that calls of a scope move to.
func (r row) unheard(d replay.Dim, name string) string {
	var recorded, models []string
	if r.res.Base != nil {
		for _, k := range r.res.Base.Keys() {
			recorded = append(recorded, k.Model)
		}
	}
	for _, k := range r.res.Head.Keys() {
		if k.Name(d) == name && r.res.Base != nil && !slices.Contains(recorded, k.Model) {
			models = append(models, k.Model)
		}
	}
	slices.Sort(models)
	if len(models) == 0 {
		return "no recorded latency"
	}
	return "no recorded latency of " + strings.Join(slices.Compact(models), ", ")
}

// latencyBreaches counts the ceilings on latency that the row does not keep, or of which it is not known whether it does.
func (r row) latencyBreaches() (over, unclear int) {
	for _, c := range r.out.Checks {
		switch {
		case c.Ceiling.Metric != budget.Latency:
		case r.open(c.Ceiling) || c.Status == budget.Inconclusive:
			unclear++
		case c.Status == budget.Fail || c.Inherited:
			over++
		}
	}
	return over, unclear
}

// medianCost is what the project costs in a period at P50; false where it is not known.
func (r row) medianCost() (float64, bool) {
	scope := budget.Scope{Kind: "project"}
	head := r.m.scopes[scope].Head
	if head == nil || !head.Forecast || r.gaps.price[scope] != "" || len(r.res.Unpriced) > 0 {
		return 0, false
	}
	return head.Cost.Quantile(.5), true
}

// name is what the row is called.
func (r row) name() string {
	if r.v == nil {
		return config.AsIs
	}
	return r.v.Name
}
