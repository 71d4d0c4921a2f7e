package render

import (
	"cmp"
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/tokengate/tokengate/internal/report"
)

var costColumns = []string{"kind", "path", "anchor", "heading", "from_line", "to_line", "when", "tokens", "relative_error",
	"calls_per_period", "tokens_per_period", "cost_per_period", "saved_by_cache", "cache_read", "subagents", "period"}

// CostCSV writes a cost surface as CSV with a heading: a line for every section, or for every file where no sections were
// asked for, or with o.Changes for every change. What was left out is one line of the kind "rest", so that cost_per_period
// sums up to the total. Costs are in dollars; what is not known is empty. A text that a spreadsheet would take for a
// formula begins with an apostrophe.
func CostCSV(w io.Writer, d *report.Surface, o Options) error {
	out := csv.NewWriter(w)
	list := [][]string{costColumns}
	if o.Changes {
		list = append(list, changeRecords(d)...)
	} else {
		for i := range d.Files {
			list = append(list, fileRecords(d, &d.Files[i])...)
		}
		list = append(list, restRecord(d, "", d.MoreFiles)...)
	}
	for _, record := range list {
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func fileRecords(d *report.Surface, f *report.SurfaceFile) (out [][]string) {
	if len(f.Sections) == 0 && f.More == nil {
		r := record{kind: "file", path: f.Path, when: f.When, tokens: f.Tokens, err: f.Error, carry: f.Carry}
		return [][]string{r.fields(d)}
	}
	for i := range f.Sections {
		s := &f.Sections[i]
		r := record{kind: "section", path: f.Path, anchor: s.Anchor, heading: s.Heading, place: s.Place, when: cmp.Or(s.When, f.When), tokens: s.Tokens, err: f.Error, carry: s.Carry}
		out = append(out, r.fields(d))
	}
	return append(out, restRecord(d, f.Path, f.More)...)
}

func changeRecords(d *report.Surface) (out [][]string) {
	for _, c := range d.Changes {
		r := record{kind: "change", path: c.Place.File, heading: c.Section, place: c.Place, tokens: c.Tokens, err: c.Error}
		fields := r.fields(d)
		fields[10], fields[11] = strconv.FormatInt(c.PerPeriod, 10), c.Cost.Decimal()
		out = append(out, fields)
	}
	return append(out, restRecord(d, "", d.MoreChanges)...)
}

func restRecord(d *report.Surface, file string, rest *report.SurfaceRest) [][]string {
	if rest == nil {
		return nil
	}
	fields := make([]string, len(costColumns))
	fields[0], fields[1], fields[3], fields[10], fields[11], fields[15] = "rest", literal(file), strconv.Itoa(rest.Count)+" more", strconv.FormatInt(rest.Tokens, 10), rest.Cost.Decimal(), d.Period.Name
	return [][]string{fields}
}

type record struct {
	kind, path, anchor, heading, when string
	place                             report.Place
	tokens                            int64
	err                               float64
	carry                             *report.Carry
}

func (r record) fields(d *report.Surface) []string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	share := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	from, to := "", ""
	if r.place.Start.Line > 0 {
		from, to = strconv.Itoa(r.place.Start.Line), strconv.Itoa(max(r.place.Start.Line, r.place.End.Line-1))
	}
	out := []string{r.kind, literal(r.path), literal(r.anchor), literal(r.heading), from, to, r.when, number(r.tokens), share(r.err), "", "", "", "", "", "", d.Period.Name}
	if c := r.carry; c != nil {
		copy(out[9:], []string{number(c.Calls), number(c.Tokens), c.Cost.Decimal(), c.Saved.Decimal(), share(c.CacheRead), share(c.Subagents)})
	}
	return out
}

// literal keeps a text from being taken for a formula.
func literal(s string) string {
	s = plain(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}
