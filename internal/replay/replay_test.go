package replay

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

var day = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// Prices chosen so that costs can be worked out on paper, in dollars per million tokens.
const testPrices = `
as_of: 2026-11-20
models:
  test/alpha: {mode: chat, tokenizer: o200k_base, input: 2, output: 10, cache_read: 0.2, cache_write_5m: 2.5, cache_write_1h: 4, batch: 50%, bands: [{over: 10k, input: 4, output: 15, cache_read: 0.4, cache_write_5m: 5, cache_write_1h: 8}]}
  test/beta: {mode: chat, tokenizer: o200k_base, input: 1, output: 4}
  test/gamma: {mode: chat, tokenizer: claude-4.7, input: 2, output: 10, cache_read: 0.2, cache_write_5m: 2.5, cache_write_1h: 4}
  test/delta: {mode: chat, tokenizer: claude-4.7, input: 20, output: 100, cache_read: 2, cache_write_5m: 25, cache_write_1h: 40}
`

func catalog(t testing.TB) *pricing.Catalog {
	t.Helper()
	c, err := pricing.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	c, diags := c.WithFile("prices.yaml", []byte(testPrices))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return c
}

// words is a text of exactly n tokens of o200k_base.
func words(n int) string { return strings.TrimPrefix(strings.Repeat(" the", n), " ") }

func load(t testing.TB, text string) *prompt.Template {
	t.Helper()
	tmpl, diags := prompt.Load(fstest.MapFS{"p.md": {Data: []byte(text)}}, "p.md", prompt.Options{})
	if tmpl == nil || diags.HasErrors() {
		t.Fatal(diags)
	}
	return tmpl
}

func revision(t testing.TB, text string, limits prompt.Limits) *Revision {
	return &Revision{Templates: map[string]*prompt.Template{"p.md": load(t, text)}, Limits: func(string, string) prompt.Limits { return limits }}
}

// three is a recording of three calls: plain, on a warm cache, and one that fills the cache.
func three() []traffic.Call {
	call := func(i int, u token.Usage) traffic.Call {
		return traffic.Call{Time: day.Add(time.Duration(i) * time.Hour), ID: fmt.Sprint(i), Track: "generation", Session: "s", Template: "p.md", Model: "test/alpha", Usage: u,
			Latency: time.Second, Place: traffic.Place{File: "f", Line: i}}
	}
	return []traffic.Call{
		call(1, token.Usage{Input: 1000, Output: 100}),
		call(2, token.Usage{Input: 400, CacheRead: 600, Output: 200}),
		call(3, token.Usage{Input: 400, CacheWrite5m: 600, Output: 300}),
	}
}

func replayed(t testing.TB, base, head *Revision, calls []traffic.Call) *Result {
	t.Helper()
	res, err := Plan{Catalog: catalog(t), At: day, Base: base, Head: head}.Run(calls)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func cost(c *Cube) string { return c.Totals(ByProject)[""].Cost.Decimal() }

// The recorded calls under no change, in millionths of a dollar:
//
//	1: 1000×2 + 100×10               = 3000
//	2: 400×2 + 600×0.2 + 200×10      = 2920
//	3: 400×2 + 600×2.5 + 300×10      = 5300
//	                                 = 11220
func TestNoChange(t *testing.T) {
	same := revision(t, words(500), prompt.Limits{})
	res := replayed(t, same, same, three())
	if got := cost(res.Base); got != "0.01122" {
		t.Errorf("base costs %s, want 0.01122", got)
	}
	if cost(res.Head) != cost(res.Base) || len(res.Causes) > 0 {
		t.Errorf("head costs %s with %d causes", cost(res.Head), len(res.Causes))
	}
}

// A template of 500 tokens grows by 40. The first call paid it as input, the second read it from the cache, the third
// wrote it: 40×2 + 40×0.2 + 40×2.5 = 188 millionths more, 11408 in all. Shrinking it by 40 takes the same away.
func TestTemplateEdit(t *testing.T) {
	base := revision(t, words(500), prompt.Limits{})
	for n, want := range map[int]string{540: "0.011408", 460: "0.011032"} {
		res := replayed(t, base, revision(t, words(n), prompt.Limits{}), three())
		if got := cost(res.Head); got != want {
			t.Errorf("%d tokens: head costs %s, want %s", n, got, want)
		}
		c := res.Causes[0]
		diff, _ := money.FromDecimal(want)
		base, _ := money.FromDecimal("0.01122")
		if len(res.Causes) != 1 || c.Kind != KindTemplate || c.Calls != 3 || c.Cost.Cmp(diff.Sub(base)) != 0 {
			t.Errorf("%d tokens: cause %+v", n, c)
		}
		if len(c.Parts) != 1 || c.Parts[0].Tokens != int64(n-500) {
			t.Errorf("%d tokens: parts %+v", n, c.Parts)
		}
	}
}

// A cached text that grows in front to 501 tokens is written again, once per cache entry: 501×(2.5−0.2) millionths.
// Where nothing was cached there is nothing to write again.
func TestRewrite(t *testing.T) {
	base := revision(t, words(500), prompt.Limits{})
	res := replayed(t, base, revision(t, "No "+words(500), prompt.Limits{}), three()[1:2])
	if w := res.Causes[0].Rewrite; w == nil || w.Tokens != 501 || w.Cost.Decimal() != "0.0011523" || w.At.Start.Line != 1 {
		t.Errorf("rewrite %+v", w)
	}
	if w := replayed(t, base, revision(t, "No "+words(500), prompt.Limits{}), three()[:1]).Causes[0].Rewrite; w != nil {
		t.Errorf("uncached calls are written again: %+v", w)
	}
}

// A prompt of 9,990 tokens grows by 40 and crosses the 10k band, which prices the whole request:
// before 9990×2 + 100×10 = 20980, after 10030×4 + 100×15 = 41620 millionths.
func TestTemplateEditCrossesBand(t *testing.T) {
	calls := three()[:1]
	calls[0].Usage = token.Usage{Input: 9990, Output: 100}
	res := replayed(t, revision(t, words(500), prompt.Limits{}), revision(t, words(540), prompt.Limits{}), calls)
	if cost(res.Base) != "0.02098" || cost(res.Head) != "0.04162" {
		t.Errorf("base %s, head %s", cost(res.Base), cost(res.Head))
	}
}

// The batch tier is half price on every class: 11220 / 2 = 5610.
func TestBatchTier(t *testing.T) {
	calls := three()
	for i := range calls {
		calls[i].Tier = "batch"
	}
	same := revision(t, words(500), prompt.Limits{})
	if got := cost(replayed(t, nil, same, calls).Head); got != "0.00561" {
		t.Errorf("batch costs %s", got)
	}
}

func o200k(t testing.TB) *token.Counter {
	t.Helper()
	c, err := token.For("o200k_base")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A swap to a model at 1 and 4 without cache prices bills every prompt token as input:
// 3 prompts of 1000 ×1 + (100+200+300)×4 = 3000 + 2400 = 5400 millionths.
func TestModelSwap(t *testing.T) {
	to := prompt.Limits{Model: source.Of("test/beta", source.Span{File: "p.md", Start: source.Pos{Line: 2}})}
	from := prompt.Limits{Model: source.Of("test/alpha", source.Span{})}
	for name, base := range map[string]prompt.Limits{"declared on base": from, "not declared on base": {}} {
		res := replayed(t, revision(t, words(500), base), revision(t, words(500), to), three())
		if got := cost(res.Head); got != "0.0054" {
			t.Errorf("%s: head costs %s", name, got)
		}
		if len(res.Causes) != 1 || res.Causes[0].Kind != KindModel || res.Causes[0].Place.Start.Line != 2 || res.Causes[0].Cost.Decimal() != "-0.00582" {
			t.Errorf("%s: %+v", name, res.Causes)
		}
	}
	other := prompt.Limits{Model: source.Of("test/gamma", source.Span{})}
	if res := replayed(t, revision(t, words(500), other), revision(t, words(500), to), three()); cost(res.Head) != cost(res.Base) {
		t.Error("calls on a model that base does not declare were moved")
	} else if res.Notes.OtherModel != 3 {
		t.Errorf("%d calls on another model are noted", res.Notes.OtherModel)
	}
}

// A swap that keeps the prices but changes the tokenizer moves tokens, and is a cause of its own with its error.
func TestTokenizerSwap(t *testing.T) {
	res := replayed(t, revision(t, words(500), prompt.Limits{}), revision(t, words(500), prompt.Limits{Model: source.Of("test/gamma", source.Span{})}), three()[:1])
	in, out := token.Convert(1000, "o200k_base", "claude-4.7", token.Prose), token.Convert(100, "o200k_base", "claude-4.7", token.Prose)
	want := money.New(2*in.Tokens+10*out.Tokens, -6)
	if got := cost(res.Head); got != want.Decimal() {
		t.Errorf("head costs %s, want %s", got, want.Decimal())
	}
	if len(res.Causes) != 2 || res.Causes[1].Kind != KindTokenizer || res.CountingError != in.RelativeError || in.RelativeError == 0 {
		t.Errorf("causes %+v, error %v", res.Causes, res.CountingError)
	}
	sum := res.Causes[0].Cost.Add(res.Causes[1].Cost)
	base, _ := money.FromDecimal("0.003")
	if sum.Cmp(want.Sub(base)) != 0 {
		t.Errorf("causes add up to %s", sum)
	}
}

// A new cap of 150 output tokens clips the second and third call by 50 and 150: 200×10 = 2000 millionths less.
func TestOutputCap(t *testing.T) {
	capped := prompt.Limits{MaxOutputTokens: source.Of(money.Count(150), source.Span{})}
	res := replayed(t, revision(t, words(500), prompt.Limits{}), revision(t, words(500), capped), three())
	if got := cost(res.Head); got != "0.00922" || res.Causes[0].Kind != KindOutputCap || res.Causes[0].Calls != 2 {
		t.Errorf("head costs %s, causes %+v", got, res.Causes)
	}
	if res := replayed(t, revision(t, words(500), capped), revision(t, words(500), capped), three()); cost(res.Head) != "0.01122" {
		t.Error("a cap that did not change clips recorded facts")
	}
}

// A new cap of 800 on the prompt cuts 200 plain tokens from each call: 3×200×2 = 1200 millionths less.
func TestInputCap(t *testing.T) {
	capped := prompt.Limits{Context: prompt.Context{MaxInputTokens: source.Of(money.Count(800), source.Span{})}}
	if got := cost(replayed(t, revision(t, words(500), prompt.Limits{}), revision(t, words(500), capped), three()).Head); got != "0.01002" {
		t.Errorf("head costs %s", got)
	}
}

// top_k from 2 to 3 chunks of 100 tokens adds 100 input tokens a call: 3×100×2 = 600 millionths more.
// Under max_retrieved_tokens of 250 it adds only 50: 300 more.
func TestRetrieval(t *testing.T) {
	limits := func(k, most int) prompt.Limits {
		c := prompt.Context{TopK: source.Of(money.Count(k), source.Span{}), ChunkTokens: source.Of(money.Count(100), source.Span{})}
		if most > 0 {
			c.MaxRetrievedTokens = source.Of(money.Count(most), source.Span{})
		}
		return prompt.Limits{Context: c}
	}
	for most, want := range map[int]string{0: "0.01182", 250: "0.01152"} {
		if got := cost(replayed(t, revision(t, words(500), limits(2, most)), revision(t, words(500), limits(3, most)), three()).Head); got != want {
			t.Errorf("most %d: head costs %s, want %s", most, got, want)
		}
	}
}

// A value that differs from call to call is put in front of the cached text. The second call can no longer read its
// 600 tokens and, the breakpoint being the caller's, writes them instead: 600×(2.5−0.2) = 1380 millionths more, beside
// the placeholder's own tokens. On a model without a write price they are plain input.
func TestCacheLoss(t *testing.T) {
	base, head := revision(t, words(500), prompt.Limits{}), revision(t, "{{now}} "+words(500), prompt.Limits{})
	res := replayed(t, base, head, three()[1:2])
	i := slices.IndexFunc(res.Causes, func(c *Cause) bool { return c.Kind == KindCache })
	if i < 0 {
		t.Fatalf("no cache cause: %+v", res.Causes)
	}
	grown := o200k(t).Count("{{now}} "+words(500)).Tokens - 500
	read := 600 + grown // the template was read from the cache, so its new tokens are booked there before the cache is lost
	if want := money.New(read*23, -7); res.Causes[i].Cost.Cmp(want) != 0 {
		t.Errorf("cache costs %s, want %s", res.Causes[i].Cost.Decimal(), want.Decimal())
	}
	if res.Causes[i].Place.Start.Line != 1 {
		t.Errorf("place %v", res.Causes[i].Place)
	}
	behind := revision(t, words(600)+" {{now}}", prompt.Limits{})
	for _, c := range replayed(t, revision(t, words(600), prompt.Limits{}), behind, three()[1:2]).Causes {
		if c.Kind == KindCache && c.Cost.Cmp(money.New(grown*23, -7)) > 0 { // at most the placeholder itself, which was booked as cached
			t.Errorf("a value behind the cached text costs %s", c.Cost)
		}
	}
}

// A call recorded under an older version of 450 tokens is moved to base's 500 first: on base it costs 50×2 more.
func TestOlderVersion(t *testing.T) {
	old := load(t, words(450))
	calls := three()[:1]
	calls[0].TemplateVersion = old.BlobID
	base, head := revision(t, words(500), prompt.Limits{}), revision(t, words(540), prompt.Limits{})
	plan := Plan{Catalog: catalog(t), At: day, Base: base, Head: head, Version: func(string, string) (*prompt.Template, error) { return old, nil }}
	res, err := plan.Run(calls)
	if err != nil || cost(res.Base) != "0.0031" || cost(res.Head) != "0.00318" {
		t.Errorf("base %s, head %s, %v", cost(res.Base), cost(res.Head), err)
	}
	plan.Version = nil
	if res, err = plan.Run(calls); err != nil || cost(res.Base) != "0.003" || res.Notes.UnknownVersion["p.md"] != 1 {
		t.Errorf("unknown version: base %s, notes %+v, %v", cost(res.Base), res.Notes, err)
	}
}

// Recorded variables are rendered and counted: a variable of 100 tokens that the change inserts a second time.
func TestVars(t *testing.T) {
	calls := three()[:1]
	calls[0].Vars = map[string]string{"x": words(100)}
	res := replayed(t, revision(t, "the {{x}}", prompt.Limits{}), revision(t, "the {{x}} {{x}}", prompt.Limits{}), calls)
	if got := res.Head.Totals(ByProject)[""].Usage.Input - 1000; got != 100 {
		t.Errorf("moved by %d tokens, want 100", got)
	}
}

// A model without a price keeps its tokens, costs nothing known, and is named with its first place.
func TestUnpriced(t *testing.T) {
	calls := three()
	calls[1].Model, calls[2].Model = "nobody/knows", "nobody/knows"
	same := revision(t, words(500), prompt.Limits{})
	res := replayed(t, nil, same, calls)
	if len(res.Unpriced) != 1 || res.Unpriced[0].Calls != 2 || res.Unpriced[0].First.Line != 2 || res.Unpriced[0].Reason == nil {
		t.Errorf("unpriced %+v", res.Unpriced)
	}
	if cost(res.Head) != "0.003" || res.Head.Totals(ByProject)[""].Usage.Total() != 3600 {
		t.Errorf("cost %s", cost(res.Head))
	}
}

// A call on a service tier that its model has no price for is not priced as standard; it has no known cost.
func TestUnpricedTier(t *testing.T) {
	calls := three()
	calls[1].Tier = "priority"
	res := replayed(t, nil, revision(t, words(500), prompt.Limits{}), calls)
	if len(res.Unpriced) != 1 || res.Unpriced[0].Name != "test/alpha (tier priority)" || res.Unpriced[0].Reason == nil || cost(res.Head) != "0.0083" {
		t.Errorf("cost %s, unpriced %+v", cost(res.Head), res.Unpriced)
	}
}

// A call that failed before it was billed stays at nothing, however the text grows.
func TestFailedCall(t *testing.T) {
	calls := three()[:1]
	calls[0].Usage = token.Usage{}
	res := replayed(t, revision(t, words(500), prompt.Limits{}), revision(t, words(900), prompt.Limits{}), calls)
	if cost(res.Head) != "0" || len(res.Causes) != 0 {
		t.Errorf("cost %s, %d causes", cost(res.Head), len(res.Causes))
	}
}

// A removal larger than the recorded prompt stops at zero and is counted.
func TestRemovalIsClamped(t *testing.T) {
	calls := three()[:1]
	calls[0].Usage = token.Usage{Input: 100, Output: 100}
	res := replayed(t, revision(t, words(500), prompt.Limits{}), revision(t, words(1), prompt.Limits{}), calls)
	if res.Head.Totals(ByProject)[""].Usage.Input != 0 || res.Notes.Clamped != 1 {
		t.Errorf("input %d, clamped %d", res.Head.Totals(ByProject)[""].Usage.Input, res.Notes.Clamped)
	}
}

// many makes a recording with every kind of call from a seed.
func many(n int) []traffic.Call {
	rng := rand.New(rand.NewPCG(1, 2))
	out := make([]traffic.Call, n)
	for i := range out {
		out[i] = traffic.Call{
			Time: day.Add(time.Duration(rng.IntN(28*24*3600)) * time.Second), ID: fmt.Sprint(i), Track: []string{"a", "b", ""}[rng.IntN(3)],
			Feature: []string{"f", "g"}[rng.IntN(2)], Session: fmt.Sprint(rng.IntN(n/3 + 1)), Template: []string{"p.md", "", "gone.md"}[rng.IntN(3)],
			Model: []string{"test/alpha", "test/beta", "nobody/knows"}[rng.IntN(3)], Tier: []string{"", "batch"}[rng.IntN(2)],
			Usage:   token.Usage{Input: rng.Int64N(12000), CacheRead: rng.Int64N(3000), Output: rng.Int64N(900)},
			Latency: time.Duration(rng.IntN(5000)) * time.Millisecond, Place: traffic.Place{File: "f", Line: i},
		}
	}
	return out
}

// fingerprint is everything a result holds, as text.
func fingerprint(r *Result) string {
	var b strings.Builder
	for _, c := range []*Cube{r.Base, r.Head} {
		for _, k := range c.Keys() {
			fmt.Fprintln(&b, k, *c.sums.Cell(k))
		}
		for _, d := range dims {
			for _, name := range r.Names(d) {
				g := r.Group(d, name)
				level, effect := g.Doubt()
				counted, by := g.Counting()
				fmt.Fprintln(&b, d, name, g.Calls, g.CostPairs(), g.TokenPairs(), g.Sessions(), level, effect, counted, by)
				for _, p := range g.Points() {
					fmt.Fprintln(&b, *p)
				}
			}
		}
	}
	for _, c := range r.Causes {
		fmt.Fprintln(&b, c.Kind, c.Template, c.Calls, c.Tokens, c.Error, c.Cost.Decimal(), c.Scaled, c.Family, c.Models, c.Parts)
	}
	fmt.Fprintln(&b, r.Unpriced, r.Notes, r.CountingError, r.CountingBy)
	return b.String()
}

// Money is exact and nothing depends on the order: a shuffled recording leaves the same bytes.
func TestShuffled(t *testing.T) {
	base, head := revision(t, words(500), prompt.Limits{}), revision(t, words(777), prompt.Limits{MaxOutputTokens: source.Of(money.Count(300), source.Span{}), Model: source.Of("test/gamma", source.Span{})})
	calls := many(3000)
	want := fingerprint(replayed(t, base, head, calls))
	rng := rand.New(rand.NewPCG(3, 4))
	for range 3 {
		rng.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		if diff := cmp.Diff(want, fingerprint(replayed(t, base, head, calls))); diff != "" {
			t.Fatalf("a shuffled recording differs:\n%s", diff)
		}
	}
}

// The causes add up to head − base, to the last digit, whatever changed.
func TestCausesAddUp(t *testing.T) {
	base := revision(t, words(500), prompt.Limits{})
	head := revision(t, "{{now}} "+words(800), prompt.Limits{MaxOutputTokens: source.Of(money.Count(300), source.Span{}), Model: source.Of("test/gamma", source.Span{}),
		Context: prompt.Context{MaxInputTokens: source.Of(money.Count(9000), source.Span{})}})
	res := replayed(t, base, head, many(2000))
	var sum money.Amount
	for _, c := range res.Causes {
		sum = sum.Add(c.Cost)
	}
	change := res.Head.Totals(ByProject)[""].Cost.Sub(res.Base.Totals(ByProject)[""].Cost)
	if sum.Cmp(change) != 0 || change.Sign() == 0 {
		t.Errorf("causes add up to %s, the change is %s", sum.Decimal(), change.Decimal())
	}
}

// The sums of single-call statistics agree with the exact ones, and sampling scales them.
func TestGroups(t *testing.T) {
	same := revision(t, words(500), prompt.Limits{})
	res, err := Plan{Catalog: catalog(t), At: day, Base: same, Head: same, Sampling: map[string]float64{"f": 0.5}}.Run(three())
	if err != nil {
		t.Fatal(err)
	}
	g := res.Group(ByTrack, "generation")
	if p := g.CostPairs(); len(p) != 1 || p[0].Base != 2*0.01122 || p[0].Head != p[0].Base {
		t.Errorf("pairs %+v", p)
	}
	if s := g.Sessions(); len(s) != 1 || s[0].Calls != 3 || s[0].HeadCost != 11_220_000_000 {
		t.Errorf("sessions %+v", s)
	}
	if d := res.Head.Totals(ByTrack)["generation"].Days[day.Unix()/86400]; d == nil || d.Cost != 2*0.01122 {
		t.Errorf("day %+v", d)
	}
}

func BenchmarkReplay(b *testing.B) {
	base, head := revision(b, words(500), prompt.Limits{}), revision(b, words(540), prompt.Limits{})
	calls := many(20_000)
	plan := Plan{Catalog: catalog(b), At: day, Base: base, Head: head}
	o200k(b).Count("load the vocabulary before the clock starts")
	for b.Loop() {
		if _, err := plan.Run(calls); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(calls))*float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// The calls of a long recording, one by one: a million calls of a few thousand sessions, each as distinct as its time.
func BenchmarkAdd(b *testing.B) {
	base, head := revision(b, words(500), prompt.Limits{}), revision(b, words(540), prompt.Limits{})
	calls := many(20_000)
	run := Plan{Catalog: catalog(b), At: day, Base: base, Head: head}.Start()
	for i := range 1_000_000 {
		add(b, run, calls, i)
	}
	b.ReportAllocs()
	i := 1_000_000
	for b.Loop() {
		add(b, run, calls, i)
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

func add(b *testing.B, run *Run, calls []traffic.Call, i int) {
	c := &calls[i%len(calls)]
	c.Time = c.Time.Add(1)
	if err := run.Add(c); err != nil {
		b.Fatal(err)
	}
}

// As BenchmarkAdd, with what the text of every call was paid with booked as well: once a side.
func BenchmarkAddTexts(b *testing.B) {
	base, head := revision(b, words(500), prompt.Limits{}), revision(b, words(540), prompt.Limits{})
	calls := many(20_000)
	run := Plan{Catalog: catalog(b), At: day, Base: base, Head: head, Texts: true}.Start()
	for i := range 1_000_000 {
		add(b, run, calls, i)
	}
	b.ReportAllocs()
	i := 1_000_000
	for b.Loop() {
		add(b, run, calls, i)
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
