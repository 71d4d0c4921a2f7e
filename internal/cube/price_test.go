package cube

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

func catalog(t testing.TB) *pricing.Catalog {
	t.Helper()
	c, err := pricing.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Every threshold of the catalogue, at any time, bounds a class: a cube can be priced exactly.
func TestBandsCoverTheCatalogue(t *testing.T) {
	c := catalog(t)
	seen := map[int64]bool{}
	for quarter := range 20 {
		at := time.Date(2024, time.Month(1+3*quarter), 1, 0, 0, 0, 0, time.UTC)
		for _, name := range c.Names() {
			m, err := c.Lookup(name, at)
			if err != nil {
				t.Fatal(err)
			}
			for _, from := range m.Thresholds() {
				seen[from] = true
				if Band(from) != Band(from-1)+1 {
					t.Errorf("%s changes its price at %d tokens, which bounds no class", name, from)
				}
			}
		}
	}
	if len(seen) < 5 {
		t.Errorf("the catalogue has the thresholds %v", seen)
	}
}

func TestBand(t *testing.T) {
	for _, c := range []struct {
		prompt int64
		want   int
	}{{0, 0}, {31_999, 0}, {32_000, 1}, {32_001, 2}, {99_999, 2}, {272_000, 11}, {272_001, 12}, {1_000_000, 15}, {1_000_001, 16}, {1 << 40, 16}} {
		got := Band(c.prompt)
		if low, high := Lengths(got); got != c.want || c.prompt < low || c.prompt > high {
			t.Errorf("%d tokens: class %d of %d to %d, want %d", c.prompt, got, low, high, c.want)
		}
	}
}

func TestPrice(t *testing.T) {
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	c := New()
	add := func(track, model, tier string, weight int64, u token.Usage) {
		c.Add(&traffic.Call{Time: day, Track: track, Model: model, Tier: tier, Weight: weight, Usage: u}, 0.5)
	}
	// claude-haiku-5-5: $0.10 in, 0.01 read, 0.50 out; from 100,001 tokens on five times as much
	add("a", "claude-haiku-5-5", "", 1, token.Usage{Input: 10_000, CacheRead: 90_000, Output: 100})      // 1,000 + 900 + 50 = 1,950
	add("a", "claude-haiku-5-5", "", 2, token.Usage{Input: 10_001, CacheRead: 90_000, Output: 100})      // 2 × (5,000.5 + 4,500 + 250) = 19,501
	add("b", "claude-haiku-5-5", "batch", 1, token.Usage{Input: 10_001, CacheRead: 90_000, Output: 100}) // half of 9,750.5
	add("b", "mystery", "", 3, token.Usage{Input: 7})
	add("b", "claude-haiku-5-5", "flex", 1, token.Usage{Input: 9})
	bill := c.Price(catalog(t), at)
	got := map[string]string{"": bill.Total.Decimal()}
	for name, cost := range bill.ByName(ByTrack) {
		got[name] = cost.Decimal()
	}
	want := map[string]string{"a": "0.021451", "b": "0.00487525", "": "0.02632625"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(bill.Charges) != 3 || len(bill.Unpriced) != 2 {
		t.Fatalf("%d charges, unpriced %+v", len(bill.Charges), bill.Unpriced)
	}
	flex, mystery := bill.Unpriced[0], bill.Unpriced[1]
	if flex.Tier != "flex" || flex.Calls != 1 || flex.Usage.Input != 9 || !strings.Contains(flex.Reason.Error(), `no price for service tier "flex"`) {
		t.Errorf("%+v", flex)
	}
	if mystery.Model != "mystery" || mystery.Calls != 3 || mystery.Usage.Input != 21 || !strings.Contains(mystery.Reason.Error(), "not in the price catalogue") {
		t.Errorf("%+v", mystery)
	}
}

// A threshold inside a class cannot be priced from the cube, and is not guessed. Cells on one side of it are priced.
func TestPriceOfOddThreshold(t *testing.T) {
	own, diags := catalog(t).WithFile("prices.yaml", []byte(`
as_of: 2026-11-20
models:
  odd/model:
    input: 1
    output: 2
    bands:
      - {from: 150k, input: 2, output: 4}
`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	c := New()
	for _, n := range []int64{1000, 140_000, 160_000, 300_000} {
		c.Add(&traffic.Call{Time: day, Model: "odd/model", Usage: token.Usage{Input: n}}, 1)
	}
	bill := c.Price(own, day)
	if bill.Total.Cmp(money.New(601, -3)) != 0 { // 1,000 × 1 + 300,000 × 2
		t.Error(bill.Total.Decimal())
	}
	if len(bill.Unpriced) != 1 || bill.Unpriced[0].Calls != 2 || !strings.Contains(bill.Unpriced[0].Reason.Error(), "changes its price at 150000 tokens, within the class of prompts from 128001 to 199999") {
		t.Errorf("%+v", bill.Unpriced)
	}
}

// Each call priced by itself gives the same sum, to the last digit.
func TestPriceIsThatOfTheCalls(t *testing.T) {
	calls, c := randomCalls(77, 2000), New()
	want := money.Amount{}
	for i := range calls {
		call := &calls[i]
		call.Model = map[string]string{"mystery": "claude-haiku-5-5", "gpt-5-mini": "gpt-6-sol"}[call.Model]
		if call.Model == "" {
			call.Model = "claude-sonnet-5"
		}
		c.Add(call, 1)
		m, err := catalog(t).Lookup(call.Model, day)
		if err != nil {
			t.Fatal(err)
		}
		r, err := m.Rates(call.Tier, m.Band(call.Usage.Prompt()))
		if err != nil {
			t.Fatal(err)
		}
		want = want.Add(r.Cost(call.Usage).Times(call.Times()))
	}
	bill := c.Price(catalog(t), day)
	if bill.Total.Cmp(want) != 0 || len(bill.Unpriced) > 0 || want.Sign() == 0 {
		t.Errorf("%s, want %s; unpriced %+v", bill.Total.Decimal(), want.Decimal(), bill.Unpriced)
	}
}
