package gate

import (
	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/token"
)

// ScopePaths measures as Run does, and gives what every scope's money comes to in each path, on base and on head.
func ScopePaths(in Input) (map[budget.Scope][2][]float64, error) {
	base, _ := loadBase(in)
	head := load(in.Head, in, "head")
	catalog, _ := base.policy.Catalog(base.fs, in.Catalog)
	sources, opts, _ := recordings(base, in)
	results, _, _, err := replayed([]replay.Plan{plan(in, base, head, counters{token.Book{}, catalog, in.Now})}, sources, opts)
	if err != nil {
		return nil, err
	}
	m, out := measure(in, base, catalog, results[0]), map[budget.Scope][2][]float64{}
	for _, d := range dims {
		for _, name := range m.names[d] {
			pair := [2][]float64{make([]float64, forecast.PathCount), make([]float64, forecast.PathCount)}
			for i, s := range m.strands {
				for side, onBase := range [2]bool{true, false} {
					if s.Name(d, onBase) == name {
						m.cost.add(pair[side], i, m.cost.ratio[i][side])
					}
				}
			}
			out[budget.Scope{Kind: string(d), Name: name}] = pair
		}
	}
	return out, m.cost.err
}

// TextEvidence measures as Run does, and gives the evidence for ceilings made by hand in the place of the declared ones.
func TextEvidence(in Input, ceilings []budget.Ceiling) (budget.Evidence, error) {
	base, _ := loadBase(in)
	head := load(in.Head, in, "head")
	policy := head
	if base != nil {
		policy = base
	}
	catalog, _ := policy.policy.Catalog(policy.fs, in.Catalog)
	count := counters{token.Book{}, catalog, in.Now}
	sources, opts, _ := recordings(policy, in)
	results, _, _, err := replayed([]replay.Plan{plan(in, base, head, count)}, sources, opts)
	if err != nil {
		return budget.Evidence{}, err
	}
	m := measure(in, policy, catalog, results[0])
	m.measureTexts(ceilings, base, head, count, results[0])
	return budget.Evidence{Now: in.Now, Stage: in.Stage, Period: "month", HasBase: base != nil, Ceilings: ceilings, Scopes: m.scopes}, nil
}

// CauseCost is causeCost.
var CauseCost = causeCost
