package replay

import (
	"math"
	"testing"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// onGamma are calls on a model whose tokenizer is not public.
func onGamma(calls []traffic.Call) []traffic.Call {
	for i := range calls {
		calls[i].Model = "test/gamma"
	}
	return calls
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.0006 {
		t.Errorf("%s is %.5f, want %.5f", what, got, want)
	}
}

// A call of 1000 + 100 tokens moves to a tokenizer that makes 1.638 of each, give or take 17.2 % (√(0.10² + 0.14²)): all of
// head's 1802 tokens are in doubt, not only the 702 that were added. Of head that is 17.2 %; of base, 310 of 1100 tokens,
// 28.2 %; of what the cause added, 310 of 702, 44.2 %.
func TestDoubtOfRecount(t *testing.T) {
	to := prompt.Limits{Model: source.Of("test/gamma", source.Span{})}
	res := replayed(t, revision(t, words(500), prompt.Limits{}), revision(t, words(500), to), three()[:1])
	level, effect := res.Group(ByTrack, "generation").Doubt()
	near(t, "doubt of head's tokens", level.Tokens, 0.172)
	near(t, "doubt of head's cost", level.Cost, 0.172)
	near(t, "doubt of the effect on tokens", effect.Tokens, 0.2818)
	near(t, "error of the cause", res.Causes[1].Error, 0.4416)
	near(t, "error of the count", res.CountingError, 0.172)
	want := int64(math.Round(1638 * 1000 * math.Hypot(.10, .14)))
	for _, g := range []*Group{res.Group(ByTrack, "generation"), res.Group(ByModel, "test/gamma")} {
		if p := g.Points()[0]; p.Doubt.Prompt != want {
			t.Errorf("doubt of the call by %s %+v, want %d", g.Dim, p.Doubt, want)
		}
	}
	if base, _ := res.Group(ByModel, "test/alpha").Doubt(); base != (Shares{}) {
		t.Errorf("what was recorded is in doubt: %+v", base)
	}
}

// A tokenizer that is taken to be another's moves no token and is no cause, but it is not known to be the same.
func TestDoubtWithoutMove(t *testing.T) {
	to := prompt.Limits{Model: source.Of("openai/gpt-6-sol", source.Span{})}
	res := replayed(t, revision(t, words(500), prompt.Limits{}), revision(t, words(500), to), three()[:1])
	level, _ := res.Group(ByTrack, "generation").Doubt()
	near(t, "doubt of head's tokens", level.Tokens, 0.15)
	for _, cause := range res.Causes {
		if cause.Kind == KindTokenizer {
			t.Errorf("a cause without tokens: %+v", cause)
		}
	}
}

// A template that grows by 40 o200k tokens of prose grows by 66 on gamma, known to ±17.2 %: 11.3 tokens of 1166.
func TestDoubtOfEdit(t *testing.T) {
	base := revision(t, words(500), prompt.Limits{})
	res := replayed(t, base, revision(t, words(540), prompt.Limits{}), onGamma(three()[:1]))
	added := float64(res.Causes[0].Tokens)
	if math.Abs(added-40*1.638) > 1 {
		t.Fatalf("%v tokens added", added)
	}
	level, effect := res.Group(ByTrack, "generation").Doubt()
	near(t, "doubt of head", level.Tokens, added*0.172/(1100+added))
	near(t, "doubt of the effect", effect.Tokens, added*0.172/1100)
	near(t, "error of the cause", res.Causes[0].Error, 0.172)
	if level, effect = replayed(t, base, base, onGamma(three())).Group(ByTrack, "generation").Doubt(); level != effect || level != (Shares{}) {
		t.Errorf("no change is in doubt: %+v %+v", level, effect)
	}
}

// An edit that is counted with an error, and then restated for another tokenizer: what was doubtful is restated as well.
// 66 tokens ± 17.2 % on gamma are 47 ± 8.1 on Claude 3, and the 833 that all become are ± 14 % in themselves.
func TestDoubtOfEditAndRecount(t *testing.T) {
	to := prompt.Limits{Model: source.Of("anthropic/claude-opus-4-6", source.Span{})}
	res := replayed(t, revision(t, words(500), prompt.Limits{}), revision(t, words(540), to), onGamma(three()[:1]))
	g := res.Group(ByTrack, "generation")
	total := float64(res.Head.Totals(ByProject)[""].Usage.Total())
	level, _ := g.Doubt()
	near(t, "doubt of head's tokens, in thousands", level.Tokens*total/1000, (66*0.17205/1.4+total*0.14)/1000)
}

// Sampled calls stand for more of their kind: doubts are scaled as the sums are, so that their shares stay. Sessions sum
// the doubts of their calls.
func TestDoubtScales(t *testing.T) {
	to := revision(t, words(500), prompt.Limits{Model: source.Of("test/gamma", source.Span{})})
	plan := Plan{Catalog: catalog(t), At: day, Base: revision(t, words(500), prompt.Limits{}), Head: to, Sampling: map[string]float64{"f": 0.1}}
	res, err := plan.Run(three())
	if err != nil {
		t.Fatal(err)
	}
	g := res.Group(ByTrack, "generation")
	level, _ := g.Doubt()
	near(t, "doubt of head's tokens", level.Tokens, 0.172)
	var sum Doubt
	for _, p := range g.Points() {
		sum = sum.add(p.Doubt)
	}
	if s := g.Sessions(); len(s) != 1 || s[0].Doubt != sum || sum.Output == 0 || sum.Cost == 0 {
		t.Errorf("the session's doubt %+v, its calls' %+v", s, sum)
	}
}

// What a doubtful token costs is known at the end of its way: 66 tokens ± 17.2 % of plain input on gamma, at $2 a million;
// on delta, which keeps the tokenizer, at $20; and where a value in front loses the cache, no longer at the $0.2 of the
// read they were added to, but at the $2.5 of writing them anew.
func TestDoubtfulCost(t *testing.T) {
	swap := prompt.Limits{Model: source.Of("test/delta", source.Span{})}
	calls := onGamma(three())
	for _, c := range []struct {
		name   string
		head   *Revision
		call   int
		dollar float64 // a million
	}{
		{"plain", revision(t, words(540), prompt.Limits{}), 0, 2},
		{"dearer model", revision(t, words(540), swap), 0, 20},
		{"read from the cache", revision(t, words(540), prompt.Limits{}), 1, 0.2},
		{"written to the cache", revision(t, words(540), prompt.Limits{}), 2, 2.5},
		{"cache lost", revision(t, "{{now}} "+words(540), prompt.Limits{}), 1, 2.5},
	} {
		res := replayed(t, revision(t, words(500), prompt.Limits{}), c.head, calls[c.call:c.call+1])
		added := float64(res.Causes[0].Tokens)
		if want := math.Hypot(.10, .14) * added * c.dollar * 1e6; math.Abs(float64(res.Group(ByProject, "").Points()[0].Doubt.Cost)-want) > 2e-3*want {
			t.Errorf("%s: %d, want %.0f", c.name, res.Group(ByProject, "").Points()[0].Doubt.Cost, want)
		}
	}
}

// A call made from an older text is taken to base's by a count, which both sides share: head's level is in doubt, the
// effect of the change is not. And when the change goes back to the older text, head is what was recorded.
func TestDoubtOfOlderVersion(t *testing.T) {
	old := load(t, words(450))
	calls := onGamma(three()[:1])
	calls[0].TemplateVersion = old.BlobID
	plan := Plan{Catalog: catalog(t), At: day, Base: revision(t, words(500), prompt.Limits{}), Head: revision(t, words(500), prompt.Limits{}),
		Version: func(string, string) (*prompt.Template, error) { return old, nil }}
	run := func() (level, effect Shares) {
		t.Helper()
		res, err := plan.Run(calls)
		if err != nil {
			t.Fatal(err)
		}
		return res.Group(ByTrack, "generation").Doubt()
	}
	level, effect := run()
	near(t, "doubt of head", level.Tokens, 82*0.172/1182)
	if effect != (Shares{}) {
		t.Errorf("the effect of no change is in doubt: %+v", effect)
	}
	plan.Head = revision(t, words(450), prompt.Limits{})
	level, effect = run()
	if level.Tokens != 0 || effect.Tokens == 0 {
		t.Errorf("head is the recorded text: %+v, the way from base is counted: %+v", level, effect)
	}
}

// A doubt belongs to the calls that were counted: another track's exact counts neither share it nor dilute it.
func TestDoubtByGroup(t *testing.T) {
	calls := append(three(), onGamma(three())...)
	for i := range calls[3:] {
		calls[3+i].Track, calls[3+i].ID = "claude", "c"+calls[3+i].ID
	}
	for i := range calls[:3] {
		calls[i].Usage.Input *= 1000
	}
	res := replayed(t, revision(t, words(500), prompt.Limits{}), revision(t, words(900), prompt.Limits{}), calls)
	exact, _ := res.Group(ByTrack, "generation").Doubt()
	if counted, by := res.Group(ByTrack, "generation").Counting(); exact != (Shares{}) || counted != 0 || by != "exact" {
		t.Errorf("exact counts are in doubt: %+v, %v by %s", exact, counted, by)
	}
	if counted, by := res.Group(ByTrack, "claude").Counting(); math.Abs(counted-0.172) > 1e-3 || by == "exact" {
		t.Errorf("the other track's counts: %v by %s", counted, by)
	}
	if counted := res.CountingError; counted <= 0 || counted >= 0.172 {
		t.Errorf("the project's counts: %v", counted)
	}
}

// The plan's book counts: a calibration changes what is added, and its error.
func TestBookOfPlan(t *testing.T) {
	book := token.Book{Calibration: (*token.Calibration)(nil).With("claude-4.7", token.Calibrated{Samples: 214, Factors: map[token.Class]token.ClassFactor{
		token.Prose: {Ratio: 1.5, RelativeError: 0.02, Samples: 214}}})}
	plan := Plan{Catalog: catalog(t), At: day, Tokens: book, Base: revision(t, words(500), prompt.Limits{}), Head: revision(t, words(540), prompt.Limits{})}
	res, err := plan.Run(onGamma(three()[:1]))
	if err != nil || res.Causes[0].Tokens != 60 || res.CountingError != 0.02 || res.CountingBy != "o200k × 1.50 (calibrated, 214 samples)" {
		t.Errorf("%v: %d tokens, ±%v by %s", err, res.Causes[0].Tokens, res.CountingError, res.CountingBy)
	}
	plan.Head = revision(t, words(500), prompt.Limits{Model: source.Of("test/gamma", source.Span{})})
	if res, err = plan.Run(three()[:1]); err != nil || res.Head.Totals(ByProject)[""].Usage != (token.Usage{Input: 1500, Output: 150}) || res.CountingError != 0.02 {
		t.Errorf("%v: %+v ±%v", err, res.Head.Totals(ByProject)[""].Usage, res.CountingError)
	}
}
