package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

// surfaced is a report of two files: CLAUDE.md with four sections, one below another, and a rule that nobody sends.
func surfaced() *Report {
	carry := func(cents int64) *Carry {
		return &Carry{Calls: 1000, Tokens: cents * 100, Cost: money.New(cents, -2), Saved: money.New(cents, -2), CacheRead: 0.5}
	}
	at := func(from, to int) Place {
		return Place{File: "CLAUDE.md", Start: source.Pos{Line: from, Col: 1}, End: source.Pos{Line: to, Col: 1}}
	}
	sections := []Section{
		{Heading: "Shop", Anchor: "shop", Level: 1, Place: at(1, 5), Tokens: 10, Carry: carry(100)},
		{Heading: "Testing", Anchor: "testing", Level: 2, Place: at(5, 9), Tokens: 50, Carry: carry(500)},
		{Heading: "Slow", Anchor: "slow", Level: 3, Place: at(9, 12), Tokens: 30, Carry: carry(300)},
		{Heading: "Style", Anchor: "style", Level: 2, Place: at(12, 15), Tokens: 10, Carry: carry(100)},
	}
	return &Report{Base: &Revision{Ref: "main"}, Files: []FileCost{
		{Path: "CLAUDE.md", When: "launch", Templates: []string{"CLAUDE.md"}, Tokens: 100, Share: 0.5, Sections: sections, Carry: carry(1000)},
		{Path: ".claude/rules/api.md", When: "lazy", Templates: []string{".claude/rules/api.md"}, Tokens: 7, Sections: []Section{{Heading: "API", Tokens: 7}}, Why: "nobody sends it"},
	}, Causes: []Cause{
		{Kind: "template", Place: at(9, 10), Tokens: 4, PerPeriod: 400, Cost: money.New(40, -2)},
		{Kind: "template", Place: at(12, 13), Tokens: -1, PerPeriod: -100, Cost: money.New(-10, -2)},
		{Kind: "model", Cost: money.New(1, 0)},
	}}
}

func headings(f SurfaceFile) (out []string) {
	for _, s := range f.Sections {
		out = append(out, s.Heading)
	}
	return out
}

// Names take a file, a folder, or a section with what stands below its heading; a total is that of what was taken, and
// what --top leaves out is summed up.
func TestSurface(t *testing.T) {
	for name, c := range map[string]struct {
		o        SurfaceOptions
		files    []string
		sections []string // of the first file
		total    string
		changes  int
		share    float64
	}{
		"all":              {SurfaceOptions{Sections: true}, []string{"CLAUDE.md", ".claude/rules/api.md"}, []string{"Testing", "Slow", "Shop", "Style"}, "10", 2, 0.5},
		"files":            {SurfaceOptions{}, []string{"CLAUDE.md", ".claude/rules/api.md"}, nil, "10", 2, 0.5},
		"by place":         {SurfaceOptions{Sections: true, ByPlace: true, Only: []string{"CLAUDE.md"}}, []string{"CLAUDE.md"}, []string{"Shop", "Testing", "Slow", "Style"}, "10", 2, 0.5},
		"a section":        {SurfaceOptions{Sections: true, Only: []string{"./CLAUDE.md#testing"}}, []string{"CLAUDE.md"}, []string{"Testing", "Slow"}, "8", 1, 0.4},
		"sections overlap": {SurfaceOptions{Sections: true, Only: []string{"CLAUDE.md#slow", "CLAUDE.md#testing"}}, []string{"CLAUDE.md"}, []string{"Testing", "Slow"}, "8", 1, 0.4},
		"top":              {SurfaceOptions{Sections: true, Top: 1}, []string{"CLAUDE.md"}, []string{"Testing"}, "10", 1, 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			d, unknown := surfaced().Surface(c.o)
			if unknown != nil {
				t.Fatal(unknown)
			}
			var files []string
			for _, f := range d.Files {
				files = append(files, f.Path)
			}
			if diff := cmp.Diff(c.files, files); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.sections, headings(d.Files[0])); diff != "" {
				t.Error(diff)
			}
			if d.Total.Cost.Decimal() != c.total || len(d.Changes) != c.changes || d.Share != c.share {
				t.Errorf("total %s, %d changes, share %g", d.Total.Cost.Decimal(), len(d.Changes), d.Share)
			}
			if sum := parts(d); sum.Cmp(d.Total.Cost) != 0 {
				t.Errorf("what is shown and what is not come to %s, not %s", sum, d.Total.Cost)
			}
		})
	}
	folder, _ := surfaced().Surface(SurfaceOptions{Only: []string{".claude"}})
	if len(folder.Files) != 1 || folder.Total != nil || folder.Files[0].Why == "" {
		t.Errorf("folder %+v", folder)
	}
	if _, unknown := surfaced().Surface(SurfaceOptions{Only: []string{"CLAUDE.md", "CLAUDE.md#nothing", "src"}}); !cmp.Equal(unknown, []string{"CLAUDE.md#nothing", "src"}) {
		t.Errorf("unknown %v", unknown)
	}
}

// parts sums up the costs of all rows, the finest that are there.
func parts(d *Surface) (sum money.Amount) {
	for _, f := range d.Files {
		if len(f.Sections) == 0 {
			sum = sum.Add(f.Carry.cost())
		}
		for _, s := range f.Sections {
			sum = sum.Add(s.Carry.cost())
		}
		if f.More != nil {
			sum = sum.Add(f.More.Cost)
		}
	}
	if d.MoreFiles != nil {
		sum = sum.Add(d.MoreFiles.Cost)
	}
	return sum
}

func TestCarryAddsUp(t *testing.T) {
	a := &Carry{Calls: 100, Tokens: 1000, Cost: money.New(5, 0), Saved: money.New(1, 0), CacheRead: 1}
	b := &Carry{Calls: 300, Tokens: 3000, Cost: money.New(7, 0), Saved: money.New(2, 0), CacheRead: 0, Subagents: 1}
	text, calls := a.WithText(b), a.WithCalls(b)
	if text.Calls != 100 || text.Tokens != 4000 || text.CacheRead != 0.25 || text.Subagents != 0 || text.Cost.Decimal() != "12" {
		t.Errorf("more text %+v", text)
	}
	if calls.Calls != 400 || calls.Subagents != 0.75 || calls.Saved.Decimal() != "3" {
		t.Errorf("more calls %+v", calls)
	}
	var none *Carry
	if got := none.WithText(a); got == a || *got != *a || none.WithCalls(nil) != nil {
		t.Errorf("nothing and %+v are %+v", a, got)
	}
}
