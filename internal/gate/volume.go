package gate

import (
	"fmt"
	"strings"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/replay"
)

// metric is one thing that is forecast: how it is read from a strand's day.
type metric struct {
	name string
	of   func(replay.Volume) float64
}

var (
	costs  = metric{budget.Cost, func(v replay.Volume) float64 { return v.Cost }}
	tokens = metric{budget.Tokens, func(v replay.Volume) float64 { return v.Tokens }}
	calls  = metric{"calls", func(v replay.Volume) float64 { return v.Calls }}
)

// outlook is the joint forecast of one metric: what every strand comes to in the open days of the period, path by path,
// and what it came to in the known ones. A strand is forecast from base's days where base has any, and head's is that
// times the strand's recorded ratio, so that the sides differ by the change alone in every path.
type outlook struct {
	metric
	base, head [][]float64  // by strand: whole days
	ratio      [][2]float64 // by strand: what a path is times, on base and on head
	spent      []float64    // by strand: known days, base's, as the change did not exist then
	paths      *forecast.Paths
	planned    [][]float64 // by strand: what plans multiply the paths by; nil for nothing
	stretch    float64
	err        error // why there are no paths
}

// series reads one side of a strand on the whole days.
func (m *measurements) series(s *replay.Strand, onBase bool, of func(replay.Volume) float64) []float64 {
	out := make([]float64, len(m.days))
	for i, day := range m.days {
		if d := s.Days[day]; d != nil && onBase {
			out[i] = of(d.Base)
		} else if d != nil {
			out[i] = of(d.Head)
		}
	}
	return out
}

func total(values []float64) (sum float64) {
	for _, v := range values {
		sum += v
	}
	return sum
}

// outlook draws the paths of a metric.
func (m *measurements) outlook(of metric) *outlook {
	o := &outlook{metric: of, stretch: m.stretch(), planned: make([][]float64, len(m.strands))}
	driving := make([]forecast.Strand, len(m.strands))
	taken := map[string]bool{}
	for i, s := range m.strands {
		head := m.series(s, false, of.of)
		base := head
		if m.hasBase {
			base = m.series(s, true, of.of)
		}
		o.base, o.head, o.spent = append(o.base, base), append(o.head, head), append(o.spent, m.spentOn(base))
		d := forecast.Strand{Name: strings.Join([]string{s.Track, s.Feature, s.Template, s.BaseModel}, "\x00"), Track: s.Track, Daily: base}
		r := [2]float64{1, 1}
		switch was, now := total(base), total(head); {
		case was > 0:
			r[1] = now / was
		case now > 0: // free, or nothing at all, on base
			r[0], d.Daily, d.Track = 0, head, s.Track+"\x00head"
		}
		if taken[d.Name] {
			d.Name += "\x00" + s.HeadModel
		}
		taken[d.Name] = true
		driving[i], o.ratio = d, append(o.ratio, r)
	}
	sampling := func(track string) forecast.Uncertainty {
		name, onHead := strings.CutSuffix(track, "\x00head")
		return m.sampling(of.name, budget.Scope{Kind: "track", Name: name}, m.hasBase && !onHead)
	}
	o.paths, o.err = forecast.DrawPaths(driving, m.horizon(), sampling, m.sampling(of.name, budget.Scope{Kind: "project"}, m.hasBase), seed)
	return o
}

// sampling is how far a scope's recorded level may be from its long-run one.
func (m *measurements) sampling(metric string, scope budget.Scope, onBase bool) forecast.Uncertainty {
	g := m.groups[scope]
	if g == nil {
		return forecast.Uncertainty{}
	}
	pairs := g.CostPairs()
	if metric != budget.Cost {
		pairs = g.TokenPairs()
	}
	return forecast.Uncertainty{Sampling: forecast.SamplingError(clusterSums(pairs, onBase), len(m.days))}
}

// spentOn sums the known days of the period.
func (m *measurements) spentOn(daily []float64) (sum float64) {
	for _, day := range m.known {
		sum += daily[m.place[day]]
	}
	return sum
}

// amount is the forecast of one scope on one side: known days, which are certain, and open ones.
type amount struct {
	forecast.Dist
	spent float64
	daily []float64 // what the open days are forecast from
}

// open is the share of the median that is still forecast.
func (a amount) open() float64 {
	if m := a.Quantile(0.5); m > 0 {
		return 1 - a.spent/m
	}
	return 1
}

// amount sums the strands of a scope. doubt is how far counting may put head off, as a share of it. A scope whose calls
// cost nothing is certain; without enough history, or any volume of late, the error says so.
func (m *measurements) amount(o *outlook, d replay.Dim, name string, onBase bool, doubt float64) (amount, error) {
	var out amount
	daily, from := make([]float64, len(m.days)), make([]float64, len(m.days))
	sum := make([]float64, forecast.PathCount)
	side := 1
	if onBase {
		side = 0
	}
	for i, s := range m.strands {
		if s.Name(d, m.hasBase) == name {
			out.spent += o.spent[i]
		}
		if s.Name(d, onBase) != name {
			continue
		}
		own, driving := o.head[i], o.base[i]
		if onBase {
			own = o.base[i]
		}
		if o.ratio[i][0] == 0 {
			driving = o.head[i]
		}
		for day := range daily {
			daily[day] += own[day]
			from[day] += float64(driving[day] * o.ratio[i][side])
		}
		o.add(sum, i, o.ratio[i][side])
	}
	if total(daily) == 0 && len(m.days) >= forecast.MinDays {
		return out, out.onTop(sum, 0) // calls were made and cost nothing: a free model, or no tokens
	}
	out.daily = from
	notes, err := forecast.Check(from, m.horizon())
	m.notes = append(m.notes, notes...)
	if err == nil {
		err = o.err
	}
	if err != nil {
		return out, err
	}
	return out, out.onTop(sum, doubt/1.96)
}

// add adds a strand's paths, as planned, times a factor.
func (o *outlook) add(sum []float64, strand int, by float64) {
	if o.paths == nil || by == 0 {
		return
	}
	plan := o.planned[strand]
	for path, v := range o.paths.Of(strand) {
		if v *= by * o.stretch; plan != nil {
			v *= plan[path]
		}
		sum[path] += float64(v)
	}
}

// onTop makes the distribution of open days, widened by counting, on top of the known ones.
func (a *amount) onTop(paths []float64, counting float64) error {
	open, err := forecast.Empirical(paths)
	if err != nil {
		return err
	}
	open = open.Widened(counting)
	var at [7]float64
	for i, p := range forecast.Levels() {
		at[i] = a.spent + open.Quantile(p)
	}
	if a.Dist, err = forecast.NewDist(at); err != nil {
		return fmt.Errorf("add %g to a forecast: %w", a.spent, err)
	}
	return nil
}
