package main

import (
	"math"
	"math/rand/v2"
	"time"
)

// random draws everything from one PCG stream, so that equal seeds give equal traffic on every machine.
type random struct{ *rand.Rand }

func newRandom(seed uint64) random { return random{rand.New(rand.NewPCG(seed, 0x676174650a))} }

// quantile draws from a distribution given by knots, interpolating the logarithm between two of them.
func (r random) quantile(knots []knot) int64 {
	u := r.Float64()
	for i := 1; i < len(knots); i++ {
		if a, b := knots[i-1], knots[i]; u <= b.P {
			share := (u - a.P) / (b.P - a.P)
			return int64(math.Round(math.Exp(math.Log(a.Value) + share*(math.Log(b.Value)-math.Log(a.Value)))))
		}
	}
	return int64(knots[len(knots)-1].Value)
}

// logNormal draws a positive factor with the given median and deviation of its logarithm.
func (r random) logNormal(median, deviation float64) float64 {
	return median * math.Exp(deviation*r.NormFloat64())
}

// poisson counts events of a mean rate, by multiplying uniforms (Knuth): the rates here are below 30.
func (r random) poisson(mean float64) int {
	limit, n := math.Exp(-mean), 0
	for p := r.Float64(); p > limit; p *= r.Float64() {
		n++
	}
	return n
}

// ranked draws an index below n with a chance that falls as rank^-skew.
func (r random) ranked(n int, skew float64) int {
	total := 0.0
	for i := range n {
		total += math.Pow(float64(i+1), -skew)
	}
	u := r.Float64() * total
	for i := range n {
		if u -= math.Pow(float64(i+1), -skew); u < 0 {
			return i
		}
	}
	return n - 1
}

func (r random) seconds(mean float64) time.Duration {
	return time.Duration(r.ExpFloat64() * mean * float64(time.Second)).Round(time.Millisecond)
}
