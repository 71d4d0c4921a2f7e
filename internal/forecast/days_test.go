package forecast

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// on is a total of the n-th day after monday, recorded between two hours.
func on(n int, value, from, to float64) DayTotal {
	d := monday.AddDate(0, 0, n)
	hours := func(h float64) time.Time { return d.Add(time.Duration(h * float64(time.Hour))) }
	return DayTotal{Day: d, Value: value, First: hours(from), Last: hours(to)}
}

func TestDays(t *testing.T) {
	whole := func(n int, v float64) DayTotal { return on(n, v, 0.5, 23.5) }
	cases := []struct {
		name    string
		totals  []DayTotal
		want    []float64
		dropped []int
	}{
		{"none", nil, nil, nil},
		{"one day", []DayTotal{on(0, 5, 9, 10)}, []float64{5}, nil},
		{"gap is zero", []DayTotal{whole(0, 10), whole(3, 10)}, []float64{10, 0, 0, 10}, nil},
		{"partial first", []DayTotal{on(0, 5, 12, 23.9), whole(1, 10), whole(2, 11)}, []float64{10, 11}, []int{0}},
		{"partial last", []DayTotal{whole(0, 10), whole(1, 11), on(2, 6, 0.1, 14)}, []float64{10, 11}, []int{2}},
		{"partial both", []DayTotal{on(0, 2, 20, 23.9), whole(1, 10), whole(2, 11), whole(3, 9), on(4, 1, 0, 2)}, []float64{10, 11, 9}, []int{0, 4}},
		{"late but full", []DayTotal{on(0, 9, 8, 23), whole(1, 10), whole(2, 11)}, []float64{9, 10, 11}, nil},
		{"low but covered", []DayTotal{on(0, 1, 1.9, 23), whole(1, 10), whole(2, 11)}, []float64{1, 10, 11}, nil},
		{"early last, first at noon is no matter", []DayTotal{whole(0, 10), whole(1, 11), on(2, 1, 12, 23)}, []float64{10, 11, 1}, nil},
		{"interior partial stays", []DayTotal{whole(0, 10), on(1, 1, 12, 13), whole(2, 11)}, []float64{10, 1, 11}, nil},
		{"sparse is not partial", []DayTotal{on(0, 3, 9, 10), on(9, 4, 9, 10)}, []float64{3, 0, 0, 0, 0, 0, 0, 0, 0, 4}, nil},
		{"same day twice", []DayTotal{on(0, 3, 0, 10), whole(1, 10), on(0, 4, 10, 23)}, []float64{7, 10}, nil},
		{"unknown span is covered", []DayTotal{{Day: monday, Value: 1}, whole(1, 10), whole(2, 10)}, []float64{1, 10, 10}, nil},
		{"a part of unknown end is covered", []DayTotal{whole(0, 10), whole(1, 10), on(2, 1, 0, 9), {Day: monday.AddDate(0, 0, 2), Value: 1}}, []float64{10, 10, 2}, nil},
		{"parts widen the span", []DayTotal{on(0, 1, 0.1, 5), on(0, 1, 9, 12), whole(1, 10), on(2, 1, 20, 23), on(2, 1, 1, 5)}, []float64{2, 10, 2}, nil},
		{"exactly 60 % stays", []DayTotal{on(0, 6, 12, 23), whole(1, 10), whole(2, 10)}, []float64{6, 10, 10}, nil},
		{"exactly two hours stays", []DayTotal{on(0, 1, 2, 23), whole(1, 10), whole(2, 10)}, []float64{1, 10, 10}, nil},
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var want []time.Time
			for _, n := range c.dropped {
				want = append(want, monday.AddDate(0, 0, n))
			}
			for range 4 {
				values, dropped := Days(c.totals)
				if diff := cmp.Diff(c.want, values); diff != "" {
					t.Errorf("values (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(want, dropped); diff != "" {
					t.Errorf("dropped (-want +got):\n%s", diff)
				}
				rng.Shuffle(len(c.totals), func(i, j int) { c.totals[i], c.totals[j] = c.totals[j], c.totals[i] })
			}
		})
	}
}

// A day given in another zone is the UTC day it lies in, and a stray time stamp of another age does not make two days one.
func TestDaysCalendar(t *testing.T) {
	east := time.FixedZone("east", 9*3600)
	values, _ := Days([]DayTotal{{Day: monday.Add(30 * time.Hour).In(east), Value: 2}, {Day: monday, Value: 1}})
	if diff := cmp.Diff([]float64{1, 2}, values); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	values, _ = Days([]DayTotal{{Day: time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC), Value: 1}, {Day: monday, Value: 2}, {Day: monday.AddDate(0, 0, 1), Value: 3}})
	if n := len(values); n < 370_000 || values[0] != 1 || values[n-2] != 2 || values[n-1] != 3 {
		t.Errorf("%d days, the last of them %v", n, values[n-1])
	}
}
