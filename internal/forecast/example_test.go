package forecast_test

import (
	"fmt"
	"time"

	"github.com/tokengate/tokengate/internal/forecast"
)

// A recording that began on a Monday afternoon: the Monday is dropped, the silent Thursday is a zero, and the month ahead
// is a distribution.
func ExampleVolume() {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var totals []forecast.DayTotal
	for i, dollars := range []float64{3, 12, 14, 0, 11, 13, 12, 15, 12} {
		day := monday.AddDate(0, 0, i)
		total := forecast.DayTotal{Day: day, Value: dollars, First: day.Add(time.Hour), Last: day.Add(23 * time.Hour)}
		if i == 0 {
			total.First = day.Add(16 * time.Hour)
		}
		if dollars > 0 {
			totals = append(totals, total)
		}
	}
	days, dropped := forecast.Days(totals)
	month, _, err := forecast.Volume(days, 28, forecast.Uncertainty{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(days, "without", dropped[0].Format("2 January"))
	fmt.Printf("P50 $%.0f, P90 $%.0f, over $500 with probability %.2f\n", month.Quantile(0.5), month.Quantile(0.9), month.Exceed(500))
	// Output:
	// [12 14 0 11 13 12 15 12] without 2 March
	// P50 $276, P90 $747, over $500 with probability 0.20
}
