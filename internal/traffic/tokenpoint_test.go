package traffic

import (
	"math/rand/v2"
	"testing"

	"github.com/tokengate/tokengate/internal/token"
)

// TestEmit holds that records made of sums add up to them: the tokens of each class, and the calls; that no call differs
// from another by more than one token of a class; and that the records are few.
func TestEmit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		n := 1 + r.Int64N([]int64{5, 1000, maxWeight}[r.IntN(3)])
		out := r.Int64N(9 * n)
		want := token.Usage{Input: r.Int64N(1000 * n), CacheRead: r.Int64N(50 * n), CacheWrite5m: r.Int64N(n), Output: out, Reasoning: r.Int64N(out + 1)}
		f := newFile(Source{Path: "a"})
		p := &tokenPoint{series: &tokenSeries{}, file: f, line: 1}
		emit(p, Call{Time: nanoTime(number{n: 1e18}), Model: "m", UsageIsMean: true}, want, n)
		var got token.Usage
		var calls int64
		for _, rec := range f.records {
			w, u := rec.call.Times(), rec.call.Usage
			calls += w
			for _, c := range []struct{ each, all int64 }{{u.Input, want.Input}, {u.CacheRead, want.CacheRead}, {u.CacheWrite5m, want.CacheWrite5m}, {u.Output, want.Output}, {u.Reasoning, want.Reasoning}} {
				if c.each != c.all/n && c.each != c.all/n+1 {
					t.Fatalf("%d tokens of %d over %d calls", c.each, c.all, n)
				}
			}
			got = got.Add(token.Usage{Input: u.Input * w, CacheRead: u.CacheRead * w, CacheWrite5m: u.CacheWrite5m * w, Output: u.Output * w, Reasoning: u.Reasoning * w})
		}
		if got != want || calls != n || len(f.records) > 6 || f.bad.n > 0 {
			t.Fatalf("%d calls in %d records, %d bad, with %+v; want %d with %+v", calls, len(f.records), f.bad.n, got, n, want)
		}
	}
}

// TestEmitCallless holds that tokens of calls that were not counted stay whole where one call cannot have had them.
func TestEmitCallless(t *testing.T) {
	f := newFile(Source{Path: "a"})
	s := &tokenSeries{call: Call{Model: "m", UsageIsMean: true}}
	recordCell([]*tokenPoint{
		{series: s, class: inputTokens, sum: 7*maxTokens + 3, start: 1e18, time: 2e18, file: f, line: 1},
		{series: s, class: outputTokens, sum: 5, start: 1e18, time: 2e18, file: f, line: 1},
	})
	var input, output, calls int64
	for _, rec := range f.records {
		w := rec.call.Times()
		input, output, calls = input+w*rec.call.Usage.Input, output+w*rec.call.Usage.Output, calls+w
	}
	if input != 7*maxTokens+3 || output != 5 || calls != 8 || f.bad.n > 0 || f.odd.callless != 1 {
		t.Errorf("%d and %d tokens, %d calls, %d bad, %d told", input, output, calls, f.bad.n, f.odd.callless)
	}
}
