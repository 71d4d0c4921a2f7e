package gate_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// whatIfPrices add to those of the project a cache, a batch tier and a model of the same tokens.
const whatIfPrices = `as_of: 2026-11-01
models:
  acme/large: {like: gpt-4o, input: 4, cache_read: 1, output: 16, batch: 50%}
  acme/small: {like: gpt-4o, input: 2, cache_read: 2, output: 8}
`

// shop is the project with retrieval declared, and with calls of which every third reads 300 tokens from the cache.
func shop(t testing.TB, variants string) files {
	t.Helper()
	yaml := strings.Replace(tokengateYAML, "ceiling: $5", "ceiling: $5, per_call: {latency: 2s}, context: {top_k: 4, chunk_tokens: 100}", 1)
	lines := recording(t, func(_ int, c *traffic.Call) {
		if warm(c) {
			c.Usage.Input, c.Usage.CacheRead = c.Usage.Input-300, 300
		}
	})
	return project(t).edit("tokengate.yaml", yaml+variants, "prices.yaml", whatIfPrices, "traffic/oct.jsonl", strings.Join(lines, ""),
		"offer.yaml", "models:\n  acme/large: {like: gpt-4o, input: 3, cache_read: 0.5, output: 12, batch: 50%}\n", "drafts/long.md", longer(40))
}

func warm(c *traffic.Call) bool { return strings.HasSuffix(c.ID, "3") || strings.HasSuffix(c.ID, "6") }

// recorded are the calls of shop.
func recorded() []traffic.Call {
	list := calls()
	for i := range list {
		if c := &list[i]; warm(c) {
			c.Usage.Input, c.Usage.CacheRead = c.Usage.Input-300, 300
		}
	}
	return list
}

// sums adds up what calls come to, by track, in dollars and tokens.
func sums(price func(c *traffic.Call) (dollars float64, tokens int64)) (cost, tokens map[string]float64) {
	cost, tokens = map[string]float64{}, map[string]float64{}
	for _, c := range recorded() {
		d, n := price(&c)
		for _, track := range []string{c.Track, ""} {
			cost[track], tokens[track] = cost[track]+d, tokens[track]+float64(n)
		}
	}
	return cost, tokens
}

func at(input, read, output float64, u token.Usage) float64 {
	return (float64(u.Input)*input + float64(u.CacheRead)*read + float64(u.Output)*output) / 1e6
}

func large(c *traffic.Call) (float64, int64) { return at(4, 1, 16, c.Usage), c.Usage.Total() }

// matrix checks a project and gives its variants by name.
func matrix(t testing.TB, in gate.Input) (*report.Matrix, map[string]report.Variant) {
	t.Helper()
	m := check(t, in).WhatIf
	if m == nil {
		t.Fatal("no variants")
	}
	out := map[string]report.Variant{}
	for _, v := range m.Variants {
		out[v.Name] = v
	}
	return m, out
}

func outlook(t testing.TB, v report.Variant, track string) report.Outlook {
	t.Helper()
	if track == "" {
		return v.Total
	}
	i := slices.IndexFunc(v.Tracks, func(o report.Outlook) bool { return o.Name == track })
	if i < 0 {
		t.Fatalf("%s has no track %s", v.Name, track)
	}
	return v.Tracks[i]
}

// Every kind of variant comes to what its calls come to one by one, and the period moves with them.
func TestWhatIf(t *testing.T) {
	onAnswer := func(c *traffic.Call) bool { return c.Track == "answer" }
	grown, grownStyle := o200k(longer(40))-o200k(answerMD), o200k(longer(40))-o200k(styleMD)
	cases := []struct {
		name, variant string
		price         func(c *traffic.Call) (float64, int64)
	}{
		{"model", "set: {track.answer.model: acme/small}", func(c *traffic.Call) (float64, int64) {
			if onAnswer(c) {
				return at(2, 2, 8, c.Usage), c.Usage.Total()
			}
			return large(c)
		}},
		{"price", "prices: [offer.yaml]", func(c *traffic.Call) (float64, int64) { return at(3, 0.5, 12, c.Usage), c.Usage.Total() }},
		{"model and price", "set: {model: acme/small}\n    prices: [offer.yaml]", func(c *traffic.Call) (float64, int64) { return at(2, 2, 8, c.Usage), c.Usage.Total() }},
		{"retrieval", "set: {top_k: 2}", func(c *traffic.Call) (float64, int64) {
			if onAnswer(c) {
				c.Usage.Input -= 200
			}
			return large(c)
		}},
		{"cache", "cache: off", func(c *traffic.Call) (float64, int64) { return at(4, 4, 16, c.Usage), c.Usage.Total() }},
		{"tier", "tier: {track.answer: batch}", func(c *traffic.Call) (float64, int64) {
			if d, n := large(c); onAnswer(c) {
				return d / 2, n
			}
			return large(c)
		}},
		{"output cap", "set: {max_output_tokens: 190}", func(c *traffic.Call) (float64, int64) { c.Usage.Output = min(c.Usage.Output, 190); return large(c) }},
		{"input cap", "set: {track.answer.max_input_tokens: 1k}", func(c *traffic.Call) (float64, int64) {
			if onAnswer(c) {
				c.Usage.Input = min(c.Usage.Input, 1000-c.Usage.CacheRead)
			}
			return large(c)
		}},
		{"template", "template: {prompts/answer.md: drafts/long.md}", func(c *traffic.Call) (float64, int64) {
			switch {
			case !onAnswer(c):
			case warm(c):
				c.Usage.CacheRead += grown
			default:
				c.Usage.Input += grown
			}
			return large(c)
		}},
		{"import", "template: {docs/style.md: drafts/long.md}", func(c *traffic.Call) (float64, int64) {
			switch {
			case onAnswer(c):
			case warm(c):
				c.Usage.CacheRead += grownStyle
			default:
				c.Usage.Input += grownStyle
			}
			return large(c)
		}},
		{"volume", "volume: +30%", func(c *traffic.Call) (float64, int64) { d, n := large(c); return d * 1.3, n * 13 / 10 }},
		{"volume of a track", "volume: {track.answer: x2}", func(c *traffic.Call) (float64, int64) {
			if d, n := large(c); onAnswer(c) {
				return d * 2, n * 2
			}
			return large(c)
		}},
		{"all at once", "set: {model: acme/small}\n    cache: off\n    volume: -50%", func(c *traffic.Call) (float64, int64) { return at(2, 2, 8, c.Usage) / 2, c.Usage.Total() / 2 }},
	}
	yaml := "variants:\n"
	for _, c := range cases {
		yaml += "  - name: " + c.name + "\n    " + c.variant + "\n"
	}
	_, vs := matrix(t, input(t, nil, shop(t, yaml)))
	was, wasTokens := sums(large)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			now, nowTokens := sums(c.price)
			for _, track := range []string{"", "answer", "coding"} {
				before, after := outlook(t, vs["as is"], track), outlook(t, vs[c.name], track)
				near(t, track+" cost", after.CostEffect.Ratio, now[track]/was[track]-1, 1e-5)
				near(t, track+" tokens", after.TokensEffect.Ratio, nowTokens[track]/wasTokens[track]-1, 1e-3)
				near(t, track+" P50", after.Cost.P50.Float()/before.Cost.P50.Float(), now[track]/was[track], 0.003)
				near(t, track+" P90", after.Cost.P90.Float()/before.Cost.P90.Float(), now[track]/was[track], 0.01)
				if e := after.CostEffect; e.Low > e.Ratio || e.High < e.Ratio || e.Confidence != 0.95 || before.CostEffect != nil {
					t.Errorf("%s: effect %+v, as is %+v", track, e, before.CostEffect)
				}
			}
		})
	}
}

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if !(math.Abs(got-want) <= by) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func o200k(text string) int64 {
	c, err := token.For("o200k_base")
	if err != nil {
		panic(err)
	}
	return c.Count(text).Tokens
}

// A variant that replaces nothing by something else is the project as it is, to the digit, and says that it changes nothing.
func TestWhatIfAsIs(t *testing.T) {
	for name, base := range map[string]files{"without a base": nil, "with a base": shop(t, "").edit("prompts/answer.md", longer(80))} {
		t.Run(name, func(t *testing.T) {
			head := shop(t, "variants: [{name: same, set: {track.answer.model: acme/large, top_k: 4}, tier: standard, volume: +0%}]\n")
			rep := check(t, input(t, base, head))
			a, b := rep.WhatIf.Variants[0], rep.WhatIf.Variants[1]
			none := &report.Effect{Confidence: 0.95}
			for _, o := range append(b.Tracks, b.Total) {
				if !cmp.Equal(o.CostEffect, none) || !cmp.Equal(o.TokensEffect, none) {
					t.Errorf("%q: %+v, %+v", o.Name, o.CostEffect, o.TokensEffect)
				}
			}
			if len(b.Notes) != 1 || b.Notes[0] != "changes nothing that was recorded" {
				t.Errorf("notes %v", b.Notes)
			}
			b.Name, b.Changes, b.Notes = a.Name, a.Changes, a.Notes
			for i := range b.Tracks {
				b.Tracks[i].CostEffect, b.Tracks[i].TokensEffect = nil, nil
			}
			b.Total.CostEffect, b.Total.TokensEffect, a.Cheapest = nil, nil, false
			if diff := cmp.Diff(a, b, amounts); diff != "" {
				t.Errorf("(-as is +same):\n%s", diff)
			}
			if diff := cmp.Diff(rep.Total.Head.Cost, a.Total.Cost, amounts); diff != "" || *rep.Total.Head.LatencyP95 != *a.Total.LatencyP95 {
				t.Errorf("as is differs from the report's head:\n%s", diff)
			}
		})
	}
}

// A variant is of head, whatever the change is that head makes: base declares the small model, which the calls were made
// on, head the large one, and the variant goes back.
func TestWhatIfOfAChange(t *testing.T) {
	small := strings.ReplaceAll(shop(t, "")["tokengate.yaml"], "acme/large", "acme/small")
	lines := strings.ReplaceAll(strings.Join(recording(t), ""), "acme/large", "acme/small")
	base := shop(t, "").edit("tokengate.yaml", small, "traffic/oct.jsonl", lines)
	head := base.edit("tokengate.yaml", shop(t, "variants: [{name: back, set: {track.answer.model: acme/small}}]\n")["tokengate.yaml"])
	_, vs := matrix(t, input(t, base, head))
	near(t, "back", outlook(t, vs["back"], "answer").CostEffect.Ratio, -0.5, 1e-6)
	near(t, "beside it", outlook(t, vs["back"], "coding").CostEffect.Ratio, 0, 0)
}

// What is not known is said: a model without recorded latency, a tier's latency, a tier without a price.
func TestWhatIfUnknown(t *testing.T) {
	m, vs := matrix(t, input(t, nil, shop(t, `variants:
  - {name: model, set: {track.answer.model: acme/small}}
  - {name: batch, tier: {track.answer: batch}}
  - {name: flex, tier: {track.answer: flex}}
`)))
	const ceiling = "track/answer/per_call/latency"
	for name, want := range map[string]string{"model": "no recorded latency of acme/small", "batch": "no recorded latency of acme/large on tier batch"} {
		v := vs[name]
		for _, track := range []string{"", "answer"} {
			if o := outlook(t, v, track); o.LatencyP95 != nil || o.LatencyP50 != nil || !slices.Contains(o.Unknown, want) || o.Cost == nil {
				t.Errorf("%s: %q: %+v", name, track, o)
			}
		}
		if o := outlook(t, v, "coding"); o.LatencyP95 == nil || len(o.Unknown) > 0 {
			t.Errorf("%s: coding: %+v", name, o)
		}
		if !slices.Contains(v.Unclear, ceiling) || v.Status != report.Inconclusive || v.Cheapest {
			t.Errorf("%s: %s, unclear %v", name, v.Status, v.Unclear)
		}
	}
	flex := vs["flex"]
	if o := outlook(t, flex, "answer"); o.Cost != nil || o.CostEffect != nil || o.Tokens == nil || !strings.Contains(strings.Join(o.Unknown, "\n"), `model acme/large has no price for service tier "flex"; known are standard, batch`) {
		t.Errorf("flex: %+v", o)
	}
	if o := outlook(t, flex, "coding"); o.Cost == nil || flex.Total.Cost != nil || flex.Status != report.Inconclusive || !slices.Contains(flex.Unclear, "track/answer/period/cost") || !slices.Contains(flex.Unclear, "project/period/cost") {
		t.Errorf("flex: coding %+v, project %+v, unclear %v", o, flex.Total.Cost, flex.Unclear)
	}
	if m.Cheapest != "as is" || !vs["as is"].Cheapest {
		t.Errorf("cheapest %q: %s", m.Cheapest, m.CheapestWhy)
	}
	if len(m.NotMeasured) == 0 || len(m.Assumed) != 2 {
		t.Errorf("not measured %q, assumed %q", m.NotMeasured, m.Assumed)
	}
}

// The mark goes to the cheapest that keeps the ceiling on latency; another volume is no way to serve the same traffic.
func TestWhatIfCheapest(t *testing.T) {
	for _, c := range []struct{ name, limit, variants, want, why string }{
		{"a cheaper one", "2s", "{name: a, set: {top_k: 3}}, {name: b, set: {top_k: 2}}", "b", "the cheapest at P50 of those that keep every ceiling on latency"},
		{"the first of equals", "2s", "{name: a, set: {top_k: 2}}, {name: b, set: {track.answer.top_k: 2}}", "a", "the cheapest at P50"},
		{"no cheaper one", "2s", "{name: a, set: {top_k: 9}}", "as is", "as is: no variant is cheaper"},
		{"less traffic", "2s", "{name: a, set: {top_k: 3}}, {name: b, volume: -50%}", "a", ""},
		{"less traffic for all", "2s", "{name: a, volume: -50%}, {name: b, volume: -50%, set: {top_k: 2}}", "b", ""},
		{"none is fast enough", "500ms", "{name: a, set: {top_k: 2}}", "", "none is marked: as is: over a ceiling on latency; a: over a ceiling on latency"},
		{"only volumes", "2s", "{name: a, volume: x2}, {name: b, volume: x3}", "", "none is marked: there is nothing to choose between at one volume"},
		{"one future", "2s", "{name: a, volume: x2}", "", "none is marked: there is nothing to choose between at one volume"},
	} {
		t.Run(c.name, func(t *testing.T) {
			head := shop(t, "variants: ["+c.variants+"]\n")
			head = head.edit("tokengate.yaml", strings.Replace(head["tokengate.yaml"], "latency: 2s", "latency: "+c.limit, 1))
			m, _ := matrix(t, input(t, nil, head))
			if m.Cheapest != c.want || !strings.HasPrefix(m.CheapestWhy, c.why) {
				t.Errorf("%q: %s", m.Cheapest, m.CheapestWhy)
			}
		})
	}
	head := shop(t, "variants: [{name: a, set: {top_k: 2}}]\n")
	m, _ := matrix(t, input(t, nil, head.edit("tokengate.yaml", strings.Replace(head["tokengate.yaml"], "per_call: {latency: 2s}, ", "", 1))))
	if m.Cheapest != "a" || !strings.Contains(m.CheapestWhy, "no ceiling on latency is declared") {
		t.Errorf("%q: %s", m.Cheapest, m.CheapestWhy)
	}
}

// A variant is held against every ceiling, and one that head as it is is over as well is over all the same.
func TestWhatIfCeilings(t *testing.T) {
	head := shop(t, "growth: {cost: 10%}\nvariants: [{name: more, volume: x9}, {name: dearer, set: {top_k: 120}}]\n")
	_, vs := matrix(t, input(t, nil, head.edit("tokengate.yaml", strings.Replace(head["tokengate.yaml"], "ceiling: $5", "ceiling: $0.50", 1))))
	for name, want := range map[string]string{
		"as is": "3 held, over [track/answer/period/cost]", "more": "2 held, over [track/answer/period/cost project/period/cost]",
		"dearer": "1 held, over [track/answer/period/cost project/period/cost project/growth/cost]",
	} {
		v := vs[name]
		slices.SortFunc(v.Over, func(a, b string) int { return strings.Compare(b, a) })
		if got := fmt.Sprintf("%d held, over %v", v.Held, v.Over); got != want || v.Status != report.Fail {
			t.Errorf("%s: %s, %s", name, v.Status, got)
		}
	}
	if o := vs["as is"].Tightest; o == nil || o.ID != "track/answer/period/cost" || o.Limit.Text != "$0.50" || o.POver < 0.8 {
		t.Errorf("tightest %+v", o)
	}
	if o := vs["as is"].Total.Ceiling; o == nil || o.ID != "project/period/cost" {
		t.Errorf("project %+v", o)
	}
}

// Variants decide nothing: all of the report but them is what it is without.
func TestWhatIfDecidesNothing(t *testing.T) {
	base := shop(t, "")
	plain := compare(t, base, base.edit("prompts/answer.md", longer(400)))
	rep := compare(t, base, shop(t, "variants: [{name: dear, volume: x900, prices: [bare.yaml]}]\n").edit("bare.yaml", "models:\n  gpt-4o: {input: 3, output: 12}\n", "prompts/answer.md", longer(400)))
	if v := rep.WhatIf.Variants[1]; v.Status != report.Fail || len(v.Notes) != 1 || !strings.HasPrefix(v.Notes[0], "bare.yaml:2:3: ") {
		t.Fatalf("%+v", rep.WhatIf)
	}
	rep.WhatIf = nil
	if diff := cmp.Diff(write(t, plain), write(t, rep)); diff != "" {
		t.Errorf("(-without +with):\n%s", diff)
	}
}

func TestWhatIfSameBytes(t *testing.T) {
	head := shop(t, "variants: [{name: a, set: {top_k: 2}, volume: {track.answer: +30%}}, {name: b, tier: flex}]\n")
	first := write(t, check(t, input(t, nil, head)))
	for range 3 {
		if diff := cmp.Diff(first, write(t, check(t, input(t, nil, head)))); diff != "" {
			t.Fatalf("the same input gives other variants:\n%s", diff)
		}
	}
}

// What a variant names and is not there stops the run, at its place.
func TestWhatIfRefuses(t *testing.T) {
	for _, c := range []struct{ variant, want string }{
		{"set: {track.answer.model: acme/lrage}", `tokengate.yaml:11:31: model "acme/lrage" has no price [unknown-model]`},
		{"prices: [gone.yaml]", `tokengate.yaml:11:14: cannot read price file "gone.yaml": open gone.yaml: file does not exist [path-missing]`},
		{"template: {CLAUDE.md: gone.md}", `tokengate.yaml:11:27: cannot read "gone.md" in the place of template CLAUDE.md: open gone.md: file does not exist [path-missing]`},
		{"set: {track.coding.top_k: 4}", `tokengate.yaml:11:11: track "coding" is not known [variant-target]`},
	} {
		rep, diags, err := gate.Run(input(t, nil, shop(t, "variants:\n  - name: v\n    "+c.variant+"\n")))
		if rep != nil || err != nil || len(diags) != 1 || diags[0].String() != c.want {
			t.Errorf("%s: %v %v", c.variant, diags, err)
		}
	}
	in := input(t, nil, shop(t, "variants: [{name: small, set: {top_k: 2}}, {name: big, set: {top_k: 9}}]\n"))
	in.Only = []string{"smal"}
	if _, diags, _ := gate.Run(in); len(diags) != 1 || diags[0].Hint != `did you mean "small"?` {
		t.Errorf("%v", diags)
	}
	in.Only = []string{"big"}
	if m, _ := matrix(t, in); len(m.Variants) != 2 || m.Variants[1].Name != "big" {
		t.Errorf("%+v", m.Variants)
	}
}

var amounts = cmp.Comparer(func(a, b money.Amount) bool { return a.Cmp(b) == 0 })
