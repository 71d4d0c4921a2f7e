package render

import (
	"math/rand/v2"
	"testing"

	"github.com/tokengate/tokengate/internal/money"
)

// Parts add up to their whole as printed, and each is within a unit of what it is.
func TestCoinsAddUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var parts []money.Amount
		var sum money.Amount
		for range 1 + rng.IntN(12) {
			p := money.New(rng.Int64N(1<<rng.IntN(40))-rng.Int64N(50), -6)
			parts, sum = append(parts, p), sum.Add(p)
		}
		c := newCoins(sum)
		all := int64(0)
		for i, units := range c.split(c.total, parts) {
			all += units
			if off := micros(parts[i])*c.scale() - units*1_000_000; off >= 1_000_000 || off <= -1_000_000 {
				t.Fatalf("%s is printed as %s", parts[i].Decimal(), c.text(units))
			}
		}
		if all != c.total {
			t.Fatalf("parts of %s come to %s", c.text(c.total), c.text(all))
		}
	}
}

func TestCoinsText(t *testing.T) {
	for amount, want := range map[string]string{"1234.565": "$1,234.57", "0": "$0.00", "0.25": "$0.2500", "-0.25": "-$0.2500", "0.0012": "$0.001200", "1": "$1.00"} {
		a, err := money.FromDecimal(amount)
		if err != nil {
			t.Fatal(err)
		}
		if c := newCoins(a); c.text(c.total) != want {
			t.Errorf("%s reads %s, want %s", amount, c.text(c.total), want)
		}
	}
}
