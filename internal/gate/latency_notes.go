package gate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/source"
)

// notes says what the latency of a group rests on where that is not simply its recorded calls: calls that state none,
// models whose latency does not answer to the tokens that a change moves, and models that calls move to.
func (l *latencies) notes(g *replay.Group, missing []budget.NoLatency) []string {
	var out []string
	stated, all, deaf, to := 0.0, 0.0, map[string]bool{}, map[string]bool{}
	for _, p := range g.Points() {
		all += p.Weight
		if p.Latency <= 0 {
			continue
		}
		stated += p.Weight
		if m := l.models[p.BaseModel]; m != nil && m.Constant() && p.BaseModel == p.HeadModel && sample(p.Base) != sample(p.Head) {
			deaf[p.BaseModel] = true
		}
		if p.BaseModel != "" && p.HeadModel != "" && p.BaseModel != p.HeadModel && l.point(p).missing == "" {
			to[p.HeadModel] = true
		}
	}
	if stated > 0 && stated < all {
		out = append(out, fmt.Sprintf("latency is that of the %s of its calls that state one", almost(stated/all)))
	}
	for _, name := range slices.Sorted(maps.Keys(deaf)) {
		out = append(out, fmt.Sprintf("latency of %s is taken not to depend on tokens: %s", name, l.models[name].why()))
	}
	for _, name := range slices.Sorted(maps.Keys(to)) {
		out = append(out, fmt.Sprintf("latency of calls that move to %s is taken from its own %d recorded calls", name, l.models[name].Calls()))
	}
	for _, n := range missing {
		out = append(out, "latency on head is not known: "+n.String())
	}
	return out
}

// almost is a share in whole percent, never 0 or 100.
func almost(share float64) string { return fmt.Sprintf("%.0f%%", min(max(100*share, 1), 99)) }

// why gives the reason that a model is constant.
func (m *timed) why() string { return m.warnings[len(m.warnings)-1].Text }

// untimed names each model that calls move to and that too few latencies are recorded of, where head names it.
func untimed(in Input, head *side, catalog *pricing.Catalog, m *measurements) []budget.Finding {
	places := map[string]source.Span{}
	for _, named := range head.policy.Models() {
		if found, err := catalog.Lookup(named.Value, in.Now); err == nil && places[found.ID].IsZero() {
			places[found.ID] = named.Span
		}
	}
	var out []budget.Finding
	for _, n := range m.scopes[budget.Scope{Kind: string(replay.ByProject)}].NoLatency {
		out = append(out, budget.Finding{Status: budget.Pass, Diagnostic: source.Diagnostic{Rule: "latency-unknown", Severity: source.Warning,
			Span: places[n.Model], Hint: n.Settle(), Summary: "latency after this change is not known: " + n.Of("the recorded calls")}})
	}
	return out
}
