package gate

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/stats"
)

// plans are the entries under volume with what they meet in the recording.
type plans struct {
	entries []entry
	open    []int64
	strands int
}

// entry is one of them: the strands it is for, how many open days it holds on, and its own luck.
type entry struct {
	config.VolumePlan
	span    source.Span
	on      []bool  // by strand
	days    int     // open days it holds on
	level   float64 // what calls: multiplies by
	lately  float64 // share of the recorded level that days on which it held already make up
	share   float64 // of all recorded calls, of late
	luck    []float64
	refused string // why it cannot be followed
}

// newPlans finds what every entry is about. Levels of calls are held against the joint forecast of calls.
func (m *measurements) newPlans(volume []source.At[config.VolumePlan]) *plans {
	ps := &plans{open: m.open, strands: len(m.strands)}
	if len(volume) == 0 {
		return ps
	}
	counts := m.outlook(calls)
	for i, at := range volume {
		p := entry{VolumePlan: at.Value, span: at.Span, on: make([]bool, len(m.strands)), level: 1}
		scope, some := m.called(p.VolumePlan), false
		for s := range m.strands {
			p.on[s] = m.strands[s].Name(replay.Dim(scope.Kind), m.hasBase) == scope.Name
			some = some || p.on[s]
		}
		for _, day := range m.open {
			if p.Holds(dayTime(day)) {
				p.days++
			}
		}
		p.lately = m.lately(p.VolumePlan)
		if p.Spread.Set {
			p.luck = planLuck(fmt.Sprintf("plan %d", i), float64(p.Spread.Value)/1.96)
		}
		if some {
			p.measure(m, counts)
		} else {
			p.refused = "no recorded call belongs to it, and the volume of what was never recorded is not guessed"
		}
		ps.entries = append(ps.entries, p)
	}
	return ps
}

// lately is the share of the recorded level that days on which a plan held make up, each day weighed as a forecast weighs
// it: half as much every week back, over four weeks.
func (m *measurements) lately(v config.VolumePlan) float64 {
	held, all := 0.0, 0.0
	for i, day := range m.days[max(0, len(m.days)-28):] {
		w := math.Exp2(float64(i) / 7)
		if all += w; v.Holds(dayTime(day)) {
			held += w
		}
	}
	if all == 0 {
		return 0
	}
	return held / all
}

// changed is what the plan makes of a recorded level: all of its change where no recorded day had it yet, none where all
// had, and what is lacking between. On days on which it no longer holds, what the recorded days had of it is taken off.
func (p *entry) changed(holds bool) float64 {
	c := float64(p.Change.Value)
	had := 1 + c*p.lately
	switch {
	case had < 0.5:
		return 1 // it took most calls away, and there they are: the recording knows better
	case holds:
		return (1 + c) / had
	}
	return 1 / had
}

// measure finds the level and the share of the plan's calls.
func (p *entry) measure(m *measurements, counts *outlook) {
	if counts.err != nil {
		p.refused = "its calls cannot be forecast: " + counts.err.Error()
		return
	}
	sum, late, all := make([]float64, forecast.PathCount), 0.0, 0.0
	for s, on := range p.on {
		last := total(counts.base[s][max(0, len(m.days)-28):])
		if all += last; on {
			late += last
			counts.add(sum, s, 1)
		}
	}
	d, err := forecast.Empirical(sum)
	level := d.Quantile(0.5) / float64(len(m.open))
	switch p.share = late / all; {
	case err != nil || late == 0 || p.Calls.Set && level == 0:
		p.refused = "it has no calls of late to scale"
	case p.Share.Set && late == all:
		p.refused = "all recorded calls belong to it, so there are no others to make room"
	case p.Calls.Set:
		p.level = float64(p.Calls.Value) / float64(m.length) / level
	}
	p.centre(sum)
}

// centre scales the plan's luck so that the median of its calls stays where the plan puts it: of a forecast that falls
// further than it rises, a factor that is as often above 1 as below would lower it.
func (p *entry) centre(calls []float64) {
	if p.luck == nil || p.refused != "" {
		return
	}
	moved := make([]float64, len(calls))
	for path, v := range calls {
		moved[path] = v * p.luck[path]
	}
	if was, now := stats.Median(calls), stats.Median(moved); now > 0 {
		for path := range p.luck {
			p.luck[path] *= was / now
		}
	}
}

// planLuck is a lognormal factor with median 1 for every path, each quantile once, in an order of the plan's own.
func planLuck(name string, sigma float64) []float64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	out := make([]float64, forecast.PathCount)
	for i := range out {
		out[i] = math.Exp(sigma * stats.NormalQuantile(float64(i+1)/(forecast.PathCount+1)))
	}
	rand.New(rand.NewPCG(seed, h.Sum64())).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// factors gives what every strand's paths are multiplied by: the mean over the open days of the product of the entries
// that hold on a day, as the forecast of a period is of an even daily level. nil is a factor of 1.
func (ps *plans) factors() [][]float64 {
	out := make([][]float64, ps.strands)
	for _, run := range ps.runs() {
		weight := float64(run.days) / float64(len(ps.open))
		for s := range out {
			f, lucks := ps.factor(run.holding, s)
			out[s] = mix(out[s], weight, f, lucks)
		}
	}
	for s := range out {
		if !slices.ContainsFunc(out[s], func(f float64) bool { return math.Abs(f-1) > 1e-12 }) {
			out[s] = nil
		}
	}
	return out
}

// run is open days on which the same entries hold.
type run struct {
	holding []*entry
	days    int
}

func (ps *plans) runs() []run {
	var out []run
	for _, day := range ps.open {
		var holding []*entry
		for i := range ps.entries {
			if p := &ps.entries[i]; p.refused == "" && p.Holds(dayTime(day)) {
				holding = append(holding, p)
			}
		}
		if i := slices.IndexFunc(out, func(r run) bool { return slices.Equal(r.holding, holding) }); i >= 0 {
			out[i].days++
		} else {
			out = append(out, run{holding, 1})
		}
	}
	return out
}

// factor is what the entries that hold make of one strand's volume. Shares are solved together: those named get theirs,
// all others shrink or grow in proportion.
func (ps *plans) factor(holding []*entry, strand int) (f float64, lucks [][]float64) {
	f = 1
	shared, taken, others := false, 0.0, 1.0
	for _, p := range holding {
		if p.Share.Set {
			shared, taken, others = true, taken+float64(p.Share.Value), others-p.share
		}
	}
	for i := range ps.entries {
		if p := &ps.entries[i]; p.Change.Set && p.refused == "" && p.on[strand] {
			f *= p.changed(slices.Contains(holding, p))
		}
	}
	mine := false
	for _, p := range holding {
		if !p.on[strand] {
			continue
		}
		switch {
		case p.Change.Set:
		case p.Calls.Set:
			f *= p.level
		default:
			f, mine = f*float64(p.Share.Value)/p.share, true
		}
		if p.luck != nil {
			lucks = append(lucks, p.luck)
		}
	}
	if shared && !mine && others > 0 {
		f *= max(1-taken, 0) / others
	}
	return f, lucks
}

// mix adds a weighted factor to the factors of a strand.
func mix(to []float64, weight, f float64, lucks [][]float64) []float64 {
	if to == nil {
		to = make([]float64, forecast.PathCount)
	}
	for path := range to {
		v := weight * f
		for _, l := range lucks {
			v *= l[path]
		}
		to[path] += float64(v)
	}
	return to
}
