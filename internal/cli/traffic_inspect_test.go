package cli

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// calendarOf is a calendar that begins on a Monday, with so many calls a day, spread over the whole day.
func calendarOf(calls ...int64) calendar {
	first := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	var days []cube.Total
	for i, n := range calls {
		if n > 0 {
			at := first.AddDate(0, 0, i).Unix()
			days = append(days, cube.Total{Counts: cube.Cell{Calls: n, First: at, Last: at + 86_399}})
		}
	}
	return newCalendar(days)
}

func repeat(n int, calls ...int64) (out []int64) {
	for range n {
		out = append(out, calls...)
	}
	return out
}

// TestGaps holds the rule of gaps against cases computed by hand.
func TestGaps(t *testing.T) {
	week := []int64{100, 100, 100, 100, 100, 0, 0}
	quiet := append(repeat(3, week...), 100, 100, 5, 100, 100, 0, 0, 100) // a Wednesday of the fourth week
	for name, c := range map[string]struct {
		calls []int64
		want  []inspectGap
	}{
		"none":                      {repeat(9, 100), nil},
		"weekends are quiet":        {append(repeat(3, week...), 100), nil},
		"a Wednesday below a tenth": {quiet, []inspectGap{{From: "2026-11-25", To: "2026-11-25", Days: 1, Calls: 5, Usual: 100}}},
		"a tenth of the mean of 82": {[]int64{100, 100, 9, 100, 100}, nil},
		"just below":                {[]int64{100, 100, 8, 100, 100}, []inspectGap{{From: "2026-11-04", To: "2026-11-04", Days: 1, Calls: 8, Usual: 82}}},
		"too short to know weekends": {[]int64{100, 100, 0, 0, 100, 100}, []inspectGap{
			{From: "2026-11-04", To: "2026-11-05", Days: 2, Usual: 133}}}, // the mean of all days is 66.7
		"few calls come and go":          {repeat(4, 1, 0, 2, 0), nil},
		"few calls, but long none":       {append(append(repeat(10, 2), repeat(10, 0)...), repeat(10, 2)...), []inspectGap{{From: "2026-11-12", To: "2026-11-21", Days: 10, Usual: 14}}}, // 2 a day from Sunday to Wednesday, 1 else
		"none over a weekend and beyond": {append(append(repeat(3, week...), 100, 100, 100, 100, 0, 0, 0, 0), 100, 100), []inspectGap{{From: "2026-11-27", To: "2026-11-30", Days: 4, Usual: 200}}},
	} {
		want := c.want
		if want == nil {
			want = []inspectGap{}
		}
		if diff := cmp.Diff(want, calendarOf(c.calls...).findGaps()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := (calendar{}).findGaps(); len(got) != 0 {
		t.Errorf("no calls: %v", got)
	}
}

// TestPartialDays takes the rule of the forecast: a first day that begins late with few calls is partial, and no gap.
func TestPartialDays(t *testing.T) {
	c := calendarOf(100, 100, 100, 100)
	day := c.first.Unix()
	days := []cube.Total{{Counts: cube.Cell{Calls: 3, First: day - 3600, Last: day - 1}}}
	for i := range c.calls {
		at := c.day(i).Unix()
		days = append(days, cube.Total{Counts: cube.Cell{Calls: 100, First: at, Last: at + 86_399}})
	}
	got := newCalendar(days)
	if diff := cmp.Diff([]string{"2026-11-01"}, got.partialDays()); diff != "" || got.whole() != 4 || len(got.findGaps()) != 0 {
		t.Errorf("%d whole, gaps %v, partial days (-want +got):\n%s", got.whole(), got.findGaps(), diff)
	}
	_, bars := got.bars()
	if want := (bar{label: "2026-11-01 S", calls: 3, note: "(partial)"}); bars[0] != want {
		t.Errorf("%+v", bars[0])
	}
}

// TestBars groups days by the shortest unit that fits, and loses no call.
func TestBars(t *testing.T) {
	for _, c := range []struct {
		calls []int64
		unit  string
		bars  int
		first bar
	}{
		{repeat(35, 2), "day", 35, bar{label: "2026-11-02 M", calls: 2}},
		{repeat(36, 2), "week", 6, bar{label: "2026-W45", calls: 14}},
		{repeat(35*7, 2), "week", 35, bar{label: "2026-W45", calls: 14}},
		{repeat(35*7+1, 2), "month", 9, bar{label: "2026-11", calls: 58, note: "(29 days of 30)"}}, // 2026-11-02 to 2027-07-05
		{repeat(1100, 1), "year", 4, bar{label: "2026", calls: 60, note: "(60 days of 365)"}},
		{append(append([]int64{7}, repeat(900, 0)...), 5), "day", 3, bar{label: "2026-11-02 M", calls: 7}},
	} {
		unit, bars := calendarOf(c.calls...).bars()
		sum, want := int64(0), int64(0)
		for _, b := range bars {
			sum += b.calls
		}
		for _, n := range c.calls {
			want += n
		}
		if unit != c.unit || len(bars) != c.bars || bars[0] != c.first || sum != want {
			t.Errorf("%d days: %d bars a %s, the first %+v, %d of %d calls", len(c.calls), len(bars), unit, bars[0], sum, want)
		}
	}
	if got := folded("day", []bar{{"a", 1, ""}, {"b", 0, ""}, {"c", 0, ""}, {"d", 0, ""}, {"e", 0, ""}, {"f", 2, ""}}); len(got) != 3 || got[1].note != "for 4 days" {
		t.Errorf("%+v", got)
	}
}

func TestBlocks(t *testing.T) {
	for _, c := range []struct {
		n, most int64
		want    string
	}{{0, 8, ""}, {8, 8, "████"}, {4, 8, "██"}, {1, 1_000_000, "▏"}, {3, 32, "▍"}, {9, 32, "█▏"}, {31, 32, "███▉"}} {
		if got := blocks(c.n, c.most, 4); got != c.want {
			t.Errorf("%d of %d: %q, want %q", c.n, c.most, got, c.want)
		}
	}
}

// inspectedSample is a document with everything in it: long names, names that would steer a terminal, unpriced calls,
// bad records, gaps, many users, sampling and weights.
func inspectedSample(t *testing.T) *inspectDocument {
	t.Helper()
	c := cube.New()
	for i := range 6000 {
		day := i % 40
		if day > 20 && day < 28 {
			continue
		}
		call := traffic.Call{Time: time.Date(2026, 9, 1+day, i%24, 0, 0, 0, time.UTC), Track: []string{"generation", "a-track-with-a-long-name-見出し-見出し-見出し", "", "\x1b[31mred"}[i%4],
			Model: []string{"gpt-4o-mini", "claude-sonnet-4-5", "no-such-model-" + strings.Repeat("x", 60)}[i%3], User: fmt.Sprint("user", i), Weight: int64(1 + i%3),
			Template: "prompts/deep/" + strings.Repeat("d", i%50) + ".md", Usage: token.Usage{Input: 123_456, CacheRead: 99_999, CacheWrite5m: 10, Output: 88_888, Reasoning: 7},
			Latency: time.Second, FirstToken: 40 * time.Millisecond, Status: []string{"ok", "error"}[i%2]}
		c.Add(&call, []float64{1, 0.1}[i%2])
	}
	c.Note(cube.Reading{Files: 3, Lines: 6010, Duplicates: 4, Skipped: []traffic.Skip{{Reason: "impossible token counts", Bad: true, Count: 3}, {Reason: "a line that is no model response", Count: 9}}})
	catalog, err := pricing.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	seen := &inspected{all: c, sum: &traffic.Summary{Files: []traffic.FileStats{{Name: "a/very/long/path/" + strings.Repeat("to/", 40) + "the-file.jsonl", Dialect: traffic.Native, Lines: 6010, Calls: 6000, Sampling: 0.1}}}}
	return seen.document(catalog, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), 0)
}

// TestInspectWidth draws the same document for terminals of every width: no line is wider, nothing of a name reaches the
// terminal as a command, and every number of every column is there.
func TestInspectWidth(t *testing.T) {
	doc := inspectedSample(t)
	for width := 60; width < 240; width++ {
		var out bytes.Buffer
		if err := doc.writeTable(&Env{Out: &out, Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimSuffix(line, "\n")
			if w := twwidth.Width(line); w > width || strings.HasSuffix(line, " ") {
				t.Errorf("width %d: a line of %d columns: %q", width, w, line)
			}
		}
		if strings.Contains(out.String(), "\x1b") {
			t.Errorf("width %d: a name steers the terminal", width)
		}
		for _, head := range []string{"Calls", "of calls", "Cost", "of cost", "Input", "Cache read", "Cache write", "Output", "Reasoning", "P50", "P95", "First P50", "First P95", "Failed"} {
			if n := strings.Count(out.String(), " "+head); n < 3 { // models, tracks, templates
				t.Errorf("width %d: column %q stands %d times", width, head, n)
			}
		}
		flat := strings.Join(strings.Fields(out.String()), " ")
		for _, want := range []string{"the-file.jsonl", "(none)", "no price", "≥ $", "… and 30 more templates", "3 records that should have been one: impossible token counts", "by their weights", "at 10%", "2026-09-22 to 2026-09-28 (7 days): 0 calls"} {
			if !strings.Contains(flat, want) {
				t.Errorf("width %d: %q is missing:\n%s", width, want, &out)
			}
		}
	}
}

// TestInspectColor paints only where colour is on.
func TestInspectColor(t *testing.T) {
	doc := inspectedSample(t)
	var plain, painted bytes.Buffer
	if err := doc.writeTable(&Env{Out: &plain, Width: 80}); err != nil {
		t.Fatal(err)
	}
	if err := doc.writeTable(&Env{Out: &painted, Width: 80, Color: true}); err != nil {
		t.Fatal(err)
	}
	unpainted := strings.NewReplacer("\x1b[1m", "", "\x1b[36m", "", "\x1b[22m", "", "\x1b[0m", "", "\x1b[39m", "").Replace(painted.String())
	if !strings.Contains(painted.String(), "\x1b[1m") || unpainted != plain.String() {
		t.Errorf("painted and plain differ in more than colour:\n%s", cmp.Diff(plain.String(), unpainted))
	}
}

// TestInspectSums holds the groups of every dimension against the total: each call is in one of them, priced or not.
func TestInspectSums(t *testing.T) {
	doc := inspectedSample(t)
	unpriced := int64(0)
	for _, u := range doc.Unpriced {
		unpriced += u.Calls
	}
	if unpriced == 0 || unpriced != doc.Total.UnpricedCalls || doc.Total.Cost == nil {
		t.Errorf("%d calls are unpriced, the total has %d", unpriced, doc.Total.UnpricedCalls)
	}
	for name, groups := range map[string][]inspectGroup{"models": doc.Models, "tracks": doc.Tracks, "features": doc.Features, "templates": doc.Templates} {
		var calls, without, tokens int64
		share, cost := 0.0, 0.0
		for _, g := range groups {
			calls, without, tokens = calls+g.Calls, without+g.UnpricedCalls, tokens+g.Tokens.total()
			share += g.Share
			if g.Cost != nil {
				cost += g.CostShare
			}
			if g.Cost == nil && g.UnpricedCalls != g.Calls || g.Cost != nil && g.Cost.Sign() == 0 {
				t.Errorf("%s: %q costs %v, %d of %d calls have no price", name, g.Name, g.Cost, g.UnpricedCalls, g.Calls)
			}
		}
		if calls != doc.Total.Calls || without != unpriced || tokens != doc.Total.Tokens.total() || math.Abs(share-1) > 1e-4 || math.Abs(cost-1) > 1e-4 {
			t.Errorf("%s: %d calls, %d unpriced, %d tokens, shares %g and %g; in all %d, %d, %d", name, calls, without, tokens, share, cost, doc.Total.Calls, unpriced, doc.Total.Tokens.total())
		}
	}
	if doc.Users.RelativeError == 0 || math.Abs(float64(doc.Users.Distinct)/4950-1) > 4*doc.Users.RelativeError { // 33 of 40 days
		t.Errorf("users: %+v", doc.Users)
	}
}
