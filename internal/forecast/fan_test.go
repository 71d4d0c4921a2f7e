package forecast

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A fan ends in the distribution it was given, whatever that is, never falls, and keeps its levels in order.
func TestFan(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		daily := make([]float64, 3+random.IntN(40))
		for i := range daily {
			if random.IntN(4) > 0 {
				daily[i] = random.ExpFloat64() * 1e3
			}
		}
		daily[len(daily)-1] = 1
		horizon := 1 + random.IntN(MaxHorizon)
		var at [7]float64
		for i := range at {
			at[i] = random.ExpFloat64() * 1e4
			if i > 0 {
				at[i] += at[i-1]
			}
		}
		if random.IntN(5) == 0 {
			at[0], at[1] = 0, 0
		}
		whole := Dist{at}
		days := FanDays(horizon)
		fan, err := Fan(daily, whole, horizon, days)
		if err != nil {
			t.Fatal(err)
		}
		if len(fan) != len(days) || fan[len(fan)-1] != whole {
			t.Fatalf("horizon %d: the last day has %v, want %v", horizon, fan[len(fan)-1], whole)
		}
		for i, d := range fan {
			if _, err := NewDist(d.at); err != nil {
				t.Fatalf("day %d of %d: %v", days[i], horizon, err)
			}
			for l := range d.at {
				if i > 0 && d.at[l] < fan[i-1].at[l] {
					t.Fatalf("P%g falls from day %d to day %d", 100*levels[l], days[i-1], days[i])
				}
			}
		}
	}
}

// The shape is Volume's: the days of a whole that is twice Volume's are twice those of Volume.
func TestFanShape(t *testing.T) {
	daily := []float64{100, 120, 90, 100, 110, 95, 105}
	fan, err := Fan(daily, volume(t, daily, 28, Uncertainty{}).Scale(2), 28, []int{1, 7, 14, 28})
	if err != nil {
		t.Fatal(err)
	}
	for i, day := range []int{1, 7, 14, 28} {
		if got, want := fan[i].Quantile(.5), 2*volume(t, daily, day, Uncertainty{}).Quantile(.5); got < want*(1-1e-9) || got > want*(1+1e-9) {
			t.Errorf("day %d has a median of %g, want %g", day, got, want)
		}
	}
}

// Where the shape has nothing, time does: a quarter of the days has a quarter. What a shape has beyond the whole is cut.
func TestFanWithoutShape(t *testing.T) {
	whole := Dist{[7]float64{1, 2, 3, 4, 5, 6, 8}}
	if got, want := (Dist{}).towards(Dist{}, whole, 0.25), (Dist{[7]float64{.25, .5, .75, 1, 1.25, 1.5, 2}}); got != want {
		t.Errorf("a quarter is %v, want %v", got, want)
	}
	if got := rising([]Dist{whole.Scale(3)}, []int{1}, whole); got[0] != whole {
		t.Errorf("day 1 has %v of %v", got[0], whole)
	}
}

// The order of days does not matter, and what cannot be forecast has no fan.
func TestFanDays(t *testing.T) {
	daily := []float64{5, 9, 2, 7}
	whole := volume(t, daily, 30, Uncertainty{})
	up, err := Fan(daily, whole, 30, []int{3, 20, 30})
	if err != nil {
		t.Fatal(err)
	}
	down, err := Fan(daily, whole, 30, []int{30, 20, 3})
	if err != nil {
		t.Fatal(err)
	}
	if up[0] != down[2] || up[1] != down[1] || up[2] != down[0] {
		t.Error("the order of days matters")
	}
	for _, day := range []int{0, 31} {
		if _, err := Fan(daily, whole, 30, []int{day}); err == nil {
			t.Errorf("day %d has a distribution", day)
		}
	}
	if _, err := Fan(daily[:2], whole, 30, []int{1}); !errors.Is(err, ErrShortHistory) {
		t.Errorf("two days: %v", err)
	}
	if _, err := Fan([]float64{0, 0, 0}, whole, 30, []int{1}); !errors.Is(err, ErrNoVolume) {
		t.Errorf("zeros: %v", err)
	}
	for horizon, want := range map[int][]int{1: {1}, 7: {1, 2, 3, 4, 5, 6, 7}, 30: {1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30},
		91: {1, 7, 13, 19, 25, 31, 37, 43, 49, 55, 61, 67, 73, 79, 85, 91}} {
		if diff := cmp.Diff(want, FanDays(horizon)); diff != "" {
			t.Errorf("%d days (-want +got):\n%s", horizon, diff)
		}
	}
}
