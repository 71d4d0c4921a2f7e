package token

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plan says what recorded tokens are made of in a test.
type plan struct {
	family   string
	seed     uint64
	n        int
	factors  map[Class]float64 // classes that occur
	frame    Frame
	noise    float64 // of the whole request, relative
	outliers float64 // share of requests billed for much more than their text
	tools    bool
	mix      func(r *rand.Rand) map[Class]int64 // tokens by class; nil for one class that rules and some of the others
}

func (p plan) samples() []Sample {
	r := rand.New(rand.NewPCG(p.seed, 11))
	var out []Sample
	for range p.n {
		out = append(out, p.sample(r))
	}
	return out
}

func (p plan) sample(r *rand.Rand) Sample {
	var s Sample
	for class, n := range p.mixed(r) {
		s.Content.Text[class.i()] = n
	}
	s.Content.Messages = 1 + r.Int64N(6)
	if p.tools && r.IntN(2) == 0 {
		s.Content.Tools = 1 + r.Int64N(5)
	}
	y := p.frame.Call + p.frame.Message*float64(s.Content.Messages) + p.frame.Tool*float64(s.Content.Tools)
	if s.Content.Tools > 0 {
		y += p.frame.Tools
	}
	for class, factor := range p.factors {
		y += factor * float64(s.Content.Text[class.i()])
	}
	y *= 1 + p.noise*r.NormFloat64()
	if r.Float64() < p.outliers {
		y *= 1.5 + 4*r.Float64()
	}
	s.Tokens = int64(math.Round(y))
	return s
}

func (p plan) mixed(r *rand.Rand) map[Class]int64 {
	if p.mix != nil {
		return p.mix(r)
	}
	all := slices.DeleteFunc(slices.Clone(classes[:]), func(c Class) bool { return p.factors[c] == 0 })
	out := map[Class]int64{}
	for _, c := range all {
		out[c] = r.Int64N(150)
	}
	out[all[r.IntN(len(all))]] += 300 + r.Int64N(4000)
	return out
}

func fitted(t testing.TB, family string, samples []Sample) Fit {
	t.Helper()
	f, err := FitSamples(family, samples)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var everyClass = map[Class]float64{Prose: 1.55, Markdown: 1.8, Code: 1.45, JSON: 1.7, CJK: 1.1, Other: 1.9}

func TestFitRecoversPlanted(t *testing.T) {
	for seed := range uint64(10) {
		p := plan{family: "claude-4.7", seed: seed, n: 600, factors: everyClass, frame: Frame{Call: 11, Message: 5, Tool: 30, Tools: 340}, noise: .02, outliers: .1, tools: true}
		f := fitted(t, p.family, p.samples())
		if f.Refused != "" || len(f.Kept) != 0 || f.Samples != 600 {
			t.Fatalf("seed %d: %+v", seed, f)
		}
		for class, want := range everyClass {
			got := f.Factors[class]
			if math.Abs(got.Ratio/want-1) > .03 {
				t.Errorf("seed %d %s: %.3f, planted %.3f", seed, class, got.Ratio, want)
			}
			if got.RelativeError < MinError || got.RelativeError > MaxError {
				t.Errorf("seed %d %s: error %.3f", seed, class, got.RelativeError)
			}
		}
		if math.Abs(f.Frame.Tools-340) > 60 || f.Outliers < 30 || f.Outliers > 90 {
			t.Errorf("seed %d: frame %+v, %d outliers", seed, f.Frame, f.Outliers)
		}
	}
}

// Nine new requests in ten lie within the stated error, which is not much wider than need be.
func TestFitErrorCovers(t *testing.T) {
	in, all := 0, 0
	for seed := range uint64(20) {
		p := plan{family: "claude-3", seed: seed, n: 60, factors: map[Class]float64{Prose: 1.3}, frame: Frame{Call: 10, Message: 4}, noise: .05}
		f := fitted(t, p.family, p.samples())
		by := f.Factors[Prose]
		if by.RelativeError > .15 {
			t.Errorf("seed %d: error %.3f where the noise is 0.05", seed, by.RelativeError)
		}
		p.seed, p.n = seed+1000, 100
		for _, s := range p.samples() {
			text := by.Ratio * float64(s.Content.Text[atProse])
			e := float64(s.Tokens) - text - f.Frame.Call - f.Frame.Message*float64(s.Content.Messages)
			if all++; math.Abs(e) <= by.RelativeError*text {
				in++
			}
		}
	}
	if share := float64(in) / float64(all); share < .88 || share > .96 {
		t.Errorf("%.3f of new requests lie within the stated error, want about 0.9", share)
	}
}

// The order in which requests were read does not show, not in the last bit.
func TestFitIgnoresOrder(t *testing.T) {
	samples := plan{family: "claude-3", seed: 5, n: 120, factors: everyClass, noise: .03, outliers: .05, tools: true}.samples()
	want := fitted(t, "claude-3", samples)
	for seed := range uint64(4) {
		rand.New(rand.NewPCG(seed, 2)).Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
		if diff := cmp.Diff(want, fitted(t, "claude-3", samples)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// A class that too few requests carry keeps the published factor, and so do all with too few requests.
func TestFitNeedsSamples(t *testing.T) {
	samples := plan{family: "claude-3", seed: 1, n: 40, factors: map[Class]float64{Prose: 1.3}, noise: .01}.samples()
	rare := plan{family: "claude-3", seed: 2, n: MinSamples - 1, factors: map[Class]float64{JSON: 1.22}, noise: .01}.samples()
	f := fitted(t, "claude-3", append(samples, rare...))
	if f.Factors[Prose].Samples != 40 || f.Factors[JSON] != (ClassFactor{}) || f.Kept[JSON] != "19 requests carry it, and 20 are needed" {
		t.Errorf("factors %+v, kept %v", f.Factors, f.Kept)
	}
	if f.Kept[CJK] != "0 requests carry it, and 20 are needed" {
		t.Errorf("kept %v", f.Kept)
	}
	f = fitted(t, "claude-3", append(samples, plan{family: "claude-3", seed: 2, n: MinSamples, factors: map[Class]float64{JSON: 1.22}, noise: .01}.samples()...))
	if f.Factors[JSON].Samples != 20 {
		t.Errorf("factors %+v, kept %v", f.Factors, f.Kept)
	}
	f = fitted(t, "claude-3", rare)
	if f.Refused != "19 requests, and 20 are needed" || f.Factors != nil || f.Samples != 19 {
		t.Errorf("%+v", f)
	}
}

// A class answers for the error of a whole request that it rules, as a share of all its text: 1.645 × 5 % of noise. One that
// never rules answers for all of it alone, as a share of its own tokens, which are a fifth of the text or less.
func TestFitCharges(t *testing.T) {
	p := plan{family: "claude-3", seed: 6, n: 400, factors: map[Class]float64{Prose: 1.2, Code: 1.3}, noise: .05,
		mix: func(r *rand.Rand) map[Class]int64 {
			n := 500 + r.Int64N(4000)
			return map[Class]int64{Prose: n, Code: n * (15 + r.Int64N(10)) / 100}
		}}
	f := fitted(t, p.family, p.samples())
	if prose, code := f.Factors[Prose].RelativeError, f.Factors[Code].RelativeError; prose < .07 || prose > .09 || code < .35 || code > .5 {
		t.Errorf("prose ±%.3f, code ±%.3f, kept %v", prose, code, f.Kept)
	}
}

// Requests of very different length beside a system prompt that no record holds: short texts must not rule the fit.
func TestFitHiddenPromptShortTexts(t *testing.T) {
	p := plan{family: "claude-3", seed: 7, n: 60, factors: map[Class]float64{Prose: 1.3}, frame: Frame{Call: 20_000}, noise: .004, outliers: .1,
		mix: func(r *rand.Rand) map[Class]int64 {
			return map[Class]int64{Prose: int64(math.Exp(2 + 9*r.Float64()))}
		}}
	f := fitted(t, p.family, p.samples())
	if by := f.Factors[Prose]; math.Abs(by.Ratio-1.3) > .02 || math.Abs(f.Frame.Call-20_000) > 300 {
		t.Errorf("%+v, kept %v, frame %+v", by, f.Kept, f.Frame)
	}
}

// Requests that hold two classes in one proportion tell their sum and nothing of either: the factors stay about where
// they were published, in the right sum, and their errors say that they are not known.
func TestFitCollinear(t *testing.T) {
	p := plan{family: "claude-3", seed: 3, n: 100, factors: map[Class]float64{Prose: 1.3, Code: 1.4}, noise: .01,
		mix: func(r *rand.Rand) map[Class]int64 {
			n := 200 + r.Int64N(3000)
			return map[Class]int64{Prose: n, Code: n}
		}}
	f := fitted(t, p.family, p.samples())
	prose, code := f.Factors[Prose], f.Factors[Code]
	if math.Abs(prose.Ratio+code.Ratio-2.7) > .03 {
		t.Errorf("%.3f + %.3f, planted 2.7 together", prose.Ratio, code.Ratio)
	}
	for class, by := range f.Factors {
		told := claude3[class.i()]
		if math.Abs(by.Ratio/told.ratio-1) > told.width || by.RelativeError < .05 || by.RelativeError > told.width {
			t.Errorf("%s: %+v, published %+v", class, by, told)
		}
	}
}

// A system prompt that no record holds is a constant; it must not move the factors, nor widen them.
func TestFitHiddenPrompt(t *testing.T) {
	p := plan{family: "claude-4.7", seed: 9, n: 200, factors: map[Class]float64{Prose: 1.6}, frame: Frame{Call: 18_000}, noise: .002,
		mix: func(r *rand.Rand) map[Class]int64 { return map[Class]int64{Prose: 500 + r.Int64N(60_000)} }}
	f := fitted(t, p.family, p.samples())
	if by := f.Factors[Prose]; math.Abs(by.Ratio-1.6) > .01 || by.RelativeError > .03 || math.Abs(f.Frame.Call-18_000) > 200 {
		t.Errorf("%+v, frame %+v", by, f.Frame)
	}
}

func TestFitRefuses(t *testing.T) {
	cases := []struct {
		name, want string
		plan       plan
	}{
		{"factor too high", "a factor of 5.88 was refused: it is not between 0.5 and 4", plan{factors: map[Class]float64{Prose: 6}, noise: .01}},
		{"factor too low", "a factor of 0.2", plan{factors: map[Class]float64{Prose: .2}, noise: .01}},
		{"text not what was billed", "the text does not explain the tokens of 2", plan{factors: map[Class]float64{Prose: 1.3}, noise: .01, outliers: .3}},
		{"nothing explains it", "an error of 122% was refused: it is over 50%", plan{factors: map[Class]float64{Prose: 1.3}, noise: .8}},
	}
	for _, c := range cases {
		c.plan.seed, c.plan.n = 4, 80
		f := fitted(t, "claude-3", c.plan.samples())
		if !strings.Contains(f.Kept[Prose], c.want) || len(f.Factors) != 0 || f.Refused == "" {
			t.Errorf("%s: kept %v, factors %v, refused %q", c.name, f.Kept, f.Factors, f.Refused)
		}
	}
	if _, err := FitSamples("claude-9", nil); err == nil {
		t.Error("an unknown family was fitted")
	}
}

// The frame is never negative: fewer tokens than the text counts to are not explained by a frame.
func TestFitFrameNotNegative(t *testing.T) {
	for seed := range uint64(20) {
		f := fitted(t, "claude-3", plan{seed: seed, n: 60, factors: map[Class]float64{Prose: 1.2, Code: 1.3}, noise: .03, tools: true}.samples())
		if f.Frame.Call < 0 || f.Frame.Message < 0 || f.Frame.Tool < 0 || f.Frame.Tools < 0 {
			t.Errorf("seed %d: %+v", seed, f.Frame)
		}
	}
}

func TestFitLeavesOut(t *testing.T) {
	samples := plan{seed: 1, n: 30, factors: map[Class]float64{Prose: 1.2}}.samples()
	want := fitted(t, "claude-3", samples)
	want.LeftOut = []LeftOut{{"no input tokens recorded", 1}, {"no text", 2}, {"images, whose tokens are not text", 1}}
	pictured := samples[0]
	pictured.Content.Images, pictured.Tokens = 2, 9000
	more := append(slices.Clone(samples), pictured, Sample{Content: samples[0].Content}, Sample{Tokens: 100}, Sample{Tokens: 7})
	if diff := cmp.Diff(want, fitted(t, "claude-3", more)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Where the tokenizer is public, the frame alone is fitted, and tokens that it does not explain are told.
func TestFitExact(t *testing.T) {
	exact := map[Class]float64{Prose: 1, Code: 1, JSON: 1, CJK: 1}
	p := plan{seed: 1, n: 100, factors: exact, frame: Frame{Call: 3, Message: 4}}
	f := fitted(t, "o200k_base", p.samples())
	if !f.Exact || f.Unsound != "" || f.Refused != "" || len(f.Factors) != 0 || f.Kept[Prose] != "the tokenizer is public" {
		t.Errorf("%+v", f)
	}
	if math.Abs(f.Frame.Call-3) > .5 || math.Abs(f.Frame.Message-4) > .2 || f.Spread.P90 > .001 {
		t.Errorf("frame %+v, spread %+v", f.Frame, f.Spread)
	}
	p.factors = map[Class]float64{Prose: 1.1, Code: 1, JSON: 1, CJK: 1}
	if f := fitted(t, "o200k_base", p.samples()); !strings.Contains(f.Unsound, "leaves 2.0% at most") {
		t.Errorf("another model's tokens pass: %+v", f)
	}
	p.factors = map[Class]float64{Prose: .9, Code: .9}
	if f := fitted(t, "o200k_base", p.samples()); f.Unsound == "" || f.Frame != (Frame{}) {
		t.Errorf("fewer tokens than the text has pass: %+v", f)
	}
}

// By hand: of 1 … 20 the ⌈0.9 × 21⌉ = 19th, of 1 … 5 the ⌈5.4⌉ = 6th, which is beyond: the largest.
func TestQuantile90(t *testing.T) {
	for n, want := range map[int]float64{0: 0, 1: 1, 5: 5, 20: 19, 99: 90} {
		var values []float64
		for i := range n {
			values = append(values, float64(n-i))
		}
		if got := quantile90(values); got != want {
			t.Errorf("of 1 … %d: %v, want %v", n, got, want)
		}
	}
}

func BenchmarkFit(b *testing.B) {
	for _, n := range []int{200, 10_000} {
		samples := plan{seed: 1, n: n, factors: everyClass, noise: .03, outliers: .05, tools: true}.samples()
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := FitSamples("claude-4.7", samples); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
