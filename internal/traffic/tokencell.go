package traffic

import (
	"cmp"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/token"
)

// recordCell turns the points of one interval into records: as many calls as were counted, whose tokens add up exactly.
func recordCell(cell []*tokenPoint) {
	first := cell[0]
	f := first.file
	var n [numClasses]number
	var calls [numClasses]int64
	from, counted := first.start, false
	for i, p := range cell {
		if p.start > 0 && p.start < from || from == 0 {
			from = p.start
		}
		if i > 0 && cell[i-1].class == p.class && cell[i-1].metric != p.metric {
			p.metric = cell[i-1].metric // another generation of what is there
			p.file.skip(skipTwice)
			continue
		}
		n[p.class] = number{n[p.class].n + p.sum, true}
		if p.counted {
			calls[p.class] += p.calls
			counted = true
		}
	}
	u, err := addUp(n, first.series)
	if err != nil {
		f.reject(first.line, err)
		return
	}
	c := first.series.call
	c.Time = time.Unix(0, cmp.Or(from, first.time)).UTC()
	times := max(calls[inputTokens], calls[outputTokens])
	if times > maxWeight {
		f.reject(first.line, bad(impossible, "%d calls in one interval, over %d", times, int64(maxWeight)))
		return
	}
	if !counted || !n[inputTokens].known || times == 0 {
		f.odd.callless++
		times = 1 + largest(u)/maxTokens
	}
	emit(first, c, u, times)
}

// addUp makes the sums of an interval additive.
func addUp(n [numClasses]number, s *tokenSeries) (token.Usage, error) {
	in, out, read, write, think := n[inputTokens].n, n[outputTokens].n, n[readTokens].n, n[writtenTokens].n, n[reasoningTokens].n
	beside := s.bare || read+write > in && isClaude(s.call.Model, "")
	switch {
	case beside:
	case read+write > in:
		return token.Usage{}, bad(impossible, "%d cached tokens among %d of input", read+write, in)
	default:
		in -= read + write
	}
	if think > out {
		out += think
	}
	return token.Usage{Input: in, CacheRead: read, CacheWrite5m: write, Output: out, Reasoning: think}, nil
}

func largest(u token.Usage) int64 {
	return max(u.Input, u.CacheRead, u.CacheWrite5m, u.CacheWrite1h, u.Output)
}

// emit gives n calls as few records: of a class with S tokens, S mod n calls have one token more than the others.
func emit(p *tokenPoint, c Call, u token.Usage, n int64) {
	classes := []int64{u.Input, u.CacheRead, u.CacheWrite5m, u.Output, u.Reasoning}
	cuts := []int64{0, n}
	for _, s := range classes {
		cuts = append(cuts, s%n)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	for i := 1; i < len(cuts); i++ {
		share := func(s int64) int64 {
			if cuts[i-1] < s%n {
				return s/n + 1
			}
			return s / n
		}
		c.Usage = token.Usage{Input: share(u.Input), CacheRead: share(u.CacheRead), CacheWrite5m: share(u.CacheWrite5m), Output: share(u.Output), Reasoning: share(u.Reasoning)}
		c.Weight = cuts[i] - cuts[i-1]
		p.file.accept(record{call: c, facts: p.series.facts}, p.line)
	}
}
