package replay

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// sections is a plain template with a section for every length: "# The" and its line end are 3 tokens, so it is as many
// tokens as the lengths say.
func sections(t testing.TB, lengths ...int) *Revision {
	t.Helper()
	var b strings.Builder
	for _, n := range lengths {
		fmt.Fprintf(&b, "# The\n%s\n", words(n-4))
	}
	r := revision(t, b.String(), prompt.Limits{})
	c := o200k(t)
	for i, s := range r.Templates["p.md"].Files[0].Sections {
		if n := c.Count(s.Text).Tokens; n != int64(lengths[i]) {
			t.Fatalf("section %d has %d tokens, not %d", i, n, lengths[i])
		}
	}
	return r
}

func carry(t testing.TB, base, head *Revision, calls []traffic.Call) *Result {
	t.Helper()
	res, err := Plan{Catalog: catalog(t), At: day, Base: base, Head: head, Texts: true}.Run(calls)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// portions is what every section of the only text of a side came to.
func portions(t testing.TB, res *Result, onBase bool) []Portion {
	t.Helper()
	texts := res.Texts(onBase)
	if len(texts) != 1 {
		t.Fatalf("%d texts", len(texts))
	}
	var out []Portion
	for i := range texts[0].Sections() {
		out = append(out, texts[0].Portion(i, i+1))
	}
	return out
}

// A text of 100, 200 and 300 tokens. The first call reads its first 250 tokens from the cache, writes 100 for an hour and
// 150 for five minutes, and has the last 100 as input; the second reads all; the third has all as input; the fourth is too
// short for the last 50; the fifth failed. In tokens, and in millionths of a dollar:
//
//	          call 1                           2        3        4
//	100       100 read                         100 read 100 in   100 in
//	200       150 read, 50 1h                  200 read 200 in   200 in
//	300       50 1h, 150 5m, 100 in            300 read 300 in   250 in
//
//	100: 200 read×0.2 + 200 in×2                            =  440
//	200: 350 read×0.2 + 50 1h×4 + 400 in×2                  = 1070
//	300: 300 read×0.2 + 50 1h×4 + 150 5m×2.5 + 650 in×2     = 1935
func TestTextByHand(t *testing.T) {
	usages := []token.Usage{
		{CacheRead: 250, CacheWrite1h: 100, CacheWrite5m: 150, Input: 700, Output: 9},
		{CacheRead: 600, Input: 10, Output: 9},
		{Input: 600, Output: 9},
		{Input: 550, Output: 9},
		{},
	}
	calls := make([]traffic.Call, len(usages))
	for i, u := range usages {
		calls[i] = three()[0]
		calls[i].ID, calls[i].Usage = fmt.Sprint(i), u
	}
	head := sections(t, 100, 200, 300)
	res := carry(t, nil, head, calls)
	got := portions(t, res, false)
	want := []token.Usage{{CacheRead: 200, Input: 200}, {CacheRead: 350, CacheWrite1h: 50, Input: 400}, {CacheRead: 300, CacheWrite1h: 50, CacheWrite5m: 150, Input: 650}}
	costs := []string{"0.00044", "0.00107", "0.001935"}
	for i, p := range got {
		if diff := cmp.Diff(want[i], p.Usage); diff != "" || p.Cost.Decimal() != costs[i] || p.All.Calls != 4 {
			t.Errorf("section %d costs %s over %g calls, want %s:\n%s", i, p.Cost.Decimal(), p.All.Calls, costs[i], diff)
		}
	}
	// 1000 read + 100 written for an hour + 150 for five minutes + 1250 in, all as input.
	if whole := res.Texts(false)[0].Portion(0, 3); whole.Plain.Decimal() != "0.0047" || whole.AllRead != 850 {
		t.Errorf("plain %s, read %g", whole.Plain.Decimal(), whole.AllRead)
	}
	if res.Texts(true) != nil {
		t.Error("a text on base without a base")
	}
}

// mixed is a recording in which every call has its prompt in other classes, on two models, with weights and sampling.
func mixed(n int) []traffic.Call {
	rng := rand.New(rand.NewPCG(21, 22))
	calls := many(n)
	for i := range calls {
		part := func() int64 { return max(0, rng.Int64N(900)-300) }
		calls[i].Usage = token.Usage{CacheRead: part(), CacheWrite1h: part(), CacheWrite5m: part(), Input: part(), Output: 5}
		calls[i].Weight, calls[i].Place.File = rng.Int64N(4), []string{"f", "g"}[rng.IntN(2)]
	}
	return calls
}

// held is what a call had of the tokens from ≤ i < to of its prompt, token by token.
func held(u token.Usage, from, to int64) (out [classes]int64) {
	at := int64(0)
	for class, n := range byClass(u) {
		for range n {
			if at >= from && at < to {
				out[class]++
			}
			at++
		}
	}
	return out
}

// What is summed up by class ends is what every call, looked at token by token, had of a section.
func TestTextOfEveryCall(t *testing.T) {
	calls := mixed(300)
	for i := range calls {
		calls[i].Model, calls[i].Template = "test/alpha", "p.md"
	}
	bounds := []int64{0, 50, 250, 260, 600}
	res := carry(t, nil, sections(t, 50, 200, 10, 340), calls)
	for from := range bounds {
		for to := from + 1; to < len(bounds); to++ {
			var want token.Usage
			for i := range calls {
				want = want.Add(alike(ofClasses(held(calls[i].Usage, bounds[from], bounds[to])), calls[i].Times()))
			}
			var got token.Usage
			for _, text := range res.Texts(false) {
				got = got.Add(text.Portion(from, to).Usage)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("sections %d to %d:\n%s", from, to, diff)
			}
		}
	}
}

// Sections add up to the text, exactly, and a text costs no more than its calls; on both sides of a change of everything.
func TestTextsAddUp(t *testing.T) {
	plan := everything(t)
	plan.Texts, plan.Base = true, sections(t, 100, 7, 393)
	res, err := plan.Run(mixed(2000))
	if err != nil {
		t.Fatal(err)
	}
	for _, onBase := range []bool{true, false} {
		texts := res.Texts(onBase)
		if len(texts) < 2 {
			t.Fatalf("%d texts", len(texts))
		}
		for _, text := range texts {
			whole, n := text.Portion(0, text.Sections()), text.Sections()
			var sum Portion
			for i := range n {
				p := text.Portion(i, i+1)
				sum.Usage, sum.Cost, sum.Plain = sum.Usage.Add(p.Usage), sum.Cost.Add(p.Cost), sum.Plain.Add(p.Plain)
				near(t, "calls of a section", p.All.Calls, whole.All.Calls)
			}
			if sum.Usage != whole.Usage || sum.Cost.Cmp(whole.Cost) != 0 || sum.Plain.Cmp(whole.Plain) != 0 {
				t.Errorf("%d sections come to %+v and %s, the whole to %+v and %s", n, sum.Usage, sum.Cost.Decimal(), whole.Usage, whole.Cost.Decimal())
			}
			spent := 0.0
			for _, d := range text.Strand.Days {
				if onBase {
					spent += d.Base.Cost
				} else {
					spent += d.Head.Cost
				}
			}
			if whole.All.Cost > spent*(1+1e-9) || whole.All.Cost == 0 && spent > 0 {
				t.Errorf("the text costs %g, its calls %g", whole.All.Cost, spent)
			}
		}
	}
}

// A section that head takes out saves what the surface of base says it costs, and one that head puts in costs what head's
// says, wherever every call has its text in one class.
func TestTextSaysWhatReplaySays(t *testing.T) {
	calls := many(500)
	rng := rand.New(rand.NewPCG(23, 24))
	for i := range calls {
		u := token.Usage{Output: 5}
		*[]*int64{&u.CacheRead, &u.CacheWrite1h, &u.CacheWrite5m, &u.Input}[rng.IntN(4)] = 700 + rng.Int64N(100)
		calls[i].Usage, calls[i].Model = u, []string{"test/alpha", "test/beta"}[rng.IntN(2)]
	}
	long, short := sections(t, 100, 250, 150), sections(t, 100, 150)
	sum := func(res *Result, onBase bool) (cost, all float64) {
		for _, text := range res.Texts(onBase) {
			p := text.Portion(1, 2)
			cost, all = cost+p.Cost.Float(), all+p.All.Cost
		}
		return cost, all
	}
	cut := carry(t, long, short, calls)
	cost, all := sum(cut, true)
	near(t, "saved", -cut.Causes[0].Cost.Float(), cost)
	near(t, "saved of all traffic", -cut.Causes[0].Scaled.Cost, all)
	grown := carry(t, short, long, calls)
	cost, all = sum(grown, false)
	near(t, "added", grown.Causes[0].Cost.Float(), cost)
	near(t, "added of all traffic", grown.Causes[0].Scaled.Cost, all)
}

// What calls of single classes cost each, and the others in the mean, comes to what all cost together.
func TestSentAddsUp(t *testing.T) {
	plan := everything(t)
	plan.Texts = true
	res, err := plan.Run(mixed(500))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range res.Texts(false) {
		p := text.Portion(0, text.Sections())
		var calls, tokens, dollars float64
		for _, s := range text.Sent(0, text.Sections()) {
			calls, tokens, dollars = calls+s.Weight, tokens+s.Weight*s.Tokens, dollars+s.Weight*s.Cost
		}
		near(t, "calls", calls, p.All.Calls)
		near(t, "tokens", tokens, p.All.Tokens)
		near(t, "dollars", dollars, p.All.Cost)
	}
}

// On a model whose tokenizer is not public a text carries the error of its count.
func TestTextInDoubt(t *testing.T) {
	head := sections(t, 100, 400)
	res := carry(t, nil, head, onGamma(three()))
	counter, err := token.For("claude-4.7")
	if err != nil {
		t.Fatal(err)
	}
	e := counter.Count(head.Templates["p.md"].Files[0].Sections[1].Text)
	p := portions(t, res, false)[1]
	if e.RelativeError == 0 || p.All.Tokens == 0 {
		t.Fatalf("estimate %+v, portion %+v", e, p)
	}
	near(t, "tokens in doubt", p.AllDoubt.Tokens, e.RelativeError*p.All.Tokens)
	near(t, "dollars in doubt", p.AllDoubt.Cost, e.RelativeError*p.All.Cost)
	near(t, "a call's error", res.Texts(false)[0].Sent(1, 2)[0].Error, e.RelativeError)
}
