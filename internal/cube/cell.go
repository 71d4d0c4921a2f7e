package cube

import (
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// maxSum is what a sum that overflowed stays at. Sums here are of numbers that are not negative, so holding them there
// depends on no order; a cube that holds such a sum has an error.
const maxSum = math.MaxInt64

// Cell is the sum of the calls of one key. A record that stands for many calls counts as often, in everything but
// Records.
type Cell struct {
	Records     int64 // records that were read
	Calls       int64 // calls they stand for
	Errors      int64 // calls with status "error"
	Bounds      int64 // calls whose output is only a lower bound
	Means       int64 // calls whose usage is the mean of several
	Usage       token.Usage
	First, Last int64     // Unix seconds of the first and last call
	Latency     Sketch    // of calls that state it
	FirstToken  Sketch    // of calls that state it
	Outcomes    []Outcome // by name
}

// Outcome sums one business outcome. Values are kept in millionths, so that sums do not depend on their order.
type Outcome struct {
	Name  string
	Count int64 // calls that state it
	Gain  int64 // sum of the values above zero, in millionths
	Loss  int64 // sum of the values below zero without their sign, in millionths
	Odd   int64 // calls among Count whose value is no number or beyond ±MaxOutcome; it is in no sum
}

// MaxOutcome is the largest value of an outcome that is summed.
const MaxOutcome = 1e9

// Mean is the mean of the summed values, NaN without any.
func (o Outcome) Mean() float64 {
	return (float64(o.Gain) - float64(o.Loss)) / 1e6 / float64(o.Count-o.Odd)
}

// add counts one record, but for its outcomes: n calls with a usage in all, at a time in Unix seconds. It is false where
// a sum overflowed.
func (c *Cell) add(call *traffic.Call, at, n int64, usage *token.Usage) bool {
	ok := plus(&c.Records, 1)
	ok = plus(&c.Calls, n) && ok
	ok = sumUsage(&c.Usage, usage) && ok
	if call.Status == "error" {
		ok = plus(&c.Errors, n) && ok
	}
	if call.OutputIsBound {
		ok = plus(&c.Bounds, n) && ok
	}
	if call.UsageIsMean {
		ok = plus(&c.Means, n) && ok
	}
	c.First, c.Last = min(c.First, at), max(c.Last, at)
	c.Latency.Add(call.Latency, n)
	c.FirstToken.Add(call.FirstToken, n)
	return ok && c.Calls < maxCount // so that no bin of a sketch, which counts no more than the calls, overflows unseen
}

// merge adds another cell of the same key, but for its outcomes. The other stays as it is.
func (c *Cell) merge(o *Cell) bool {
	ok := plus(&c.Records, o.Records)
	ok = plus(&c.Calls, o.Calls) && ok
	ok = plus(&c.Errors, o.Errors) && ok
	ok = plus(&c.Bounds, o.Bounds) && ok
	ok = plus(&c.Means, o.Means) && ok
	ok = sumUsage(&c.Usage, &o.Usage) && ok
	c.First, c.Last = min(c.First, o.First), max(c.Last, o.Last)
	c.Latency.Merge(&o.Latency)
	c.FirstToken.Merge(&o.FirstToken)
	return ok && c.Calls < maxCount
}

// outcome adds to the sums of one outcome. It is false where one overflowed.
func (c *Cell) outcome(v Outcome) bool {
	i, found := slices.BinarySearchFunc(c.Outcomes, v.Name, func(o Outcome, name string) int { return strings.Compare(o.Name, name) })
	if !found {
		c.Outcomes = slices.Insert(c.Outcomes, i, Outcome{Name: v.Name})
	}
	o := &c.Outcomes[i]
	ok := plus(&o.Count, v.Count)
	ok = plus(&o.Gain, v.Gain) && ok
	ok = plus(&o.Loss, v.Loss) && ok
	return plus(&o.Odd, v.Odd) && ok
}

// outcomeOf is one value, stated n times, rounded to millionths.
func outcomeOf(name string, v float64, n int64) Outcome {
	o := Outcome{Name: name, Count: n}
	switch {
	case !(math.Abs(v) <= MaxOutcome): // also what is no number
		o.Odd = n
	case v < 0:
		o.Loss = times(int64(math.Round(v*-1e6)), n)
	default:
		o.Gain = times(int64(math.Round(v*1e6)), n)
	}
	return o
}

// plus adds to a sum, neither below zero. It is false when the sum overflowed.
func plus(sum *int64, n int64) bool {
	s := *sum + n
	if s < 0 {
		s = maxSum
	}
	*sum = s
	return s < maxSum
}

// times is a × b, neither below zero, held at maxSum.
func times(a, b int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi > 0 || lo > maxSum {
		return maxSum
	}
	return int64(lo)
}

// sumUsage adds to a sum of usage. It is false when a part of it overflowed.
func sumUsage(sum, u *token.Usage) bool {
	next := token.Usage{Input: sum.Input + u.Input, CacheRead: sum.CacheRead + u.CacheRead, CacheWrite5m: sum.CacheWrite5m + u.CacheWrite5m,
		CacheWrite1h: sum.CacheWrite1h + u.CacheWrite1h, Output: sum.Output + u.Output, Reasoning: sum.Reasoning + u.Reasoning}
	if uint64(next.Input|next.CacheRead|next.CacheWrite5m|next.CacheWrite1h|next.Output|next.Reasoning)>>62 == 0 { // none is near its end
		*sum = next
		return true
	}
	ok := plus(&sum.Input, u.Input)
	ok = plus(&sum.CacheRead, u.CacheRead) && ok
	ok = plus(&sum.CacheWrite5m, u.CacheWrite5m) && ok
	ok = plus(&sum.CacheWrite1h, u.CacheWrite1h) && ok
	ok = plus(&sum.Output, u.Output) && ok
	return plus(&sum.Reasoning, u.Reasoning) && ok
}

// scaled is n times a usage, each part held at maxSum.
func scaled(u token.Usage, n int64) token.Usage {
	return token.Usage{Input: times(u.Input, n), CacheRead: times(u.CacheRead, n), CacheWrite5m: times(u.CacheWrite5m, n),
		CacheWrite1h: times(u.CacheWrite1h, n), Output: times(u.Output, n), Reasoning: times(u.Reasoning, n)}
}
