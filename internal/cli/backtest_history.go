package cli

import "github.com/tokengate/tokengate/internal/history"

// readHistory reads series from CSV.
func (o *backtestOptions) readHistory(env *Env) (*backtestSeries, error) {
	name, content, err := historyContent(env, o.history)
	if err != nil {
		return nil, err
	}
	read, diags := history.ParseAll(name, content, history.Options{Gaps: o.gaps})
	if err := historyDiagnostics(env, content, diags); err != nil {
		return nil, err
	}
	s := &backtestSeries{by: "series", period: 30}
	for _, r := range read {
		s.series = append(s.series, namedSeries{metric: metricValue, name: r.Name, daily: r.Values})
	}
	return s, nil
}
