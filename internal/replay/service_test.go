package replay

import (
	"testing"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

// served replays calls that the head revision asks to be served otherwise.
func served(t testing.TB, s Service, calls []traffic.Call, more ...func(*Plan)) *Result {
	t.Helper()
	plan := Plan{Catalog: catalog(t), At: day, Base: revision(t, words(500), prompt.Limits{}), Head: revision(t, words(500), prompt.Limits{})}
	plan.Head.Service = func(string, string) Service { return s }
	for _, f := range more {
		f(&plan)
	}
	res, err := plan.Run(calls)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func onTier(name string) Service {
	return Service{Tier: source.Of(name, source.Span{File: "v", Start: source.Pos{Line: 3}})}
}

// Half price on every class: 11220 millionths become 5610. Calls that were made there already stay.
func TestTierChange(t *testing.T) {
	res := served(t, onTier("batch"), three())
	if len(res.Causes) != 1 || cost(res.Head) != "0.00561" || cost(res.Base) != "0.01122" {
		t.Fatalf("head costs %s, causes %+v", cost(res.Head), res.Causes)
	}
	if c := res.Causes[0]; c.Kind != KindTier || c.Calls != 3 || c.Tokens != 0 || c.Cost.Decimal() != "-0.00561" || c.Models != [2]string{"standard", "batch"} || c.Place.Start.Line != 3 {
		t.Errorf("cause %+v", c)
	}
	calls := three()
	for i := range calls {
		calls[i].Tier = "batch"
	}
	if res := served(t, onTier("batch"), calls); len(res.Causes) > 0 || cost(res.Head) != "0.00561" {
		t.Errorf("head costs %s, %d causes", cost(res.Head), len(res.Causes))
	}
	if res := served(t, onTier("standard"), calls); cost(res.Head) != "0.01122" {
		t.Errorf("back on standard they cost %s", cost(res.Head))
	}
}

// A tier that the model has no price for leaves its calls without one, and says so.
func TestTierWithoutPrice(t *testing.T) {
	res := served(t, onTier("priority"), three())
	if len(res.Unpriced) != 1 || res.Unpriced[0].Name != "test/alpha (tier priority)" || res.Unpriced[0].Calls != 3 || res.Unpriced[0].Reason == nil || cost(res.Head) != "0" {
		t.Errorf("head costs %s, unpriced %+v", cost(res.Head), res.Unpriced)
	}
}

// Every prompt of 1000 tokens is plain input: 3×1000×2 + 600×10 = 12000 millionths, 780 more than with the cache.
func TestCacheOff(t *testing.T) {
	res := served(t, Service{Uncached: source.Of(true, source.Span{})}, three())
	if cost(res.Head) != "0.012" || len(res.Causes) != 1 {
		t.Fatalf("head costs %s, causes %+v", cost(res.Head), res.Causes)
	}
	if c := res.Causes[0]; c.Kind != KindCacheOff || c.Calls != 2 || c.Tokens != 0 || c.Cost.Decimal() != "0.00078" {
		t.Errorf("cause %+v", c)
	}
}

// Input at 3 instead of 2, and what depends on it: 1000×3 + 1000, 400×3 + 600×0.3 + 2000, 400×3 + 600×3.75 + 3000 =
// 4000 + 3380 + 6450 millionths. A model that the file does not name costs what it did, and is no cause.
func TestReprice(t *testing.T) {
	dearer, diags := catalog(t).WithFile("dearer.yaml", []byte("models:\n  test/alpha: {mode: chat, tokenizer: o200k_base, input: 3, output: 10, cache_read: 0.3, cache_write_5m: 3.75, cache_write_1h: 6}\n"))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	reprice := func(p *Plan) { p.Reprice = dearer }
	res := served(t, Service{}, three(), reprice)
	if cost(res.Head) != "0.01383" || cost(res.Base) != "0.01122" || len(res.Causes) != 1 {
		t.Fatalf("head costs %s, causes %+v", cost(res.Head), res.Causes)
	}
	if c := res.Causes[0]; c.Kind != KindPrice || c.Calls != 3 || c.Tokens != 0 || c.Cost.Decimal() != "0.00261" || c.Models != [2]string{"test/alpha", "test/alpha"} {
		t.Errorf("cause %+v", c)
	}
	if p := res.Group(ByProject, "").CostPairs(); len(p) != 1 || p[0].Base != 0.01122 || p[0].Head != 0.01383 {
		t.Errorf("pairs %+v", p)
	}
	calls := three()
	for i := range calls {
		calls[i].Model = "test/beta"
	}
	if res := served(t, Service{}, calls, reprice); len(res.Causes) > 0 || cost(res.Head) != "0.0054" {
		t.Errorf("another model costs %s, causes %+v", cost(res.Head), res.Causes)
	}
}

// Half as many calls again: 1.5 × 11220 millionths stand for all traffic, and the recorded sums stay.
func TestVolume(t *testing.T) {
	res := served(t, Service{}, three(), func(p *Plan) {
		p.Volume = func(track string) float64 { return map[string]float64{"generation": 1.5}[track] }
	})
	g := res.Group(ByTrack, "generation")
	if p := g.CostPairs(); len(p) != 1 || p[0].Base != 0.01683 || p[0].Head != 0.01683 || cost(res.Head) != "0.01122" || len(res.Causes) > 0 {
		t.Errorf("pairs %+v, recorded %s", p, cost(res.Head))
	}
	if d := res.Head.Totals(ByTrack)["generation"].Days[day.Unix()/86400]; d == nil || d.Tokens != 5400 {
		t.Errorf("day %+v", d)
	}
}

// Calls on base's fallback follow it, and are no calls on another model.
func TestFallbackSwap(t *testing.T) {
	limits := func(fallback string) prompt.Limits {
		return prompt.Limits{Model: source.Of("test/gamma", source.Span{}), Fallback: prompt.Fallback{Model: source.Of(fallback, source.Span{File: "v"})}}
	}
	res := replayed(t, revision(t, words(500), limits("test/alpha")), revision(t, words(500), limits("test/beta")), three())
	if cost(res.Head) != "0.0054" || res.Notes.OtherModel != 0 || len(res.Causes) != 1 || res.Causes[0].Place.File != "v" {
		t.Errorf("head costs %s, notes %+v, causes %+v", cost(res.Head), res.Notes, res.Causes)
	}
	res = replayed(t, revision(t, words(500), limits("test/delta")), revision(t, words(500), limits("test/beta")), three())
	if cost(res.Head) != "0.01122" || len(res.Causes) > 0 {
		t.Errorf("calls that were not made on the fallback cost %s, causes %+v", cost(res.Head), res.Causes)
	}
}

// A model that answers does not take over the calls of one that embeds.
func TestEmbeddingStays(t *testing.T) {
	calls := three()
	for i := range calls {
		calls[i].Model = "text-embedding-3-small"
	}
	res := replayed(t, revision(t, words(500), prompt.Limits{}), revision(t, words(500), prompt.Limits{Model: source.Of("test/beta", source.Span{})}), calls)
	if len(res.Causes) > 0 || res.Notes.OtherModel != 3 || cost(res.Head) != cost(res.Base) {
		t.Errorf("head costs %s, base %s, notes %+v", cost(res.Head), cost(res.Base), res.Notes)
	}
}

// The causes add up to head − base, to the last digit, when every step is taken.
func TestAllCausesAddUp(t *testing.T) {
	dearer, diags := catalog(t).WithFile("dearer.yaml", []byte("models:\n  test/alpha: {mode: chat, tokenizer: o200k_base, input: 3, output: 11, cache_read: 0.7, batch: 50%}\n  test/gamma: {mode: chat, tokenizer: claude-4.7, input: 1, output: 7, tiers: {flex: {input: 0.3, output: 0.9}}}\n"))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	seen := map[Kind]bool{}
	for _, c := range []struct {
		s       Service
		model   string
		reprice *pricing.Catalog
	}{{onTier("flex"), "test/gamma", dearer}, {onTier("batch"), "", dearer}, {onTier("batch"), "test/delta", nil}, {Service{Uncached: source.Of(true, source.Span{})}, "test/gamma", dearer}} {
		res := served(t, c.s, many(2000), func(p *Plan) {
			service := p.Head.Service
			l := prompt.Limits{MaxOutputTokens: source.Of(money.Count(300), source.Span{}), Context: prompt.Context{MaxInputTokens: source.Of(money.Count(9000), source.Span{})}}
			if c.model != "" {
				l.Model = source.Of(c.model, source.Span{})
			}
			p.Head = revision(t, "{{now}} "+words(800), l)
			p.Head.Service, p.Reprice = service, c.reprice
		})
		var sum money.Amount
		for _, cause := range res.Causes {
			sum, seen[cause.Kind] = sum.Add(cause.Cost), true
		}
		change := res.Head.Totals(ByProject)[""].Cost.Sub(res.Base.Totals(ByProject)[""].Cost)
		if sum.Cmp(change) != 0 || change.Sign() == 0 {
			t.Errorf("%+v: causes add up to %s, the change is %s", c, sum.Decimal(), change.Decimal())
		}
		if p := res.Group(ByProject, "").CostPairs(); len(p) == 0 {
			t.Error("no pairs")
		}
	}
	for _, k := range []Kind{KindCacheOff, KindPrice, KindModel, KindTier, KindTokenizer} {
		if !seen[k] {
			t.Errorf("no cause of kind %s", k)
		}
	}
}

// Two replays of the same calls are held against each other by cluster of sessions.
func TestAgainst(t *testing.T) {
	same := revision(t, words(500), prompt.Limits{})
	was := replayed(t, same, same, three())
	now := replayed(t, same, revision(t, words(500), prompt.Limits{Model: source.Of("test/beta", source.Span{})}), three())
	costs, tokens := now.Group(ByProject, "").Against(was.Group(ByProject, ""))
	if len(costs) != 1 || costs[0].Base != 0.01122 || costs[0].Head != 0.0054 || len(tokens) != 1 || tokens[0].Base != 3600 || tokens[0].Head != 3600 {
		t.Errorf("%+v, %+v", costs, tokens)
	}
	if costs, _ := now.Group(ByModel, "test/beta").Against(nil); len(costs) != 1 || costs[0].Base != 0 || costs[0].Head != 0.0054 {
		t.Errorf("without the other: %+v", costs)
	}
}
