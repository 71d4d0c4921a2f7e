package render

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/tokengate/tokengate/internal/report"
)

// variants reads the saved what-if.
func variants(t testing.TB) *report.WhatIf {
	t.Helper()
	b, err := os.ReadFile("testdata/what-if.json")
	if err != nil {
		t.Fatal(err)
	}
	d := new(report.WhatIf)
	if err := json.Unmarshal(b, d); err != nil {
		t.Fatal(err)
	}
	return d
}

func whatIf(t testing.TB, d *report.WhatIf, format string, o Options) string {
	t.Helper()
	var b bytes.Buffer
	for _, f := range WhatIfFormats {
		if f.Name == format {
			if err := f.Render(&b, d, o); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.String()
}

func TestWhatIfGolden(t *testing.T) {
	d := variants(t)
	golden(t, "what-if.80.txt", []byte(whatIf(t, d, "table", Options{Width: 80})))
	golden(t, "what-if.120.txt", []byte(whatIf(t, d, "table", Options{Width: 120, ByTrack: true})))
	golden(t, "what-if.md", []byte(whatIf(t, d, "markdown", Options{ByTrack: true})))
	golden(t, "../what-if.json", []byte(whatIf(t, d, "json", Options{})))
}

func TestWhatIfFits(t *testing.T) {
	d := variants(t)
	d.Matrix.Variants[1].Name = strings.Repeat("a very long name ", 9)
	for _, width := range []int{60, 80, 100, 120} {
		out := whatIf(t, d, "table", Options{Width: width, ByTrack: true})
		checkScreen(t, out, width)
		if width >= 80 && !strings.Contains(out, "-91.7% (-91.7 to -91.7)") {
			t.Errorf("at %d columns an interval is cut:\n%s", width, out)
		}
	}
}

func TestWhatIfIsInert(t *testing.T) {
	for _, s := range hostile {
		d := variants(t)
		d.Project.Name, d.Matrix.CheapestWhy, d.Matrix.Cheapest, d.Matrix.Measure = s, s, s, s
		for i := range d.Matrix.Variants {
			v := &d.Matrix.Variants[i]
			v.Name, v.Description, v.Changes, v.Over, v.Notes, v.Total.Unknown = s, s, []string{s}, []string{s}, []string{s}, []string{s}
			if v.Tightest != nil {
				v.Tightest.ID = s
			}
			for j := range v.Tracks {
				v.Tracks[j].Name = s
			}
		}
		checkInert(t, whatIf(t, d, "markdown", Options{ByTrack: true}))
		checkScreen(t, whatIf(t, d, "table", Options{Width: 80, ByTrack: true}), 80)
	}
}

// What is missing is never written as zero.
func TestWhatIfMissing(t *testing.T) {
	d := variants(t)
	for _, format := range []string{"table", "markdown"} {
		for line := range strings.Lines(whatIf(t, d, format, Options{Width: 120})) {
			if strings.Contains(line, "tier without a price") && strings.Contains(line, "$0") {
				t.Errorf("%s: %s", format, line)
			}
		}
	}
	empty := &report.WhatIf{Matrix: report.Matrix{Variants: []report.Variant{{Name: "as is"}, {Name: "v", Changes: []string{"volume x2"}}}, Measure: "P50", CheapestWhy: "none is marked: v: no recorded latency"}}
	out := whatIf(t, empty, "table", Options{Width: 80, ByTrack: true})
	if strings.Contains(out, "$0") || strings.Contains(out, "0%") || !strings.Contains(out, "none is marked: v: no recorded latency") {
		t.Error(out)
	}
}

func TestTightestOf(t *testing.T) {
	for id, want := range map[string]string{"project/period/cost": "41% project cost", "track/a/b/period/tokens": "41% a/b tokens", "x": "41% x ", "": "41%  "} {
		if got := tightestOf(report.Variant{Tightest: &report.Odds{ID: id, POver: 0.41}}); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}
