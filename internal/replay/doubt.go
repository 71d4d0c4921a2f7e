package replay

import (
	"cmp"
	"math"
	"slices"

	"github.com/tokengate/tokengate/internal/token"
)

// Doubt is how far numbers may be off because text was counted by an estimate: half-widths, all taken to point the same
// way. Recorded tokens are the provider's own and carry none. Prompt and Output are in thousandths of a token, Cost is in
// 10^-12 dollars: integers, so that sums depend on no order.
type Doubt struct{ Prompt, Output, Cost int64 }

func (d Doubt) add(e Doubt) Doubt {
	return Doubt{d.Prompt + e.Prompt, d.Output + e.Output, d.Cost + e.Cost}
}

// doubts is the sum of the doubts of many calls.
type doubts struct{ prompt, output, cost sum }

// add books a doubt of one call for all calls alike.
func (s *doubts) add(d Doubt, times int64) {
	if d != (Doubt{}) {
		s.merge(doubts{product(d.Prompt, times), product(d.Output, times), product(d.Cost, times)})
	}
}

func (s *doubts) merge(o doubts) {
	s.prompt.add(o.prompt)
	s.output.add(o.output)
	s.cost.add(o.cost)
}

// tokens is the doubt of all tokens together.
func (s doubts) tokens() float64 {
	all := s.prompt
	all.add(s.output)
	return all.float() / 1000
}

// over scales a doubt of sampled traffic to all of it.
func (d Doubt) over(sampling float64) Doubt {
	return Doubt{roundDiv(d.Prompt, sampling), roundDiv(d.Output, sampling), roundDiv(d.Cost, sampling)}
}

// doubtful reports whether a step rests on a count that may be off.
func doubtful(steps []step) bool {
	for i := range steps {
		if steps[i].err > 0 {
			return true
		}
	}
	return false
}

// move is one call's way from what was recorded to base and on to head.
type move struct {
	recorded, before, after state
	err                     float64 // of the count from recorded to before
	steps                   []step  // from before to after
}

// level is the doubt of head's own numbers, effect that of head less base. They differ where the call was made from an
// older text than base's: the count that takes it to base is as uncertain, and both sides share it. The two text steps
// are one difference, so that an edit which is taken back leaves no doubt.
func (m move) level() Doubt { return m.doubt(m.recorded, m.err) }

func (m move) effect() Doubt { return m.doubt(m.before, 0) }

func (m move) doubt(from state, err float64) Doubt {
	if err == 0 && !doubtful(m.steps) {
		return Doubt{}
	}
	text, rest := m.before, m.steps
	if len(rest) > 0 && rest[0].kind == stepTemplate {
		text, err, rest = rest[0].after, max(err, rest[0].err), rest[1:]
	}
	return along(spread(from.usage, text.usage, err), rest).at(m.after)
}

// wide is a doubt on its way through the steps, in thousandths of a token by price class: what a doubtful token costs is
// known only at the end of the way. extra is what else may be off, in 10^-12 dollars: which class tokens are in.
type wide struct {
	token.Usage
	extra float64
}

// spread is the doubt of a difference between usages that was counted with a relative error.
func spread(a, b token.Usage, err float64) wide {
	part := func(a, b int64) int64 { return int64(math.Round(math.Abs(float64(b-a)) * err * 1000)) }
	return wide{Usage: token.Usage{Input: part(a.Input, b.Input), CacheRead: part(a.CacheRead, b.CacheRead), CacheWrite5m: part(a.CacheWrite5m, b.CacheWrite5m),
		CacheWrite1h: part(a.CacheWrite1h, b.CacheWrite1h), Output: part(a.Output, b.Output), Reasoning: part(a.Reasoning, b.Reasoning)}}
}

// along takes a doubt through steps. Tokens that can no longer be read from the cache take their doubt to the class they
// are paid in. A recount stretches what was doubtful, and may be off by a share of everything it recounts, not only of
// what it moved. Caps leave a doubt as it is: it is then too wide, never too narrow.
func along(w wide, steps []step) wide {
	for i := range steps {
		s := &steps[i]
		switch s.kind {
		case stepCache:
			w.Usage = w.Usage.Add(lost(s, w.CacheRead))
			w.extra += math.Abs(float64(s.after.pico()-s.before.pico())) * s.err
		case stepCacheOff:
			w = wide{Usage: uncached(w.Usage)} // in whatever class tokens were, they are plain input now
		case stepPrice, stepModel, stepTier:
			w.extra *= quotient(s.after.pico(), s.before.pico())
		case stepTokenizer:
			by := quotient(s.after.usage.Total(), s.before.usage.Total())
			own := spread(token.Usage{}, s.after.usage, s.err)
			w = wide{scale(w.Usage, by).Add(own.Usage), w.extra * by}
		case stepTemplate, stepRetrieval, stepInputCap, stepOutputCap:
		}
	}
	return w
}

// lost moves n thousandths out of the cache reads, to the class in which the step booked what it took out of them.
func lost(s *step, n int64) token.Usage {
	u := token.Usage{CacheRead: -n}
	switch a, b := s.before.usage, s.after.usage; {
	case b.CacheWrite1h > a.CacheWrite1h:
		u.CacheWrite1h = n
	case b.CacheWrite5m > a.CacheWrite5m:
		u.CacheWrite5m = n
	default:
		u.Input = n
	}
	return u
}

// at prices a doubt as the state that it is a doubt of.
func (w wide) at(s state) Doubt {
	d := Doubt{Prompt: w.Prompt(), Output: w.Output}
	if s.on.priced {
		cost := s.on.at(s.on.band(s.usage), w.Usage) / 1000
		d.Cost = int64(math.Round(cost + w.extra))
	}
	return d
}

// doubt is the doubt of what a step moved, in tokens; its cost is not asked for.
func (s *step) doubt() Doubt {
	if s.err == 0 {
		return Doubt{}
	}
	from := s.before.usage
	if s.kind == stepTokenizer {
		from = token.Usage{} // everything is recounted
	}
	if s.kind == stepCache {
		from = s.after.usage // tokens change their class, and stay as many
	}
	w := spread(from, s.after.usage, s.err)
	return Doubt{Prompt: w.Prompt(), Output: w.Output}
}

func scale(u token.Usage, by float64) token.Usage {
	grow := func(n int64) int64 { return int64(math.Round(float64(n) * by)) }
	return token.Usage{Input: grow(u.Input), CacheRead: grow(u.CacheRead), CacheWrite5m: grow(u.CacheWrite5m), CacheWrite1h: grow(u.CacheWrite1h),
		Output: grow(u.Output), Reasoning: grow(u.Reasoning)}
}

// quotient is 1 where there is nothing to divide by.
func quotient(a, b int64) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// trusted is how sure a count was.
type trusted struct {
	method string
	err    float64
}

// trust is a number of tokens that rest on a kind of count.
type trust struct {
	kind   int
	tokens int64
}

// trust notes that the call at hand was moved by n tokens, or recounted in them, on the strength of a kind of count.
func (r *Run) trust(n int64, kind int) { r.trusts = append(r.trusts, trust{kind, max(n, -n)}) }

// trustIn adds to what a lane or a group rests on.
func trustIn(sums *[]int64, kind int, tokens int64) {
	if missing := kind + 1 - len(*sums); missing > 0 {
		*sums = append(*sums, make([]int64, missing)...)
	}
	(*sums)[kind] += tokens
}

// Shares are doubts of sums as shares of those sums.
type Shares struct{ Cost, Tokens float64 }

// Doubt gives how far the group's sums may be off by counting: head's own, as a share of head's, and the effect of the
// change, as a share of base's. A share of nothing is 0.
func (g *Group) Doubt() (level, effect Shares) {
	var all cluster
	for i := range g.clusters {
		all.merge(&g.clusters[i])
	}
	level = Shares{share(g.level.cost.float(), all.headCost), share(g.level.tokens(), all.headTokens)}
	effect = Shares{share(g.effect.cost.float(), all.baseCost), share(g.effect.tokens(), all.baseTokens)}
	return level, effect
}

func share(part float64, of sum) float64 {
	if of == (sum{}) {
		return 0
	}
	return part / of.float()
}

// nameKinds gives every group the names of the kinds of counts, once all are known.
func (r *Run) nameKinds() {
	kinds := make([]trusted, len(r.lore.kinds))
	for k, i := range r.lore.kinds {
		kinds[i] = k
	}
	for _, g := range r.groups {
		g.kinds = kinds
	}
}

// Counting gives the relative error of the counts that the group's calls were moved by, weighed by tokens, and the method
// that contributes most of it; 0 and "" where no call was moved by a count.
func (g *Group) Counting() (relative float64, method string) {
	order := make([]int, len(g.trusts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(g.kinds[a].method, g.kinds[b].method), cmp.Compare(g.kinds[a].err, g.kinds[b].err))
	})
	var total int64
	var sum, worst float64
	for _, i := range order {
		if g.trusts[i] == 0 {
			continue
		}
		weighed := float64(g.trusts[i]) * g.kinds[i].err
		total, sum = total+g.trusts[i], sum+weighed
		if method == "" || weighed > worst {
			method, worst = g.kinds[i].method, weighed
		}
	}
	if total == 0 {
		return 0, ""
	}
	return sum / float64(total), method
}
