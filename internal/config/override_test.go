package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// declared is the project that variants are read against.
const declared = `tracks:
  gen: {model: big, fallback: {model: small}, max_output_tokens: 900, context: {top_k: 10, chunk_tokens: 500}}
  half: {context: {top_k: 10}}
  cap: {context: {max_retrieved_tokens: 4k}}
`

// overrides reads the variants of a configuration: what was read, or the diagnostics.
func overrides(t testing.TB, text string) ([]config.Override, string) {
	t.Helper()
	cfg, _, diags := config.Load(fstest.MapFS{config.Name: {Data: []byte(text)}}, config.Name)
	tmpl, more := prompt.Load(fstest.MapFS{"a.md": {Data: []byte("Text.\n")}}, "a.md", prompt.Options{})
	diags = append(diags, more...)
	out, more := config.Policy{Config: cfg, Templates: []*prompt.Template{tmpl}}.Overrides(cfg.Variants)
	return out, lines(append(diags, more...))
}

func TestOverridesRefuse(t *testing.T) {
	for _, c := range []struct{ name, variant, want string }{
		{"a setting", "set: {modle: x}", `6:11: unknown setting "modle" [variant-setting] | did you mean "model"?`},
		{"a setting of a track", "set: {track.gen.topk: 4}", `6:11: unknown setting "track.gen.topk" [variant-setting] | did you mean "track.gen.top_k"?`},
		{"a setting of a feature", "set: {feature.ask.model: x}", `6:11: unknown setting "feature.ask.model" [variant-setting] | models and caps are declared, and replayed, by track or template`},
		{"a path of one word", "set: {track.model: x}", `6:11: unknown setting "track.model" [variant-setting] | write track.NAME.model`},
		{"a track", "set: {track.gem.model: x}", `6:11: track "gem" is not known [variant-target] | did you mean "gen"?`},
		{"a template", "set: {template.b.md.model: x}", `6:11: "b.md" is not a template of the project [variant-target] | did you mean "a.md"?`},
		{"a stand-in", "template: {c.txt: d.md}", `6:16: "c.txt" is not a template of the project [variant-target] | templates are a.md`},
		{"a count", "set: {max_output_tokens: 1m}", `6:30: max_output_tokens: cannot read "1m" as a count; did you mean 1M [variant-setting]`},
		{"nothing to answer with", "set: {max_output_tokens: 0}", `6:30: max_output_tokens: 0 leaves nothing to send or to answer with [variant-setting]`},
		{"half of retrieval", "set: {track.half.top_k: 4}", `6:11: track.half.top_k cannot be replayed: track half declares top_k without chunk_tokens, so how many tokens a call retrieved is not known [variant-retrieval] | declare context.top_k and context.chunk_tokens as they are today, in tokengate.yaml or a budget block`},
		{"a cap on half of retrieval", "set: {track.half.max_retrieved_tokens: 4k}", `6:11: track.half.max_retrieved_tokens cannot be replayed: track half declares top_k without chunk_tokens, so how many tokens a call retrieved is not known [variant-retrieval] | declare context.top_k and context.chunk_tokens as they are today, in tokengate.yaml or a budget block`},
		{"a bare percentage", "volume: 130%", `6:13: volume: cannot read "130%" as a change of volume; write it like +30%, -20% or x2 [variant-setting]`},
		{"no volume", "volume: -100%", `6:13: volume: "-100%" is not between nothing and 1000 times as much [variant-setting]`},
		{"volume of a template", "volume: {template.a.md: +30%}", `6:14: volume is not set by template [variant-setting] | aim it at a track, or at all calls`},
		{"volume of a key", "volume: {gen: +30%}", `6:14: unknown setting "gen" [variant-setting] | write one value for all calls, or one by track: track.NAME`},
		{"a tier", "tier: batsh", `6:11: tier: tier "batsh" is not known; did you mean "batch"? [variant-setting]`},
		{"a cache", "cache: maybe", `6:12: cache: cache "maybe" is not known; write off or on [variant-setting]`},
		{"prices outside", "prices: [../p.yaml]", `6:14: "../p.yaml" leads out of the project [path-outside] | move the file into the project`},
		{"nothing", "description: the same", `6:5: variant "v" changes nothing [variant-setting] | write set, volume, prices, cache, tier or template`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := overrides(t, declared+"variants:\n  - "+c.variant+"\n    name: v\n")
			if want := "tokengate.yaml:" + c.want; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestOverrideNames(t *testing.T) {
	_, got := overrides(t, "variants: [{volume: x2}, {name: as is, volume: x2}, {name: a, volume: x2}, {name: a, volume: x3}]\n")
	want := `tokengate.yaml:1:12: a variant has no name [variant-setting] | write name: a few words
tokengate.yaml:1:33: variant name "as is" is taken [variant-setting] | choose another name
tokengate.yaml:1:83: variant name "a" is taken [variant-setting] | choose another name`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A setting for a template is closer than one for its track, and that than one for all, however they are ordered. What is
// not set stays.
func TestOverrideLimits(t *testing.T) {
	list, diags := overrides(t, declared+`variants:
  - name: v
    set: {template.a.md.model: mine, track.gen.model: first, model: all, track.gen.fallback.model: cheap, context.top_k: 4, max_output_tokens: 1k}
`)
	if diags != "" {
		t.Fatal(diags)
	}
	held := prompt.Limits{Model: source.Of("held", source.Span{}), Context: prompt.Context{ChunkTokens: source.Of(money.Count(500), source.Span{})}}
	for _, c := range []struct{ template, track, want string }{
		{"a.md", "gen", "mine cheap 1000 4 500"}, {"", "gen", "first cheap 1000 4 500"}, {"b.md", "", "all  1000 4 500"}, {"a.md", "other", "mine  1000 4 500"},
	} {
		l := list[0].Limits(held, c.template, c.track)
		if got := fmt.Sprintf("%s %s %d %d %d", l.Model.Value, l.Fallback.Model.Value, l.MaxOutputTokens.Value, l.Context.TopK.Value, l.Context.ChunkTokens.Value); got != c.want {
			t.Errorf("%s on %s: %s, want %s", c.template, c.track, got, c.want)
		}
	}
	changes := []string{"template.a.md.model=mine", "track.gen.model=first", "model=all", "track.gen.fallback.model=cheap", "context.top_k=4", "max_output_tokens=1k"}
	if diff := cmp.Diff(changes, list[0].Changes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOverrideService(t *testing.T) {
	list, diags := overrides(t, declared+`variants:
  - {name: all, volume: +30%, cache: off, tier: batch, prices: [p.yaml], template: {./a.md: b.md}}
  - {name: gen, volume: {track.gen: −25%, track.cap: x2}, cache: {track.gen: on}, tier: {track.gen: flex}}
`)
	if diags != "" {
		t.Fatal(diags)
	}
	var got []string
	for _, o := range list {
		for _, track := range []string{"gen", "cap", ""} {
			got = append(got, fmt.Sprintf("%s %s: %v %v %s", o.Name, track, o.Volume(track), o.Uncached(track).Value, o.Tier(track).Value))
		}
		got = append(got, strings.Join(o.Changes, ", "))
	}
	want := []string{"all gen: 1.3 true batch", "all cap: 1.3 true batch", "all : 1.3 true batch", "volume +30%, cache off, tier batch, prices of p.yaml, template a.md=b.md",
		"gen gen: 0.75 false flex", "gen cap: 2 false ", "gen : 1 false ", "volume −25% on track gen, volume x2 on track cap, cache on on track gen, tier flex on track gen"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if list[0].Recached || !list[1].Recached || len(list[0].Prices) != 1 || list[0].Templates[0].Key.Value != "a.md" {
		t.Errorf("%+v", list)
	}
}

// Where no track is declared, the recording may hold any; where retrieval is declared for one, all may set it.
func TestOverrideTargets(t *testing.T) {
	if _, diags := overrides(t, "variants: [{name: v, set: {track.any.model: x}}]\n"); diags != "" {
		t.Error(diags)
	}
	if _, diags := overrides(t, "tracks: {a: {}}\nrecordings: [{path: x.jsonl, defaults: {track: b}}]\nvariants: [{name: v, set: {track.b.model: x}}]\n"); diags != "" {
		t.Error(diags)
	}
	if _, diags := overrides(t, declared+"variants: [{name: v, set: {top_k: 2, track.cap.max_retrieved_tokens: 1k}}]\n"); diags != "" {
		t.Error(diags)
	}
	if _, diags := overrides(t, "variants: [{name: v, set: {top_k: 2}}]\n"); !strings.Contains(diags, "the project declares no top_k and chunk_tokens") {
		t.Error(diags)
	}
}

// Whatever stands in a variant, reading it ends, and every volume that is accepted is one that can be replayed.
func FuzzOverrides(f *testing.F) {
	for _, s := range []string{"set: {model: x}", "volume: +30%", "volume: {track.gen: x2}", "cache: off", "tier: batch", "template: {a.md: b.md}", "set: {track..model: x, template.: 4}", "volume: x-1", "volume: +1e400%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, diags := overrides(t, declared+"variants:\n  - name: v\n    "+text+"\n")
		if diags != "" {
			return
		}
		for _, o := range list {
			if v := o.Volume("gen"); !(v > 0 && v <= 1000) {
				t.Errorf("volume %v", v)
			}
			if slices.Contains(o.Changes, "") {
				t.Error("a change without words")
			}
		}
	})
}
