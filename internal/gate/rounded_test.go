package gate

import "testing"

// A ceiling is rounded up to three digits, money from ten cents on to cents, and never down.
func TestRoundedUp(t *testing.T) {
	for _, c := range []struct {
		v, doubt float64
		cents    bool
		want     string
	}{
		{0, 0, true, "0"}, {489.26, 0, true, "490"}, {490, 0, true, "490"}, {490, 0.0001, true, "491"}, {63.53, 0, true, "63.6"}, {100, 0.05, true, "106"},
		{0.663, 0, true, "0.67"}, {0.663, 0, false, "0.663"}, {0.0996, 0, true, "0.0996"}, {0.09961, 0, true, "0.0997"}, {0.002946, 0, true, "0.00295"},
		{1234567, 0, false, "1240000"}, {999_900, 0, false, "1000000"}, {41_200_000, 0, false, "41200000"}, {7, 0, false, "7"}, {1e-9, 0, true, "0.000000001"},
	} {
		if got := roundedUp(c.v, c.doubt, c.cents); got.Decimal() != c.want {
			t.Errorf("%g ± %g (cents %t) gives %s, want %s", c.v, c.doubt, c.cents, got.Decimal(), c.want)
		}
	}
}
