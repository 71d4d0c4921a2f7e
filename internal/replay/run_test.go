package replay

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// everything is a plan that changes the text, a cap, the model and its tokenizer, so that every sum has something in it.
func everything(t testing.TB) Plan {
	return Plan{Catalog: catalog(t), At: day, Base: revision(t, words(500), prompt.Limits{}), Sampling: map[string]float64{"g": 0.25}, Texts: true,
		Head: revision(t, "{{now}} "+words(777), prompt.Limits{MaxOutputTokens: source.Of(money.Count(300), source.Span{}), Model: source.Of("test/gamma", source.Span{})})}
}

// sums is every sum of a result as text: all of it but the samples of single calls and sessions.
func sums(r *Result) string {
	var b strings.Builder
	for _, c := range []*Cube{r.Base, r.Head} {
		for _, k := range c.Keys() {
			cell := c.sums.Cell(k)
			fmt.Fprintln(&b, k, cell.Calls, cell.Usage, cell.First, cell.Last)
		}
	}
	for _, d := range dims {
		for _, name := range r.Names(d) {
			g := r.Group(d, name)
			level, effect := g.Doubt()
			counted, by := g.Counting()
			fmt.Fprintln(&b, d, name, g.Calls, g.Means, g.CostPairs(), g.TokenPairs(), level, effect, counted, by)
		}
	}
	for _, onBase := range []bool{true, false} {
		for _, text := range r.Texts(onBase) {
			for i := range text.Sections() {
				fmt.Fprintln(&b, text.Strand.Name(ByTrack, onBase), text.Portion(i, i+1))
			}
		}
	}
	for _, c := range r.Causes {
		fmt.Fprintln(&b, c.Kind, c.Template, c.Calls, c.Tokens, c.Error, c.Cost.Decimal(), c.Scaled, c.Family, c.Models, c.Parts, c.Rewrite)
	}
	notes := r.Notes
	notes.MixedSessions = 0
	fmt.Fprintln(&b, r.Calls, r.Unpriced, notes, r.CountingError, r.CountingBy)
	return b.String()
}

func finished(t testing.TB, r *Run) *Result {
	t.Helper()
	res, err := r.Result()
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// A record that stands for three calls is three calls in every sum.
func TestWeightRepeats(t *testing.T) {
	weighed := many(900)
	var repeated []traffic.Call
	rng := rand.New(rand.NewPCG(11, 12))
	for i := range weighed {
		c := &weighed[i]
		c.Place.File = []string{"f", "g"}[rng.IntN(2)]
		c.OutputIsBound, c.UsageIsMean = rng.IntN(4) == 0, rng.IntN(4) == 0
		if rng.IntN(5) == 0 {
			c.Usage.Input, c.Usage.CacheRead = 20, 0 // too short for what is removed
		}
		one := *c
		c.Weight = rng.Int64N(5) // 0 is 1
		for range c.Times() {
			repeated = append(repeated, one)
		}
	}
	for name, plan := range map[string]Plan{"grows": everything(t), "shrinks": {Catalog: catalog(t), At: day, Base: revision(t, words(500), prompt.Limits{}), Head: revision(t, words(100), prompt.Limits{})}} {
		a, err1 := plan.Run(weighed)
		b, err2 := plan.Run(repeated)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if diff := cmp.Diff(sums(b), sums(a)); diff != "" {
			t.Errorf("%s: weights differ from repetition:\n%s", name, diff)
		}
		if a.Calls != int64(len(repeated)) || name == "shrinks" && a.Notes.Clamped == 0 || a.Notes.Bounds == 0 || len(a.Causes) == 0 {
			t.Errorf("%s: %d calls, notes %+v, %d causes", name, a.Calls, a.Notes, len(a.Causes))
		}
	}
}

// However a recording is dealt out to forks, at once, and in whatever order they are merged, it leaves the same bytes. It
// has more calls and more sessions than are sampled.
func TestForksMerge(t *testing.T) {
	calls := many(20_000)
	rng := rand.New(rand.NewPCG(13, 14))
	for i := range calls {
		calls[i].Session = fmt.Sprint(rng.IntN(14_000))
		calls[i].Weight, calls[i].UsageIsMean = rng.Int64N(4), rng.IntN(20) == 0
	}
	plan := everything(t)
	whole, err := plan.Run(calls)
	if err != nil {
		t.Fatal(err)
	}
	first := plan.Start()
	runs := []*Run{first, first.Fork(), first.Fork()}
	dealt := make([][]int, len(runs))
	for _, i := range rng.Perm(len(calls)) {
		at := rng.IntN(len(runs))
		dealt[at] = append(dealt[at], i)
	}
	var all sync.WaitGroup
	for i, run := range runs {
		all.Go(func() {
			for _, at := range dealt[i] {
				if err := run.Add(&calls[at]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	runs[2].Merge(runs[0])
	runs[2].Merge(runs[1])
	merged := finished(t, runs[2])
	if diff := cmp.Diff(sums(whole), sums(merged)); diff != "" || merged.Notes.MixedSessions != whole.Notes.MixedSessions {
		t.Errorf("the merged runs differ:\n%s", diff)
	}
	for _, d := range dims {
		for _, name := range whole.Names(d) {
			a, b := whole.Group(d, name), merged.Group(d, name)
			if !slices.Equal(a.Sessions(), b.Sessions()) {
				t.Errorf("%s %s: the merged runs keep other sessions", d, name)
			}
			if !slices.EqualFunc(a.Points(), b.Points(), func(p, q *Point) bool { return *p == *q }) {
				t.Errorf("%s %s: the merged runs keep other calls", d, name)
			}
		}
	}
}

// The kept sessions are those with the smallest hashes, and whole, on the side on which they belong to a group: all calls
// move from alpha to gamma. There are enough of them that sums are dropped on the way, and enough calls after that.
func TestSessionsAreWhole(t *testing.T) {
	calls := many(120_000)
	rng := rand.New(rand.NewPCG(15, 16))
	for i := range calls {
		c := &calls[i]
		c.Session, c.Track, c.Feature, c.Template, c.Model, c.Tier = fmt.Sprint(rng.IntN(50_000)), []string{"a", "b"}[rng.IntN(2)], "f", "p.md", "test/alpha", ""
		c.Usage.Output = min(c.Usage.Output, 300) // below the cap
	}
	plan := everything(t)
	plan.Head.Limits = func(string, string) prompt.Limits {
		return prompt.Limits{Model: source.Of("test/delta", source.Span{})}
	}
	plan.Base.Limits = func(string, string) prompt.Limits {
		return prompt.Limits{Model: source.Of("test/alpha", source.Span{})}
	}
	run := plan.Start()
	for i := range calls {
		if err := run.Add(&calls[i]); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(run.sessions.at); n >= 4*Sampled {
		t.Fatalf("%d sums are kept", n)
	}
	res := finished(t, run)
	type want struct{ calls, base, latency int64 }
	for _, c := range []struct {
		group        *Group
		track        string
		onBase, head bool
	}{
		{res.Group(ByProject, ""), "", true, true}, {res.Group(ByTrack, "a"), "a", true, true},
		{res.Group(ByModel, "test/alpha"), "", true, false}, {res.Group(ByModel, "test/delta"), "", false, true},
	} {
		sums := map[uint64]want{}
		for i := range calls {
			if call := &calls[i]; c.track == "" || c.track == call.Track {
				h := sessionHash(call)
				w := want{sums[h].calls + 1, sums[h].base, sums[h].latency + int64(call.Latency)}
				if c.onBase {
					w.base += call.Usage.Output
				}
				sums[h] = w
			}
		}
		got := c.group.Sessions()
		hashes := sortedKeys(sums)
		if len(hashes) < Sampled || len(got) != Sampled {
			t.Fatalf("%s %s: %d of %d sessions are kept", c.group.Dim, c.group.Name, len(got), len(hashes))
		}
		for i, h := range hashes[:Sampled] {
			s := got[i]
			if (want{s.Calls, s.Base.Output, int64(s.Latency)}) != sums[h] || (s.Head.Total() > 0) != c.head {
				t.Fatalf("%s %s: session %d is %+v, want %+v", c.group.Dim, c.group.Name, i, s, sums[h])
			}
		}
	}
}

// A call that moves from one model to another is in the sums of the one on base and of the other on head: 3000 millionths
// there, and 1000×20 + 100×100 = 30000 here.
func TestGroupsOfOneSide(t *testing.T) {
	limits := func(model string) prompt.Limits { return prompt.Limits{Model: source.Of(model, source.Span{})} }
	res := replayed(t, revision(t, words(500), limits("test/gamma")), revision(t, words(500), limits("test/delta")), onGamma(three()[:1]))
	was, now := res.Group(ByModel, "test/gamma"), res.Group(ByModel, "test/delta")
	if p := was.CostPairs(); len(p) != 1 || p[0].Base != 0.003 || p[0].Head != 0 || was.Points()[0].HeadModel != "" || was.Points()[0].HeadCost != 0 {
		t.Errorf("gamma: %+v, %+v", p, was.Points()[0])
	}
	if p := now.CostPairs(); len(p) != 1 || p[0].Base != 0 || p[0].Head != 0.03 || now.Points()[0].BaseModel != "" || now.Points()[0].BaseCost != 0 {
		t.Errorf("delta: %+v, %+v", p, now.Points()[0])
	}
	if s := now.Sessions(); len(s) != 1 || s[0].BaseCost != 0 || s[0].HeadCost != 30_000_000_000 || was.Calls != 1 || now.Calls != 1 {
		t.Errorf("delta: %+v", s)
	}
}

// Two calls of 1000 + 100 and 1000 + 200 tokens. Where both stand for three, the session is three sessions of 2300 tokens;
// where one stands for one and the other for three, it is one of 1100 + 3 × 1200; half of the traffic doubles weights.
func TestSessionWeight(t *testing.T) {
	for _, c := range []struct {
		weights  [2]int64
		sampling float64
		calls    int64
		tokens   int64
		weight   float64
		mixed    int64
	}{{[2]int64{0, 1}, 1, 2, 2300, 1, 0}, {[2]int64{3, 3}, 1, 2, 2300, 3, 0}, {[2]int64{1, 3}, 1, 4, 4700, 1, 1}, {[2]int64{3, 3}, 0.5, 2, 2300, 6, 0}, {[2]int64{2, 3}, 1, 3, 2900, 2, 1}} {
		calls := three()[:2]
		calls[0].Weight, calls[1].Weight = c.weights[0], c.weights[1]
		same := revision(t, words(500), prompt.Limits{})
		res, err := Plan{Catalog: catalog(t), At: day, Base: same, Head: same, Sampling: map[string]float64{"f": c.sampling}}.Run(calls)
		if err != nil {
			t.Fatal(err)
		}
		s := res.Group(ByProject, "").Sessions()
		if len(s) != 1 || s[0].Calls != c.calls || s[0].Head.Total() != c.tokens || s[0].Weight != c.weight || res.Notes.MixedSessions != c.mixed {
			t.Errorf("weights %v: %+v, %d mixed", c.weights, s, res.Notes.MixedSessions)
		}
		points := res.Group(ByProject, "").Points()
		if w := float64(max(c.weights[1], 1)) / c.sampling; len(points) != 2 || points[1].Weight != w {
			t.Errorf("weights %v: the second call weighs %v, want %v", c.weights, points[1].Weight, w)
		}
	}
}

// A mean of 50 calls is in every sum 50 times, and is neither a call nor part of a session.
func TestMeans(t *testing.T) {
	calls := three()
	calls[1].UsageIsMean, calls[1].Weight, calls[1].Session = true, 50, "other"
	same := revision(t, words(500), prompt.Limits{})
	res := replayed(t, same, same, calls)
	g := res.Group(ByProject, "")
	if len(g.Points()) != 2 || g.Calls != 52 || g.Means != 50 || res.Calls != 52 || res.Notes.Means != 50 {
		t.Errorf("%d points, %d calls, %d of them means, notes %+v", len(g.Points()), g.Calls, g.Means, res.Notes)
	}
	if got := cost(res.Head); got != "0.1543" { // 3000 + 50 × 2920 + 5300 millionths
		t.Errorf("cost %s", got)
	}
	if s := g.Sessions(); len(s) != 1 || s[0].Calls != 2 {
		t.Errorf("sessions %+v", s)
	}
	calls[1].Session = "s" // what a session came to is not known when a part of it is a mean
	if s := replayed(t, same, same, calls).Group(ByProject, "").Sessions(); len(s) != 0 {
		t.Errorf("sessions %+v", s)
	}
}

// A reader may write the next call over the last: nothing of a call is kept.
func TestAddKeepsNothing(t *testing.T) {
	calls := many(500)
	plan := everything(t)
	want, err := plan.Run(calls)
	if err != nil {
		t.Fatal(err)
	}
	run := plan.Start()
	buf := make([]byte, 0, 1024)
	var c traffic.Call
	for i := range calls {
		for j := range buf {
			buf[j] = '!'
		}
		buf = buf[:0]
		c = calls[i]
		for _, s := range []*string{&c.ID, &c.Track, &c.Feature, &c.User, &c.Session, &c.Template, &c.Model, &c.Tier, &c.Place.File} {
			if at := len(buf); *s != "" {
				buf = append(buf, *s...)
				*s = unsafe.String(&buf[at], len(*s))
			}
		}
		if err := run.Add(&c); err != nil {
			t.Fatal(err)
		}
	}
	clear(buf[:cap(buf)])
	if diff := cmp.Diff(fingerprint(want), fingerprint(finished(t, run))); diff != "" {
		t.Errorf("what was read was kept:\n%s", diff)
	}
}

// A call that is not sampled costs no memory.
func TestAddAllocates(t *testing.T) {
	run := everything(t).Start()
	c := three()[1]
	c.UsageIsMean = true // in no sample of calls
	if n := testing.AllocsPerRun(100, func() { _ = run.Add(&c) }); n != 0 {
		t.Errorf("%v allocations a call", n)
	}
}

// $9.2 million in 10^-12 dollars fill 64 bits; sums go on.
func TestSum(t *testing.T) {
	var s sum
	for range 1000 {
		s.add(product(1<<62, 1<<20))
	}
	if want := 1000.0 * (1 << 62) * (1 << 20); s.float() != want {
		t.Errorf("%v, want %v", s.float(), want)
	}
	s.add(product(-1<<62, 1000<<20))
	if s != (sum{}) {
		t.Errorf("%+v is left", s)
	}
	for _, c := range []struct{ v, times, by, want int64 }{{7, 1, 2, 4}, {-7, 1, 2, -4}, {1 << 62, 6, 6, 1 << 62}, {5, 3, 3, 5}, {1 << 62, 1 << 40, 2, 1<<63 - 1}} {
		if got := product(c.v, c.times).over(c.by); got != c.want {
			t.Errorf("%d × %d ÷ %d is %d, want %d", c.v, c.times, c.by, got, c.want)
		}
	}
}

// A cluster of calls that cost more than 64 bits hold keeps its cost.
func TestCostPastSixtyFourBits(t *testing.T) {
	calls := three()[:1]
	calls[0].Usage, calls[0].Weight = token.Usage{Output: 1_000_000_000}, 10_000_000 // 10^16 tokens at $15 a million
	same := revision(t, words(500), prompt.Limits{})
	if p := replayed(t, same, same, calls).Group(ByProject, "").CostPairs(); len(p) != 1 || p[0].Head < 0.9e11 || p[0].Head > 1.6e11 {
		t.Errorf("%+v", p)
	}
}
