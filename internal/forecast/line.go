package forecast

import (
	"cmp"
	"math"
	"slices"
)

// latencyLine is milliseconds: a constant, and by token of each kind.
type latencyLine [4]float64

const (
	fitRounds    = 60   // of reweighting; about 20 are usually enough
	fitTolerance = 1e-7 // relative gain of a round that is not worth another
)

func (s LatencySample) row() [4]float64 { return [4]float64{1, s.Uncached, s.Cached, s.Output} }

func (l latencyLine) at(s LatencySample) float64 {
	sum := 0.0
	for i, x := range s.row() {
		sum += l[i] * x
	}
	return sum
}

// fitLine minimises the weighted sum of absolute deviations with no coefficient below zero: a token never makes a call faster.
// A coefficient that would be negative is taken out, the most negative first, and the others are fitted again. A kind of
// token that every call has equally many of is never in: it explains nothing, and would share the constant with it.
func fitLine(samples []LatencySample) latencyLine {
	scale, varies := columns(samples)
	in := []int{0}
	for i := range scale {
		if varies[i] {
			in = append(in, i)
		}
	}
	for {
		line := reweighted(samples, in, scale)
		if len(in) == 0 {
			return line
		}
		worst := slices.MinFunc(in, func(a, b int) int { return cmp.Compare(line[a]*scale[a], line[b]*scale[b]) })
		if line[worst] >= 0 {
			return line
		}
		in = slices.DeleteFunc(in, func(i int) bool { return i == worst })
	}
}

// columns gives the largest value of every column, by which columns become alike and the normal equations well
// conditioned, and whether its values differ.
func columns(samples []LatencySample) (scale [4]float64, varies [4]bool) {
	for _, s := range samples {
		first := samples[0].row()
		for i, x := range s.row() {
			scale[i] = max(scale[i], x)
			varies[i] = varies[i] || x != first[i]
		}
	}
	return scale, varies
}

// reweighted fits the columns in by iteratively reweighted least squares: a sample's weight ÷ |residual| makes the squares
// absolute values. Residuals under a ten-thousandth of the typical latency count as that, or one exact hit would decide.
func reweighted(samples []LatencySample, in []int, scale [4]float64) latencyLine {
	smallest := 1e-4 * typical(samples)
	weights := make([]float64, len(samples))
	for i, s := range samples {
		weights[i] = s.weight()
	}
	best, bestLoss := latencyLine{}, math.Inf(1)
	for range fitRounds {
		line := weighted(samples, weights, in, scale)
		loss := 0.0
		for i, s := range samples {
			off := math.Abs(s.Millis - line.at(s))
			loss += s.weight() * off
			weights[i] = s.weight() / max(off, smallest)
		}
		if !(loss < bestLoss) {
			break
		}
		done := bestLoss-loss < fitTolerance*loss
		best, bestLoss = line, loss
		if done {
			break
		}
	}
	return best
}

func typical(samples []LatencySample) float64 {
	sum, total := 0.0, 0.0
	for _, s := range samples {
		sum += s.weight() * s.Millis
		total += s.weight()
	}
	return sum / total
}

// weighted solves the weighted normal equations of the columns in, scaled.
func weighted(samples []LatencySample, weights []float64, in []int, scale [4]float64) latencyLine {
	var a [4][5]float64 // normal matrix and, last, the right-hand side
	for n, s := range samples {
		row := s.row()
		for i, p := range in {
			wx := weights[n] * row[p] / scale[p]
			for j, q := range in {
				a[i][j] += wx * row[q] / scale[q]
			}
			a[i][4] += wx * s.Millis
		}
	}
	x := solve(a, len(in))
	var line latencyLine
	for i, p := range in {
		line[p] = x[i] / scale[p]
	}
	return line
}

// solve eliminates the n × n system by Gauss with pivots on the diagonal, which a positive semidefinite matrix allows. A
// pivot that is nothing beside its own column's size means that column repeats others; it is left at zero.
func solve(a [4][5]float64, n int) (x [4]float64) {
	var own [4]float64
	for i := range n {
		own[i] = a[i][i]
	}
	for i := range n {
		if a[i][i] <= 1e-10*own[i] {
			a[i] = [5]float64{}
			a[i][i] = 1
			for k := range n {
				if k != i {
					a[k][i] = 0
				}
			}
			continue
		}
		for k := i + 1; k < n; k++ {
			f := a[k][i] / a[i][i]
			for j := i; j < 5; j++ {
				a[k][j] -= f * a[i][j]
			}
		}
	}
	for i := n - 1; i >= 0; i-- {
		sum := a[i][4]
		for j := i + 1; j < n; j++ {
			sum -= a[i][j] * x[j]
		}
		x[i] = sum / a[i][i]
	}
	return x
}
