package gate

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/report"
)

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

// Of 0 to 100 the quantiles are their own names, in whatever order the values come and whatever they weigh alike.
func TestSpreadQuantiles(t *testing.T) {
	vs := values{}
	for i := range 101 {
		v := float64(i * 37 % 101)
		for metric, scale := range map[string]float64{budget.Cost: 1, budget.Tokens: 1000, budget.Latency: 10} {
			vs[metric] = append(vs[metric], value{v * scale, 5, 3})
		}
	}
	got := vs.quantiles().spread()
	if diff := cmp.Diff(&report.MillisDist{P50: 500, P75: 750, P90: 900, P95: 950}, got.Latency); diff != "" {
		t.Errorf("latency (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(report.TokenDist{P50: 50_000, P75: 75_000, P90: 90_000, P95: 95_000}, got.Tokens); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
	if c := got.Cost; c.P50.String() != "$50.00" || c.P75.String() != "$75.00" || c.P90.String() != "$90.00" || c.P95.String() != "$95.00" {
		t.Errorf("cost: %+v", c)
	}
	delete(vs, budget.Latency)
	if vs.quantiles().spread().Latency != nil || (values{}).quantiles().spread() != nil {
		t.Error("a spread of nothing")
	}
}
