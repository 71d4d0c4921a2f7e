package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/money"
)

// SurfaceID names the version of the document that tokengate cost writes.
const SurfaceID = "tokengate/cost/v1"

// Surface is the cost surface of a project: what sending each text over and over costs in a period, beside what a change
// adds to it. Costs are those of the texts' own tokens, in the price class each recorded call had them in.
type Surface struct {
	Schema      string        `json:"schema"`
	Tool        Tool          `json:"tool"`
	GeneratedAt time.Time     `json:"generated_at"` // the time the run was given, UTC
	Project     Project       `json:"project"`
	Period      Period        `json:"period"`             // what costs are per
	Base        *Revision     `json:"base"`               // what changes are against; null when there is none
	Head        Revision      `json:"head"`               // whose texts these are
	Files       []SurfaceFile `json:"files"`              // in the order asked for
	MoreFiles   *SurfaceRest  `json:"more_files"`         // what --top left out; null when it left out none
	Total       *Carry        `json:"total"`              // of all files, those left out included; null where nothing can be priced
	Share       float64       `json:"share"`              // of what the project spends in the period
	Changes     []Cause       `json:"changes"`            // changed places of the texts, in the order asked for
	MoreChanges *SurfaceRest  `json:"more_changes"`       // what --top left out
	Forecast    bool          `json:"forecast"`           // costs are at the P50 of the forecast; else at the plain mean of the recorded days
	Spend       *CostDist     `json:"spend"`              // of the whole project in the period; null without a forecast
	Findings    []Finding     `json:"findings,omitempty"` // of the project, such as models without a price
	Provenance  Provenance    `json:"provenance"`
}

// SurfaceFile is one file with the sections that were asked for.
type SurfaceFile struct {
	Path      string       `json:"path"`
	When      string       `json:"when"`           // launch, lazy, spawn, invocation or call: see the report
	Templates []string     `json:"templates"`      // that it is sent with
	Tokens    int64        `json:"tokens"`         // of the sections asked for, each time they are sent
	Error     float64      `json:"relative_error"` // of the counts
	Carry     *Carry       `json:"carry"`          // null where nothing can be priced; why says why
	Share     float64      `json:"share"`          // of what the project spends in the period
	Why       string       `json:"why,omitempty"`  //
	Sections  []Section    `json:"sections"`       // in the order asked for
	More      *SurfaceRest `json:"more_sections"`  // what --top left out; null when it left out none
}

// SurfaceRest is what was left out of a list.
type SurfaceRest struct {
	Count  int          `json:"count"`             //
	Tokens int64        `json:"tokens_per_period"` //
	Cost   money.Amount `json:"cost_per_period"`   //
}

// SurfaceOptions is which part of the surface is asked for.
type SurfaceOptions struct {
	Sections bool     // of the files, beside their sums
	ByPlace  bool     // in the order of paths and lines; else the dearest first
	Top      int      // so many sections, or files without sections, and so many changes; 0 is all
	Only     []string // files, folders, or sections as FILE#ANCHOR with what stands below them; none is all
}

// Surface gives the cost surface of the report. Names of o.Only that nothing goes by are returned; there is no document then.
func (r *Report) Surface(o SurfaceOptions) (d *Surface, unknown []string) {
	d = &Surface{Schema: SurfaceID, Tool: r.Tool, GeneratedAt: r.GeneratedAt, Project: r.Project, Period: r.Period, Base: r.Base, Head: r.Head,
		Files: []SurfaceFile{}, Changes: []Cause{}, Findings: r.Findings, Provenance: r.Provenance}
	if r.Total.Head != nil {
		d.Spend, d.Forecast = r.Total.Head.Cost, r.Total.Head.Cost != nil
	}
	p := pickers(o.Only)
	for i := range r.Files {
		if f := p.file(&r.Files[i]); f != nil {
			d.Files = append(d.Files, *f)
		}
	}
	for _, c := range r.Causes {
		if c.Kind == "template" && p.change(c, r.Files) {
			d.Changes = append(d.Changes, c)
		}
	}
	if unknown = p.unknown(); unknown != nil {
		return nil, unknown
	}
	d.add()
	d.sort(o.ByPlace)
	if !o.Sections {
		for i := range d.Files {
			d.Files[i].Sections = []Section{}
		}
	}
	d.cut(o.Top)
	return d, nil
}

// add makes the total of the files. Of how many calls it is, is the most that any of them is sent in: which calls of one
// file are those of another is not known here.
func (d *Surface) add() {
	most := int64(0)
	for _, f := range d.Files {
		d.Total = d.Total.WithText(f.Carry)
		d.Share += f.Share
		if f.Carry != nil {
			most = max(most, f.Carry.Calls)
		}
	}
	d.Share = math.Round(d.Share*1e4) / 1e4
	if d.Total != nil {
		d.Total.Calls = most
	}
}

func (d *Surface) sort(byPlace bool) {
	if byPlace {
		slices.SortStableFunc(d.Files, func(a, b SurfaceFile) int { return cmp.Compare(a.Path, b.Path) })
		slices.SortStableFunc(d.Changes, func(a, b Cause) int {
			return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Start.Line, b.Place.Start.Line))
		})
		return
	}
	slices.SortStableFunc(d.Files, func(a, b SurfaceFile) int { return b.Carry.cost().Cmp(a.Carry.cost()) })
	for _, f := range d.Files {
		slices.SortStableFunc(f.Sections, func(a, b Section) int {
			return cmp.Or(b.Carry.cost().Cmp(a.Carry.cost()), cmp.Compare(b.Tokens, a.Tokens))
		})
	}
}

func (c *Carry) cost() (cost money.Amount) {
	if c != nil {
		cost = c.Cost
	}
	return cost
}

// cut leaves the dearest sections, or files where no sections were asked for, and the dearest changes.
func (d *Surface) cut(top int) {
	if top <= 0 {
		return
	}
	var files []SurfaceFile
	kept := d.dearest(top)
	for i, f := range d.Files {
		if !slices.ContainsFunc(kept, func(k [2]int) bool { return k[0] == i }) {
			d.MoreFiles = d.MoreFiles.with(f.Carry)
			continue
		}
		var sections []Section
		for j, s := range f.Sections {
			if slices.Contains(kept, [2]int{i, j}) {
				sections = append(sections, s)
			} else {
				f.More = f.More.with(s.Carry)
			}
		}
		f.Sections = append([]Section{}, sections...)
		files = append(files, f)
	}
	d.Files = append([]SurfaceFile{}, files...)
	d.cutChanges(top)
}

// dearest gives the places of the dearest sections: the file's among the files, and the section's in it, or -1.
func (d *Surface) dearest(top int) [][2]int {
	type priced struct {
		at   [2]int
		cost money.Amount
	}
	var all []priced
	for i, f := range d.Files {
		if len(f.Sections) == 0 {
			all = append(all, priced{[2]int{i, -1}, f.Carry.cost()})
		}
		for j, s := range f.Sections {
			all = append(all, priced{[2]int{i, j}, s.Carry.cost()})
		}
	}
	slices.SortStableFunc(all, func(a, b priced) int { return b.cost.Cmp(a.cost) })
	var out [][2]int
	for _, p := range all[:min(top, len(all))] {
		out = append(out, p.at)
	}
	return out
}

func (d *Surface) cutChanges(top int) {
	if len(d.Changes) <= top {
		return
	}
	order := slices.Clone(d.Changes)
	slices.SortStableFunc(order, func(a, b Cause) int { return cmp.Compare(math.Abs(b.Cost.Float()), math.Abs(a.Cost.Float())) })
	d.Changes = slices.DeleteFunc(d.Changes, func(c Cause) bool {
		left := !slices.Contains(order[:top], c)
		if left {
			d.MoreChanges = d.MoreChanges.with(&Carry{Tokens: c.PerPeriod, Cost: c.Cost})
		}
		return left
	})
}

func (r *SurfaceRest) with(c *Carry) *SurfaceRest {
	out := SurfaceRest{}
	if r != nil {
		out = *r
	}
	out.Count++
	if c != nil {
		out.Tokens, out.Cost = out.Tokens+c.Tokens, out.Cost.Add(c.Cost)
	}
	return &out
}

// Report gives what the document and a report have in common, for what words both.
func (d *Surface) Report() *Report {
	return &Report{Schema: SchemaID, Tool: d.Tool, GeneratedAt: d.GeneratedAt, Project: d.Project, Period: d.Period, Base: d.Base, Head: d.Head,
		Findings: d.Findings, Provenance: d.Provenance}
}

// Write writes the document as a report is written; see Report.Write.
func (d *Surface) Write(w io.Writer) error {
	if err := encode(w, d); err != nil {
		return fmt.Errorf("write cost surface: %w", err)
	}
	return nil
}
