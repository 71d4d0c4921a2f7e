package render

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/report"
)

func foreseen(t testing.TB, r *report.Report, track string, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Forecast(&b, r, track, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestForecastGolden(t *testing.T) {
	r := saved(t)["forecast"]
	for _, width := range []int{60, 80, 120} {
		out := foreseen(t, r, "", Options{Width: width})
		checkScreen(t, out, width)
		golden(t, fmt.Sprintf("forecast.pictures.%d.txt", width), []byte(out))
	}
	colored := foreseen(t, r, "generation", Options{Width: 80, Color: true})
	golden(t, "forecast.pictures.track.ansi", []byte(colored))
	if diff := cmp.Diff(foreseen(t, r, "generation", Options{Width: 80}), sgr.ReplaceAllString(colored, "")); diff != "" {
		t.Errorf("colour moves something (-plain +colored):\n%s", diff)
	}
}

// Reports from before there were fans are still shown, and so is one with nothing in it.
func TestForecastOldReports(t *testing.T) {
	for name, r := range saved(t) {
		out := foreseen(t, r, "", Options{Width: 80})
		checkScreen(t, out, 80)
		if g := r.Total.Head; g != nil && g.Cost != nil && !strings.Contains(out, spend(g.Cost.P90)) {
			t.Errorf("%s: no P90 of %s in\n%s", name, g.Cost.P90, out)
		}
		for _, track := range r.Tracks {
			if track.Head == nil && !strings.Contains(out, "no forecast: no recorded calls") {
				t.Errorf("%s: nothing said of track %s", name, track.Name)
			}
		}
	}
	checkScreen(t, foreseen(t, &report.Report{}, "", Options{}), 100)
}

// line is a fan that grows evenly to 40 at its median, 60 at P75, 80 at P95, 20 at P25 and 0 at P5.
func line() []report.FanPoint {
	return []report.FanPoint{{Day: 1, P25: 2, P50: 4, P75: 6, P95: 8}, {Day: 10, P25: 20, P50: 40, P75: 60, P95: 80}}
}

// A picture small enough to draw by hand: ten rows of 8.16, ten columns of a day. A band is where it holds the
// middle of a row.
func TestFanByHand(t *testing.T) {
	f := Fan{Points: line(), Unit: "usd", Ceiling: 50, CeilingText: "$50", From: time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)}
	want := `
$75 ┤         ░ P95 $80
    │        ░░
    │       ░░░ P75 $60
$50 ┤══════════ ceiling $50
    │     ░░▓▓▓
    │    ░░▓▓━━ P50 $40
$25 ┤   ░▓▓━━▓▓
    │  ░▓━━▓▓▓▓ P25 $20
    │ ░━━▓▓░░░░
 $0 ┤━━░░░░░░░░ P5 $0
    └──────────
          7 Dec
━ P50   ▓ P25 to P75   ░ P5 to P95   ═ ceiling`
	got := strings.Join(f.Lines(27, false), "\n")
	if diff := cmp.Diff(strings.Trim(want, "\n"), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// No picture is too wide, too high or ragged, whatever it is of, and colour moves nothing.
func TestFanFits(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		f := Fan{Unit: []string{"usd", "tokens", ""}[random.IntN(3)]}
		day, last := 0, report.FanPoint{}
		scale := random.ExpFloat64() * []float64{1e-9, 1, 1e6, 1e15}[random.IntN(4)]
		for range 1 + random.IntN(16) {
			day += 1 + random.IntN(7)
			step := func() float64 { return scale * random.ExpFloat64() * float64(random.IntN(3)) }
			last.Day, last.P5 = day, last.P5+step()
			last.P25 = max(last.P25, last.P5) + step()
			last.P50 = max(last.P50, last.P25) + step()
			last.P75 = max(last.P75, last.P50) + step()
			last.P95 = max(last.P95, last.P75) + step()
			f.Points = append(f.Points, last)
		}
		if random.IntN(3) > 0 {
			f.Ceiling, f.CeilingText = last.P95*random.ExpFloat64(), "$1,234.56"
		}
		if random.IntN(2) == 0 {
			f.From = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
		}
		width := 58 + random.IntN(80)
		lines := f.Lines(width, false)
		if (last.P95 == 0) != (lines == nil) || len(lines) > 14 {
			t.Fatalf("%d lines of %+v", len(lines), f)
		}
		checkScreen(t, strings.Join(lines, "\n"), width)
		colored := sgr.ReplaceAllString(strings.Join(f.Lines(width, true), "\n"), "")
		if diff := cmp.Diff(strings.Join(lines, "\n"), colored); diff != "" {
			t.Fatalf("(-plain +colored):\n%s", diff)
		}
		if picture := strings.Join(lines, "\n"); lines != nil && !strings.Contains(picture, "━") {
			t.Fatalf("no median in\n%s", picture)
		}
	}
}

// The day on which a line reaches a limit is found between two points too; a limit of 0 is reached at once, and one that
// is not reached has no day.
func TestReaches(t *testing.T) {
	of := func(p report.FanPoint) float64 { return p.P50 }
	for limit, want := range map[float64]int{0: 1, 3: 1, 4: 1, 4.1: 2, 8: 2, 8.1: 3, 39: 10, 40: 10, 41: 0} {
		if got := reaches(line(), limit, of); got != want {
			t.Errorf("%g is reached on day %d, want %d", limit, got, want)
		}
	}
	if got := reaches(line(), 0, func(report.FanPoint) float64 { return 0 }); got != 0 {
		t.Errorf("nothing spent reaches 0 on day %d", got)
	}
}

func TestBrief(t *testing.T) {
	for v, want := range map[float64]string{0: "$0", 0.5: "$0.5", 0.00295: "$0.00295", 12: "$12", 12.345: "$12.3", 999.4: "$999", 999.6: "$1k", 1234: "$1.23k", 41_200_000: "$41.2M", 2e9: "$2B", 3.5e12: "$3.5T", 1.25e17: "$125000T"} {
		if got := brief(v, "usd"); got != want {
			t.Errorf("brief(%g) = %s, want %s", v, got, want)
		}
	}
	if got := brief(1e6, "tokens"); got != "1M" {
		t.Errorf("tokens: %s", got)
	}
	for v, want := range map[float64]float64{1: 1, 1.1: 2, 2.1: 2.5, 2.6: 5, 5.1: 10, 0.03: 0.05, 260: 500} {
		if got := roundStep(v); got < want*0.999 || got > want*1.001 {
			t.Errorf("roundStep(%g) = %g, want %g", v, got, want)
		}
	}
}

// FuzzForecast draws reports that anybody may have written: whatever stands in them, nothing is wider than the terminal,
// no control character reaches it, and it ends.
func FuzzForecast(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, 80, 1.0, 2.0, 5)
	}
	f.Add("$40", 60, 1e308, 1e308, -3)
	f.Add("$40", 60, 5e-324, 1e-320, 1)
	f.Add("1e300", 60, -4.0, 0.0, 0)
	f.Add("世界 wide", 61, math.Inf(1), math.NaN(), math.MaxInt)
	base := saved(f)["forecast"]
	f.Fuzz(func(t *testing.T, s string, width int, low, high float64, last int) {
		r := copyOf(t, base)
		fill(r, s)
		r.Total.Head.Fan.Cost = []report.FanPoint{{Day: 1, P50: low, P95: high}, {Day: last, P5: low, P25: low, P50: high, P75: high, P95: high}}
		for i := range r.Checks {
			r.Checks[i].Kind, r.Checks[i].Limit.Value = report.PeriodKind, "40"
			r.Total.Checks = append(r.Total.Checks, r.Checks[i].ID)
		}
		width = 60 + (width%100+100)%100
		checkScreen(t, foreseen(t, r, "", Options{Width: width}), width)
	})
}
