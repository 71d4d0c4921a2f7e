package replay

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The strands of a name add up to its totals, along every dimension, on every day and on either side.
func TestStrandsAddUp(t *testing.T) {
	calls := many(900)
	for i := range calls {
		calls[i].Place.File = []string{"f", "g"}[i%2] // g is a quarter of the traffic
		calls[i].Weight = int64(i % 4)
	}
	res, err := everything(t).Run(calls)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(res.Strands()); n < 20 {
		t.Fatalf("%d strands", n)
	}
	for _, d := range dims {
		for side, c := range map[bool]*Cube{true: res.Base, false: res.Head} {
			for name, want := range c.Totals(d) {
				checkStrands(t, res, d, side, name, want)
			}
		}
	}
}

func checkStrands(t *testing.T, res *Result, d Dim, onBase bool, name string, want *Totals) {
	t.Helper()
	got := map[int64]Volume{}
	for _, s := range res.Strands() {
		if s.Name(d, onBase) != name {
			continue
		}
		for day, v := range s.Days {
			side := v.Head
			if onBase {
				side = v.Base
			}
			if g := got[day]; side != (Volume{}) {
				got[day] = Volume{g.Calls + side.Calls, g.Tokens + side.Tokens, g.Cost + side.Cost}
			}
		}
	}
	if len(got) != len(want.Days) {
		t.Errorf("%s %q, base %t: %d days, want %d", d, name, onBase, len(got), len(want.Days))
	}
	for day, w := range want.Days {
		if g := got[day]; math.Abs(g.Cost-w.Cost) > 1e-9*w.Cost || math.Abs(g.Tokens-w.Tokens) > 1e-9*w.Tokens || g.Calls <= 0 {
			t.Errorf("%s %q, base %t, day %d: %+v, want %+v", d, name, onBase, day, g, *w)
		}
	}
}

// A record that stands for three calls, sampled at a quarter, is twelve; head is on another model than base.
func TestStrandsByHand(t *testing.T) {
	calls := three()[:1]
	calls[0].Weight, calls[0].Place.File = 3, "g"
	plan := everything(t)
	plan.Head.Templates = plan.Base.Templates // the text stays
	res, err := plan.Run(calls)
	if err != nil {
		t.Fatal(err)
	}
	all := res.Strands()
	if len(all) != 1 || all[0].BaseModel != "test/alpha" || all[0].HeadModel != "test/gamma" || all[0].Track != "generation" || all[0].Template != "p.md" {
		t.Fatalf("%+v", all)
	}
	got := all[0].Days[day.Unix()/86400]
	if want := (Volume{12, 12 * 1100, 12 * 0.003}); math.Abs(got.Base.Cost-want.Cost) > 1e-12 || got.Base.Calls != want.Calls || got.Base.Tokens != want.Tokens {
		t.Errorf("%+v, want %+v", got.Base, want)
	}
	if got.Head.Calls != 12 || got.Head.Tokens <= got.Base.Tokens {
		t.Errorf("%+v on a model with more tokens for the same text", got.Head)
	}
}

// Neither the order nor the split of the calls decides a bit.
func TestStrandsOrder(t *testing.T) {
	calls := many(600)
	plan := everything(t)
	whole, err := plan.Run(calls)
	if err != nil {
		t.Fatal(err)
	}
	rand.New(rand.NewPCG(5, 6)).Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
	run := plan.Start()
	other := run.Fork()
	for i := range calls {
		to := run
		if i%3 == 0 {
			to = other
		}
		if err := to.Add(&calls[i]); err != nil {
			t.Fatal(err)
		}
	}
	run.Merge(other)
	if diff := cmp.Diff(whole.Strands(), finished(t, run).Strands()); diff != "" {
		t.Error(diff)
	}
}

// Without a base there is one side.
func TestStrandsWithoutBase(t *testing.T) {
	plan := everything(t)
	plan.Base = nil
	res, err := plan.Run(many(60))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range res.Strands() {
		for _, v := range s.Days {
			if v.Base != (Volume{}) || v.Head.Calls == 0 {
				t.Errorf("%+v", v)
			}
		}
	}
}
