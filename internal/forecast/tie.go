package forecast

import (
	"cmp"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// tie gives every curve normal scores that follow a common factor with the one correlation under which the sum of the
// curves is nearest to whole. Alone, a curve is the common factor's.
func (d *drawing) tie(curves []curve, kind string, names []string, common []float64, whole Dist) [][]float64 {
	if len(curves) == 1 {
		return [][]float64{slices.Clone(common)}
	}
	luck := make([][]float64, len(curves))
	for i, name := range names {
		luck[i] = d.luck(kind + name)
	}
	sum := make([]float64, len(common))
	distance := func(rho float64) float64 {
		clear(sum)
		a, e := math.Sqrt(rho), math.Sqrt(1-rho)
		for i, c := range curves {
			for path := range sum {
				sum[path] += c.at(float64(a*common[path]) + float64(e*luck[i][path]))
			}
		}
		slices.Sort(sum)
		far := 0.0
		for i, p := range levels {
			far += math.Abs(sum[rankOf(p)] - whole.at[i])
		}
		return far
	}
	rho := nearest(distance)
	a, e := math.Sqrt(rho), math.Sqrt(1-rho)
	for _, x := range luck {
		for path := range x {
			x[path] = float64(a*common[path]) + float64(e*x[path])
		}
	}
	return luck
}

// nearest is where between 0 and 1 the distance is least, to a fortieth; of equals the largest, which is the wider one.
// Steps first and then halves: the distance may have more than one valley.
func nearest(distance func(float64) float64) float64 {
	best, least := 0.0, math.Inf(1)
	try := func(at float64) {
		if at >= 0 && at <= 1 {
			if far := distance(at); far < least || far == least && at > best {
				best, least = at, far
			}
		}
	}
	for i := range 6 {
		try(float64(i) / 5)
	}
	for _, step := range []float64{0.1, 0.05, 0.025} {
		from := best
		try(from - step)
		try(from + step)
	}
	return best
}

// luck is the grid in an order of the name's own.
func (d *drawing) luck(name string) []float64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	out := slices.Clone(d.grid)
	rand.New(rand.NewPCG(d.seed, h.Sum64())).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// ranked replaces every score by the grid's of its rank, so that each quantile is taken once.
func ranked(scores, grid []float64) []float64 {
	out := make([]float64, len(scores))
	for rank, path := range byRank(scores) {
		out[path] = grid[rank]
	}
	return out
}

// byRank gives the places of values in ascending order.
func byRank(values []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(values[a], values[b]), cmp.Compare(a, b)) })
	return order
}
