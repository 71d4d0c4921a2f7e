package cli

import (
	"testing"

	"github.com/tokengate/tokengate/internal/forecast"
)

// Every key of the exchange form has its own quantile.
func TestQuantilesOf(t *testing.T) {
	d, err := forecast.NewDist([7]float64{1, 2, 3, 4, 5, 6, 7})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := quantilesOf(d), (quantiles{1, 2, 3, 4, 5, 6, 7}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestHorizonDays(t *testing.T) {
	for text, want := range map[string]int{"30d": 30, "4w": 28, "7 days": 7, "1 Week": 7, "13w": 91, "91d": 91, "1day": 1,
		"": 0, "d": 0, "30": 0, "0d": 0, "-1d": 0, "92d": 0, "14w": 0, "1.5d": 0, "1m": 0, "9999999999999999999w": 0, "2635249153387078803w": 0, "30dd": 0, "7é": 0} {
		o := forecastOptions{horizon: text}
		got, err := o.days()
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q is %d days (%v), want %d", text, got, err, want)
		}
	}
}
