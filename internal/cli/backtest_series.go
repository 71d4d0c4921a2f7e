package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/pricing"
)

// What a series counts.
const (
	metricCost   = "cost"
	metricTokens = "tokens"
	metricValue  = "value" // of a CSV file, which does not say
)

// maxBacktestDays bounds a window: ten years of days are tested, a century made by one absurd time stamp is not.
const maxBacktestDays = 3653

// backtestSeries is what a backtest runs over.
type backtestSeries struct {
	by       string
	series   []namedSeries
	period   int             // days; 0 where there is no project
	window   *backtestWindow // nil where the series do not share one
	asOf     *time.Time      // of prices; nil where nothing was priced
	unpriced []inspectUnpriced
}

// namedSeries is one scope's daily values of one metric, over the window.
type namedSeries struct {
	metric, name string
	project      bool // of all calls
	daily        []float64
	unpriced     int64 // calls that are not in it, as they have no price
	calls        int64
}

// readTraffic sums recordings and cubes up by day.
func (o *backtestOptions) readTraffic(ctx context.Context, env *Env, args []string) (*backtestSeries, error) {
	at, err := parseDay(o.asOf, env.Now())
	if err != nil {
		return nil, err
	}
	in, names, err := (&inspectOptions{trafficOptions: o.trafficOptions}).openBoth(ctx, args)
	if err != nil {
		return nil, err
	}
	defer in.close()
	catalog, err := in.project.prices()
	if err != nil {
		return nil, err
	}
	all, err := in.summed(env, names)
	if err != nil {
		return nil, err
	}
	s := &backtestSeries{by: o.by, period: in.project.config.PeriodOr().Days}
	return s, s.cut(all, catalog, at, o.metric)
}

// summed reads recordings and cubes; what cannot be read ends it, as a series that lacks calls would be tested as if
// nothing had been spent.
func (in *trafficInput) summed(env *Env, names []string) (*cube.Cube, error) {
	all := cube.New()
	if len(in.sources) > 0 {
		var err error
		if all, err = in.profile(env); err != nil {
			return nil, err
		}
	}
	cubes, diags := readCubes(names)
	if err := env.warnOrEnd(diags); err != nil {
		return nil, err
	}
	for _, c := range cubes {
		all.Merge(c.cube)
	}
	if len(cubes) > 0 && len(cubes)+len(in.sources) > 1 {
		fmt.Fprintln(env.Err, "calls that were recorded in two of these count twice, as a cube does not know its calls")
	}
	return all, unusable(all)
}

// daySum is what one scope recorded on one day, scaled up to all traffic.
type daySum struct{ cost, tokens float64 }

// scopeSums are the days of one scope.
type scopeSums struct {
	days            map[int64]*daySum
	calls, unpriced int64
}

// cut makes a daily series a scope and metric, all over the same days, which are those of a check.
func (s *backtestSeries) cut(c *cube.Cube, catalog *pricing.Catalog, at time.Time, metric string) error {
	bill := c.Price(catalog, at)
	project := sumDays(c, bill, cube.ByProject)
	first, last, err := s.windowIn(c, project[""])
	if err != nil || project[""] == nil {
		return err
	}
	for _, u := range bill.Unpriced {
		s.unpriced = append(s.unpriced, inspectUnpriced{Model: u.Model, Tier: u.Tier, Reason: u.Reason.Error(), Calls: u.Calls, Tokens: inspectTokens(u.Usage)})
	}
	s.asOf = &at
	for _, m := range []string{metricCost, metricTokens} {
		if metric != "" && metric != m {
			continue
		}
		s.add(m, first, last, project, true)
		if s.by != string(cube.ByProject) {
			s.add(m, first, last, sumDays(c, bill, cube.Dim(s.by)), false)
		}
	}
	return nil
}

// sumDays adds cells up by name and day, in the order of their keys: sums of floats depend on it.
func sumDays(c *cube.Cube, bill *cube.Bill, d cube.Dim) map[string]*scopeSums {
	out := map[string]*scopeSums{}
	priced := map[cube.Key]float64{}
	for _, charge := range bill.Charges {
		priced[charge.Key] = charge.Cost.Float()
	}
	for _, k := range c.Keys() {
		cell, s := c.Cell(k), out[k.Name(d)]
		if s == nil {
			s = &scopeSums{days: map[int64]*daySum{}}
			out[k.Name(d)] = s
		}
		day := s.days[k.Day]
		if day == nil {
			day = &daySum{}
			s.days[k.Day] = day
		}
		s.calls += cell.Calls
		day.tokens += float64(cell.Usage.Total()) / k.Sampling
		if cost, ok := priced[k]; ok {
			day.cost += cost / k.Sampling
		} else {
			s.unpriced += cell.Calls
		}
	}
	return out
}

// windowIn finds the whole days of the recording, which are those of all its scopes: a track that was silent on one of
// them counts a zero.
func (s *backtestSeries) windowIn(c *cube.Cube, project *scopeSums) (first, last int64, err error) {
	if project == nil {
		return 0, -1, nil
	}
	var totals []forecast.DayTotal
	first, last = math.MaxInt64, math.MinInt64
	for _, t := range c.Totals(cube.ByDay) {
		n := cube.DayOf(t.Counts.First)
		first, last = min(first, n), max(last, n)
		totals = append(totals, forecast.DayTotal{Day: dayTime(n), Value: project.days[n].tokens, First: time.Unix(t.Counts.First, 0).UTC(), Last: time.Unix(t.Counts.Last, 0).UTC()})
	}
	if last-first >= maxBacktestDays {
		return 0, -1, usageError{fmt.Sprintf("the calls span %d days, from %s to %s; up to %d can be tested", last-first+1, dayName(first), dayName(last), maxBacktestDays),
			"look for a wrong time stamp with tokengate traffic inspect, or leave a recording out"}
	}
	_, dropped := forecast.Days(totals)
	w := &backtestWindow{Partial: []string{}}
	for _, d := range dropped {
		w.Partial = append(w.Partial, d.Format(time.DateOnly))
		switch d.Unix() / 86400 {
		case first:
			first++
		case last:
			last--
		}
	}
	w.First, w.Last, w.Days = dayName(first), dayName(last), int(last-first+1)
	s.window = w
	return first, last, nil
}

func dayTime(n int64) time.Time { return time.Unix(n*86400, 0).UTC() }
func dayName(n int64) string    { return dayTime(n).Format(time.DateOnly) }

// add adds the series of one metric, the largest first.
func (s *backtestSeries) add(metric string, first, last int64, sums map[string]*scopeSums, project bool) {
	var added []namedSeries
	totals := map[string]float64{}
	for name, sum := range sums {
		n := namedSeries{metric: metric, name: name, project: project, daily: make([]float64, last-first+1), calls: sum.calls}
		if metric == metricCost {
			n.unpriced = sum.unpriced
		}
		for i := range n.daily {
			day := sum.days[first+int64(i)]
			switch {
			case day == nil:
			case metric == metricCost:
				n.daily[i] = day.cost
			default:
				n.daily[i] = day.tokens
			}
			totals[name] += n.daily[i]
		}
		added = append(added, n)
	}
	slices.SortFunc(added, func(a, b namedSeries) int {
		return cmp.Or(cmp.Compare(totals[b.name], totals[a.name]), cmp.Compare(a.name, b.name))
	})
	s.series = append(s.series, added...)
}
