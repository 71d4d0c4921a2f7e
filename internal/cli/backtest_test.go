package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// TestBacktestSeries cuts two tracks out of four days: the first day is partial, one call stands for a sample of a
// quarter, one model has no price, and a track that was silent counts zeros.
func TestBacktestSeries(t *testing.T) {
	c := cube.New()
	add := func(day, hour int, track, model string, input int64, share float64) {
		c.Add(&traffic.Call{Time: time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC), Track: track, Model: model, Usage: token.Usage{Input: input}}, share)
	}
	add(1, 23, "ask", "gpt-4o-mini", 10, 1)
	for day := 2; day <= 4; day++ {
		add(day, 0, "ask", "gpt-4o-mini", 1_000_000, 1)
		add(day, 23, "ask", "gpt-4o-mini", 1_000_000, 0.25)
	}
	add(3, 12, "always", "house-model", 500, 1)
	s := &backtestSeries{by: "track", period: 30}
	if err := s.cut(c, builtinPrices(t), time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), ""); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&backtestWindow{First: "2026-11-02", Last: "2026-11-04", Days: 3, Partial: []string{"2026-11-01"}}, s.window); diff != "" {
		t.Errorf("window (-want +got):\n%s", diff)
	}
	got := map[string][]float64{}
	var order []string
	for _, n := range s.series {
		order = append(order, n.name)
		got[fmt.Sprintf("%s %q %v", n.metric, n.name, n.project)] = n.daily
		if lacks := n.metric == metricCost && n.name != "ask"; lacks != (n.unpriced == 1) {
			t.Errorf("%s of %q lacks %d calls", n.metric, n.name, n.unpriced)
		}
	}
	want := map[string][]float64{ // $0.15 a million, 1 M + 4 M tokens a day
		`cost "" true`: {0.75, 0.75, 0.75}, `cost "ask" false`: {0.75, 0.75, 0.75}, `cost "always" false`: {0, 0, 0},
		`tokens "" true`: {5e6, 5_000_500, 5e6}, `tokens "ask" false`: {5e6, 5e6, 5e6}, `tokens "always" false`: {0, 500, 0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("series (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"", "ask", "always", "", "ask", "always"}, order); diff != "" {
		t.Errorf("the largest does not come first (-want +got):\n%s", diff)
	}
	if len(s.unpriced) != 1 || s.unpriced[0].Model != "house-model" {
		t.Errorf("without a price: %+v", s.unpriced)
	}
}

// One absurd time stamp does not make a series of a century.
func TestBacktestSeriesTooLong(t *testing.T) {
	c := cube.New()
	for _, year := range []int{1985, 2026} {
		c.Add(&traffic.Call{Time: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), Model: "gpt-4o-mini", Usage: token.Usage{Input: 1}}, 1)
	}
	err := (&backtestSeries{by: "track"}).cut(c, builtinPrices(t), time.Time{}, "")
	if err == nil || !strings.Contains(err.Error(), "from 1985-01-01 to 2026-01-01; up to 3653 can be tested") {
		t.Errorf("error %v", err)
	}
}

func builtinPrices(t *testing.T) *pricing.Catalog {
	t.Helper()
	catalog, err := pricing.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return catalog
}

// The horizons are a week and the period, or what fits of them, each once; what is asked for is not changed.
func TestBacktestHorizons(t *testing.T) {
	for _, c := range []struct {
		days, period, minDays int
		asked                 []int
		want                  []backtestHorizon
	}{
		{90, 30, 0, nil, []backtestHorizon{{7, 7}, {30, 30}}},
		{28, 30, 0, nil, []backtestHorizon{{7, 7}, {21, 30}}},
		{14, 30, 0, nil, []backtestHorizon{{7, 30}}},
		{90, 7, 0, nil, []backtestHorizon{{7, 7}}},
		{90, 1, 0, nil, []backtestHorizon{{1, 1}, {7, 7}}},
		{5, 30, 0, nil, []backtestHorizon{{2, 30}}},
		{3, 30, 0, nil, []backtestHorizon{{7, 7}}},
		{90, 91, 60, nil, []backtestHorizon{{7, 7}, {30, 91}}},
		{14, 30, 0, []int{1, 30}, []backtestHorizon{{1, 1}, {30, 30}}},
	} {
		s := &backtestSeries{period: c.period, series: []namedSeries{{daily: make([]float64, c.days)}}}
		if diff := cmp.Diff(c.want, s.horizons(c.asked, c.minDays)); diff != "" {
			t.Errorf("%d days, period %d (-want +got):\n%s", c.days, c.period, diff)
		}
	}
}

// backtestOf tests made-up series: each day is 100, and a multiple of it every seventh.
func backtestOf(t *testing.T, names ...string) *backtestDocument {
	t.Helper()
	s := &backtestSeries{by: "track", period: 30, window: &backtestWindow{First: "2026-08-01", Last: "2026-10-29", Days: 90, Partial: []string{"2026-10-30"}}}
	for i, name := range append([]string{""}, names...) {
		daily := make([]float64, 90)
		for d := range daily {
			daily[d] = 100 + 50*float64((i+1)*(d%7/6))
		}
		for _, metric := range []string{metricCost, metricTokens} {
			s.series = append(s.series, namedSeries{metric: metric, name: name, project: i == 0, daily: daily, calls: 90})
		}
	}
	s.series = append(s.series, namedSeries{metric: metricCost, name: "house", daily: make([]float64, 90), calls: 5, unpriced: 5})
	doc, err := s.test(nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestBacktestTableWidth draws tables for terminals of every width: from 60 columns on no line is wider, and every table
// has its numbers.
func TestBacktestTableWidth(t *testing.T) {
	few := backtestOf(t, "ask", "見出しがとても長い", strings.Repeat("long-name-", 9))
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprintf("track %02d", i))
	}
	docs := []*backtestDocument{few, backtestOf(t, many...)}
	for width := 60; width < 180; width += 7 {
		for _, doc := range docs {
			var out bytes.Buffer
			if err := doc.writeTable(&Env{Out: &out, Width: width}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(out.String()) {
				if w := twwidth.Width(strings.TrimRight(line, "\n")); w > width {
					t.Fatalf("width %d: a line of %d columns: %s", width, w, line)
				}
			}
			if n := strings.Count(out.String(), "(pooled)"); n < 4+2*3 { // four tables of coverage, two of gates at three quantiles
				t.Fatalf("width %d: %d times what all come to:\n%s", width, n, &out)
			}
			for _, head := range []string{"≤P50", "≤P75", "≤P90", "≤P95", "Loss P90", "1.25×", "3×"} {
				if !strings.Contains(out.String(), head) {
					t.Fatalf("width %d: no column %s:\n%s", width, head, &out)
				}
			}
		}
	}
}

// At 80 columns each table is one, and what everything comes to is shown of however many tracks.
func TestBacktestTable80(t *testing.T) {
	var out bytes.Buffer
	doc := backtestOf(t, "ask", "grade", "post-processing")
	if err := doc.writeTable(&Env{Out: &out, Width: 80}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for want, n := range map[string]int{
		"90 whole days from 2026-08-01 to 2026-10-29 UTC; 2026-10-30 left out as partial": 1,
		"  - house, cost of 7 days: no call has a price":                                  1,
		" Track ":                   4,
		" At ":                      2,
		"\nP90 of 30 days' tokens ": 1,
	} {
		if strings.Count(text, want) != n {
			t.Errorf("%d times %q, want %d:\n%s", strings.Count(text, want), want, n, text)
		}
	}
}

// The document says what the scores say, and holds no number that JSON cannot.
func TestBacktestDocument(t *testing.T) {
	doc := backtestOf(t, "ask", "grade")
	if _, err := json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Results) != 2*2*4 || len(doc.Untested) != 2 {
		t.Fatalf("%d results, %d untested", len(doc.Results), len(doc.Untested))
	}
	var order []string
	for _, r := range doc.Results[:5] {
		order = append(order, fmt.Sprintf("%s %d %s %q %d", r.Metric, r.Horizon, r.Scope, r.Name, r.Windows))
	}
	want := []string{`cost 7 project "" 77`, `cost 7 track "ask" 77`, `cost 7 track "grade" 77`, `cost 7 pooled "" 154`, `cost 30 project "" 54`}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r := doc.Results[0]
	// A week has one day of 150 and six of 100 wherever it begins, so every window comes to 750.
	if r.Apart != 11 || r.MinDays != 7 || r.held(0.5).NaiveRate != 1 || r.gate(0.5, 3).Within != 77 {
		t.Errorf("%+v", r)
	}
	if numberOrNull(math.NaN()) != nil || numberOrNull(math.Inf(1)) != nil || *numberOrNull(0.12345678) != 0.123457 {
		t.Error("a number that is none is not null")
	}
}

func TestParseHorizons(t *testing.T) {
	got, err := parseHorizons([]string{"30d", "2w", "7", "14d"})
	if diff := cmp.Diff([]int{7, 14, 30}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, text := range []string{"", "0", "0d", "92d", "36h", "-7d", "a month", "99999999999d"} {
		if got, err := parseHorizons([]string{text}); err == nil {
			t.Errorf("%q gives %v", text, got)
		}
	}
	if forecast.MaxHorizon != 91 {
		t.Error("the help names another longest horizon")
	}
}
