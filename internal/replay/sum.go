package replay

import (
	"math"
	"math/bits"
)

// sum is a 128-bit integer in two's complement. The cost of all calls alike, scaled to all traffic, in 10^-12 dollars
// passes 64 bits at $9.2 million, and a sum that wraps would pass every ceiling.
type sum struct{ hi, lo uint64 }

func (s *sum) add(o sum) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, o.lo, 0)
	s.hi, _ = bits.Add64(s.hi, o.hi, carry)
}

func (s sum) negative() sum {
	lo, borrow := bits.Sub64(0, s.lo, 0)
	hi, _ := bits.Sub64(0, s.hi, borrow)
	return sum{hi, lo}
}

// product is v × times; times is not negative.
func product(v, times int64) sum {
	if v < 0 {
		return product(-v, times).negative()
	}
	hi, lo := bits.Mul64(uint64(v), uint64(times))
	return sum{hi, lo}
}

// float is the nearest float64 up to 2^64, and within one part in 2^52 beyond.
func (s sum) float() float64 {
	if s.hi>>63 != 0 {
		return -s.negative().float()
	}
	return math.Ldexp(float64(s.hi), 64) + float64(s.lo)
}

// over is s ÷ by, rounded to the nearest integer; by is positive. What 64 bits cannot hold is their largest.
func (s sum) over(by int64) int64 {
	if s.hi>>63 != 0 {
		return -s.negative().over(by)
	}
	s.add(sum{lo: uint64(by) / 2})
	if s.hi >= uint64(by) {
		return math.MaxInt64
	}
	q, _ := bits.Div64(s.hi, s.lo, uint64(by))
	return int64(min(q, math.MaxInt64))
}
