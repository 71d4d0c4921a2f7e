package forecast

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// PathCount is how many paths are drawn: one less than 2,000, so that each of Levels is the rank of one path, and a
// marginal comes back unrounded.
const PathCount = 1999

// Strand is one of the series that a hierarchy is made of. Daily holds whole days, oldest first; all strands of a draw
// have the same days. Name is unique: it decides the strand's luck, so that the order of strands decides nothing.
type Strand struct {
	Name, Track string
	Daily       []float64
}

// Paths are joint draws of what every strand comes to in a period: path i of one strand and path i of another belong
// together. Sums over strands of the same path are therefore coherent: tracks, features, models and templates add up to
// the project in every path, whatever is added first.
type Paths struct{ of [][]float64 }

// Of gives the PathCount amounts of a strand, by its place in what was drawn. They are the paths' own.
func (p *Paths) Of(strand int) []float64 { return p.of[strand] }

// DrawPaths draws the totals of the next horizonDays (1 to MaxHorizon) of all strands together. track gives what widens
// a track's forecast, project what widens the project's. What is exact and what is implied:
//
//   - The total of a track has Volume's distribution of the track's own days, exactly at Levels: a track's ceiling gates.
//     So has the project's where there is one track.
//   - Tracks move together by one common factor (a Gaussian copula). Its correlation, 0 to 1, is the one that brings the
//     quantiles of their sum nearest to Volume's of the project's own days, by the mean distance at Levels. The project
//     is otherwise implied by its tracks.
//   - The strands of a track have their own Volume distributions, tied by a correlation found in the same way, before
//     each draw is scaled to the total that the track has at the same rank. A strand with fewer than MinDays active days
//     among the last 28 takes its track's shape, scaled by its share of the track. What a feature, a model or a template
//     comes to is implied.
//
// A track without volume on its last 28 days comes to a certain 0, as it would as part of the project. Draws are
// quasi-random: each factor takes every quantile i ÷ 2,000 once, in an order that depends on the seed and on names.
// Scaling all days scales all paths. Too short a history gives Volume's *ShortHistoryError, no volume in any track
// ErrNoVolume; days that are no amounts, other lengths or a name that stands twice are errors that say so.
func DrawPaths(strands []Strand, horizonDays int, track func(string) Uncertainty, project Uncertainty, seed uint64) (*Paths, error) {
	order, err := inOrder(strands)
	if err != nil {
		return nil, err
	}
	all := make([][]float64, len(order))
	for i, at := range order {
		all[i] = strands[at].Daily
	}
	whole, _, err := Volume(sumSeries(all), horizonDays, project)
	if err != nil {
		return nil, err
	}
	d := drawing{horizon: horizonDays, seed: seed, grid: normalGrid()}
	out := &Paths{make([][]float64, len(strands))}
	var tracks []*branch
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && strands[order[to]].Track == strands[order[from]].Track {
			to++
		}
		b, err := d.track(strands, order[from:to], track(strands[order[from]].Track))
		if err != nil {
			return nil, err
		}
		tracks, from = append(tracks, b), to
	}
	scores := d.tie(curvesOf(tracks), "track ", namesOf(tracks), d.grid, whole)
	for i, b := range tracks {
		d.share(b, ranked(scores[i], d.grid), out)
	}
	return out, nil
}

// inOrder gives the places of the strands by track and name.
func inOrder(strands []Strand) ([]int, error) {
	if len(strands) == 0 {
		return nil, &ShortHistoryError{Have: 0, Need: MinDays}
	}
	order := make([]int, len(strands))
	names := map[string]bool{}
	for i, s := range strands {
		if order[i] = i; names[s.Name] {
			return nil, fmt.Errorf("two strands are called %q", s.Name)
		}
		names[s.Name] = true
		if len(s.Daily) != len(strands[0].Daily) {
			return nil, fmt.Errorf("strand %q has %d days, another %d", s.Name, len(s.Daily), len(strands[0].Daily))
		}
		for at, v := range s.Daily { // of a sum one could not tell
			if !(v >= 0) || math.IsInf(v, 1) {
				return nil, fmt.Errorf("strand %q: day %d of %d is %g, not a finite amount", s.Name, at+1, len(s.Daily), v)
			}
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(strands[a].Track, strands[b].Track), cmp.Compare(strands[a].Name, strands[b].Name))
	})
	return order, nil
}

func sumSeries(list [][]float64) []float64 {
	sum := make([]float64, len(list[0]))
	for _, daily := range list {
		for i, v := range daily {
			sum[i] += v
		}
	}
	return sum
}

// branch is a track with its strands.
type branch struct {
	name    string
	total   Dist
	places  []int
	strands []Dist
	names   []string
	shares  []float64 // of the days looked at
}

func curvesOf(tracks []*branch) []curve {
	out := make([]curve, len(tracks))
	for i, b := range tracks {
		out[i] = curveOf(b.total)
	}
	return out
}

func namesOf(tracks []*branch) []string {
	out := make([]string, len(tracks))
	for i, b := range tracks {
		out[i] = b.name
	}
	return out
}

// drawing is what all steps of a draw share.
type drawing struct {
	horizon int
	seed    uint64
	grid    []float64 // normal scores of i ÷ 2,000, ascending
}

// track finds the distributions of a track and of its strands.
func (d *drawing) track(strands []Strand, places []int, u Uncertainty) (*branch, error) {
	b := &branch{name: strands[places[0]].Track, places: places}
	list := make([][]float64, len(places))
	for i, at := range places {
		list[i] = strands[at].Daily
	}
	sum := sumSeries(list)
	var err error
	b.total, _, err = Volume(sum, d.horizon, u)
	if err != nil && !errors.Is(err, ErrNoVolume) {
		return nil, err
	}
	of := recent(sum)
	for i, at := range places {
		share := 0.0
		if of > 0 {
			share = recent(list[i]) / of
		}
		own := b.total.Scale(share)
		if len(places) > 1 && len(activeDays(list[i][max(0, len(list[i])-longestMeasured):])) >= MinDays {
			if own, _, err = Volume(list[i], d.horizon, u); err != nil {
				return nil, err
			}
		}
		b.strands, b.names, b.shares = append(b.strands, own), append(b.names, strands[at].Name), append(b.shares, share)
	}
	return b, nil
}

// recent is the sum of the days that a forecast looks at.
func recent(daily []float64) float64 {
	sum := 0.0
	for _, v := range daily[max(0, len(daily)-longestMeasured):] {
		sum += v
	}
	return sum
}

// share deals the total of a track, at the normal scores given, out to its strands. Draws of all strands are put in the
// order of their sums, and the draw of each rank goes to the path where the track's total has that rank: so a strand that
// collapses takes its track along, and what is multiplied by is near 1.
func (d *drawing) share(b *branch, scores []float64, out *Paths) {
	total, curves := curveOf(b.total), make([]curve, len(b.strands))
	for i, own := range b.strands {
		curves[i] = curveOf(own)
	}
	values, sum := make([][]float64, len(curves)), make([]float64, len(scores))
	for i, x := range d.tie(curves, "strand ", b.names, d.grid, b.total) {
		values[i] = x
		for draw, score := range x {
			x[draw] = curves[i].at(score)
			sum[draw] += x[draw]
		}
		out.of[b.places[i]] = make([]float64, len(scores))
	}
	draws, paths := byRank(sum), byRank(scores)
	for rank, path := range paths {
		draw, whole := draws[rank], total.at(scores[path])
		for i, at := range b.places {
			if sum[draw] > 0 {
				out.of[at][path] = values[i][draw] * (whole / sum[draw])
			} else {
				out.of[at][path] = whole * b.shares[i]
			}
		}
	}
}
