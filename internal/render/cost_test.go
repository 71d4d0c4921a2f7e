package render

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// costly is a cost surface whose headings are as hostile as headings can be.
func costly() *report.Surface {
	carry := func(micros int64) *report.Carry {
		return &report.Carry{Calls: 1234, Tokens: micros, Cost: money.New(micros, -6), Saved: money.New(micros, -6), CacheRead: 0.91, Subagents: 0.25}
	}
	sections := []report.Section{
		{Heading: "=HYPERLINK(1) | @everyone <b> " + strings.Repeat("long ", 40), Anchor: "a", Place: report.Place{File: "CLAUDE.md", Start: source.Pos{Line: 41, Col: 1}, End: source.Pos{Line: 59, Col: 1}}, Tokens: 612, Carry: carry(84_003_333)},
		{Heading: "Tiny", Place: report.Place{File: "CLAUDE.md", Start: source.Pos{Line: 59, Col: 1}, End: source.Pos{Line: 60, Col: 1}}, Tokens: 1, Carry: carry(1_000)},
		{Heading: "Style", Tokens: 9, Carry: carry(5_003_333)},
	}
	return &report.Surface{Project: report.Project{Name: "shop"}, Period: report.Period{Name: "month", Days: 30}, Base: &report.Revision{Ref: "main"}, Head: report.Revision{Ref: "working tree"},
		Files: []report.SurfaceFile{
			{Path: "CLAUDE.md", When: "launch", Tokens: 622, Error: 0.05, Carry: carry(89_007_666), Share: 0.123, Sections: sections},
			{Path: "idle.md", When: "lazy", Why: "nobody sends it", Sections: []report.Section{}},
		}, Total: carry(89_007_666), Share: 0.123,
		Changes: []report.Cause{{Place: report.Place{File: "CLAUDE.md", Start: source.Pos{Line: 41, Col: 1}}, Kind: "template", Section: "Testing", Tokens: -500, PerPeriod: -617000, Cost: money.New(-6_86, -2)}}}
}

func surface(t *testing.T, format string, o Options) string {
	t.Helper()
	var b bytes.Buffer
	for _, f := range CostFormats {
		if f.Name == format {
			if err := f.Render(&b, costly(), o); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.String()
}

// The table fits every terminal, says whose cost it is, and its parts add up: 84.01 + 0.00 + 5.00 are 89.01.
func TestCostTable(t *testing.T) {
	for _, width := range []int{60, 80, 120} {
		out := surface(t, "table", Options{Width: width})
		checkScreen(t, out, width)
		for _, want := range []string{"its own tokens", "$84.01", "<$0.01", "$5.00", "$89.01", "idle.md has no cost: nobody sends it", "-$6.86", "counting ±5%, and so is what the text costs", "25% of the calls are made by subagents"} {
			if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
				t.Errorf("at %d columns there is no %q:\n%s", width, want, out)
			}
		}
	}
	if out := surface(t, "table", Options{Changes: true}); strings.Contains(out, "$84.01") || !strings.Contains(out, `CLAUDE.md:41 "Testing"`) {
		t.Errorf("changes alone:\n%s", out)
	}
}

// On a narrow screen the figures that matter stay, and with them enough of a path to tell files apart.
func TestCostTableNarrow(t *testing.T) {
	d := costly()
	d.Files[0].Path = "services/assistant/.claude/rules/api-development.md"
	var b bytes.Buffer
	if err := CostTable(&b, d, Options{Width: 60}); err != nil {
		t.Fatal(err)
	}
	out := b.String()
	checkScreen(t, out, 60)
	for _, want := range []string{"api-development.md", "CLAUDE.md:41-58", "$89.01", "cache reads"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "of spend") || strings.Contains(out, "sent/month") {
		t.Errorf("columns that push out names:\n%s", out)
	}
}

// Prompts that cannot have held all of the text are told: what does not fit is not priced, and reads like a cheap text.
func TestCostOfShortPrompts(t *testing.T) {
	d := costly()
	d.Files[0].Tokens, d.Files[0].Carry.Calls, d.Files[0].Carry.Tokens = 1000, 100, 25_000
	if got := strings.Join(costFacts(d), "\n"); !strings.Contains(got, "recorded prompts are shorter than the text: 75% of its tokens") {
		t.Error(got)
	}
	d.Files[0].Carry.Tokens = 85_000
	if got := strings.Join(costFacts(d), "\n"); strings.Contains(got, "shorter than the text") {
		t.Error(got)
	}
}

func TestCostMarkdownIsInert(t *testing.T) {
	out := surface(t, "markdown", Options{})
	for _, bad := range []string{"@everyone", "<b>", "(1) |"} {
		if strings.Contains(out, bad) {
			t.Errorf("%q is not inert:\n%s", bad, out)
		}
	}
	if !strings.Contains(out, "**$") && !strings.Contains(out, "**total**") {
		t.Errorf("no total:\n%s", out)
	}
}

// No field of a line begins like a formula, and costs are exact: they sum up to the total.
func TestCostCSV(t *testing.T) {
	records, err := csv.NewReader(strings.NewReader(surface(t, "csv", Options{}))).ReadAll()
	if err != nil || len(records) != 5 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	var sum money.Amount
	for _, r := range records[1:] {
		if len(r) != len(costColumns) || r[3] != "" && strings.ContainsAny(r[3][:1], "=+-@") {
			t.Errorf("record %q", r)
		}
		if r[11] == "" {
			continue
		}
		a, err := money.FromDecimal(r[11])
		if err != nil {
			t.Fatal(err)
		}
		sum = sum.Add(a)
	}
	if sum.Cmp(costly().Total.Cost) != 0 {
		t.Errorf("the lines come to %s", sum.Decimal())
	}
}

// A report lists ten sections, the dearest first, and nothing where none is priced.
func TestDearest(t *testing.T) {
	r := &report.Report{Period: report.Period{Name: "month"}}
	if len(dearest(r)) != 0 || len(dearestSection(r).rows) != 0 {
		t.Error("dearest sections of no files")
	}
	for i := range 12 {
		r.Files = append(r.Files, report.FileCost{Path: "a.md", Sections: []report.Section{{Heading: "h", Carry: &report.Carry{Cost: money.New(int64(i), -2)}}}})
	}
	list := dearest(r)
	if len(list) != 10 || list[0].cost != "$0.11" || list[9].cost != "$0.02" {
		t.Errorf("dearest %+v", list)
	}
}
