package render

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// Table writes the report for a terminal: the verdict first, then what failed, the tables per track, why, and what the
// numbers rest on. No line is wider than o.Width and none ends in a space. Lists longer than a screen are cut with a
// line that says how many are missing; the json format has all of them.
func Table(w io.Writer, r *report.Report, o Options) error {
	s := &screen{r: r, width: 100, color: o.Color}
	if o.Width > 0 {
		s.width = max(o.Width, 60)
	}
	s.verdict()
	s.standing()
	s.groups()
	s.ceilings()
	s.causes()
	s.findings()
	s.templates()
	s.dearest()
	s.smallest()
	s.provenance()
	s.whatIf()
	if s.err != nil {
		return s.err
	}
	_, err := w.Write(s.b.Bytes())
	return err
}

// screen collects the output; the first layout error stays in err.
type screen struct {
	b     bytes.Buffer
	r     *report.Report
	width int
	color bool
	err   error
}

// screenful is how many causes, findings or templates a terminal gets.
const screenful = 20

func (s *screen) title(t string) {
	s.b.WriteString("\n")
	for _, line := range Wrap(clip(plain(t), longText), s.width) {
		fmt.Fprintln(&s.b, paint(s.color, bold, line))
	}
}

// longText bounds one text on a terminal.
const longText = 2000

// para writes a text with a lead (a mark or a label) before it and the following lines indented under it.
func (s *screen) para(lead, style, t string) {
	indent := strings.Repeat(" ", display(lead))
	for i, line := range Wrap(clip(plain(t), longText), s.width-len(indent)) {
		if i == 0 {
			fmt.Fprintln(&s.b, paint(s.color, style, lead)+line)
		} else {
			fmt.Fprintln(&s.b, indent+line)
		}
	}
}

// table writes a grid indented by two; under, when given, follows row i.
func (s *screen) table(cols []column, rows [][]cell, under func(i int)) {
	lines, err := grid(s.width-2, s.color, cols, rows)
	if err != nil {
		s.err = err
		return
	}
	for i, line := range lines {
		fmt.Fprintln(&s.b, "  "+line)
		if under != nil && i > 0 {
			under(i - 1)
		}
	}
}

var statusStyle = map[report.Status]string{report.Pass: green, report.Warn: yellow, report.Inconclusive: purple, report.Fail: red}

func (s *screen) verdict() {
	v := s.r.Verdict
	lead := " " + strings.ToUpper(string(v.Status)) + " "
	if !s.color {
		lead = strings.TrimSpace(lead)
	}
	for i, line := range Wrap(clip(plain(v.Headline), longText), s.width-display(lead)-2) {
		if i == 0 {
			fmt.Fprintln(&s.b, paint(s.color, bold+";7;"+statusStyle[v.Status], lead)+"  "+paint(s.color, bold, line))
		} else {
			fmt.Fprintln(&s.b, strings.Repeat(" ", display(lead)+2)+paint(s.color, bold, line))
		}
	}
	for _, fact := range facts(s.r) {
		s.para("  ", "", fact)
	}
	for _, reason := range s.r.OtherReasons() {
		s.para("  - ", "", reason)
	}
}

func (s *screen) standing() {
	st := s.r.Standing()
	s.checks("Over budget because of this change", "  ✗ ", red, st.New)
	s.checks("Cannot be judged", "  ? ", purple, st.Unsettled)
	s.checks("Inherited from base: already over, not made worse, does not fail this change", "  ! ", yellow, st.Inherited)
	s.checks("Close to a ceiling", "  ! ", yellow, st.Close)
	if len(s.r.Waivers) > 0 {
		s.title("Waivers in force")
		for _, w := range s.r.Waivers {
			s.para("  - ", "", fmt.Sprintf("%s until %s, granted by %s: %s", w.Check, day(w.Expires), w.By, w.Reason))
		}
	}
}

func (s *screen) checks(title, mark, style string, list []*report.Check) {
	if len(list) == 0 {
		return
	}
	s.title(title)
	for _, c := range list {
		s.para(mark, style, checkText(c))
		s.para("    ", "", checkFacts(c, s.r))
		if c.Settle != "" {
			s.para("    ", "", "would settle it: "+c.Settle)
		}
	}
}

func (s *screen) causes() {
	list := s.r.Causes
	if len(list) == 0 {
		return
	}
	s.title("Causes, largest first")
	shown := list[:min(len(list), screenful)]
	rows := make([][]cell, len(shown))
	for i, c := range shown {
		rows[i] = cells(place(c.Place), causeTokens(c), change(c.Cost), percent(c.Share))
	}
	cols := []column{{head: "Where", floor: 12, tail: true}, {head: "tokens/call", right: true}, {head: "$/" + s.r.Period.Name, right: true}, {head: "Share", right: true}}
	s.table(cols, rows, func(i int) { s.para("    ", "", shown[i].Summary) })
	if rest := list[len(shown):]; len(rest) > 0 {
		s.para("  ", "", "… and "+moreCauses(s.r, rest)+"; --format json has all")
	}
}

func (s *screen) findings() {
	list := s.r.Findings
	if len(list) == 0 {
		return
	}
	s.title("Findings")
	shown := list[:min(len(list), screenful)]
	for _, f := range shown {
		style := map[source.Severity]string{source.Error: red, source.Warning: yellow, source.Info: dim}[f.Severity]
		lead := f.Severity.String() + ": "
		s.para("  "+lead, style, findingLine(f))
		if f.Hint != "" {
			s.para("    hint: ", dim, f.Hint)
		}
		if f.Approver != "" {
			s.para("    needs approval by: ", dim, f.Approver)
		}
	}
	if rest := len(list) - len(shown); rest > 0 {
		s.para("  ", "", fmt.Sprintf("… and %s; --format json has all", plural(int64(rest), "more finding", "more findings")))
	}
}

func (s *screen) templates() {
	list := s.r.Templates
	if len(list) == 0 {
		return
	}
	s.title("Templates, tokens each time one is sent")
	shown := list[:min(len(list), screenful)]
	var rows [][]cell
	for _, t := range shown {
		base := none
		if t.Base != nil {
			base = money.Count(*t.Base).String()
		}
		rows = append(rows, cells(t.Path, pair(s.r.Base != nil, base, money.Count(t.Tokens).String()), errorMark(t.Error), money.Count(t.Calls).String(), t.Model))
		rows = append(rows, templateParts(t)...)
	}
	tokens := "Tokens"
	if s.r.Base != nil {
		tokens += " base→head"
	}
	s.table([]column{{head: "File", floor: 12, tail: true}, {head: tokens, right: true}, {head: "±", right: true}, {head: "Calls", right: true}, {head: "Counted for", floor: 8}}, rows, nil)
	if rest := len(list) - len(shown); rest > 0 {
		s.para("  ", "", fmt.Sprintf("… and %s; --format json has all", plural(int64(rest), "more template", "more templates")))
	}
}

// partsShown is how many sections of a template a terminal shows, largest first; tokengate count shows them all.
const partsShown = 3

// templateParts lists the files that are sent with a template, and its largest sections.
func templateParts(t report.Template) [][]cell {
	var rows [][]cell
	var sections []report.Section
	for i, f := range t.Files {
		if i > 0 {
			rows = append(rows, cells("└ with "+f.Path, money.Count(f.Tokens).String(), "", "", ""))
		}
		sections = append(sections, f.Sections...)
	}
	slices.SortStableFunc(sections, func(a, b report.Section) int { return cmp.Compare(b.Tokens, a.Tokens) })
	for _, sec := range sections[:min(len(sections), partsShown)] {
		if sec.Heading != "" && len(sections) > 1 {
			label := "└ " + strconv.Quote(sec.Heading)
			if line := sec.Place.Start.Line; line > 0 {
				label = fmt.Sprintf("└ %s:%d %q", path.Base(sec.Place.File), line, sec.Heading)
			}
			rows = append(rows, cells(label, money.Count(sec.Tokens).String(), "", "", ""))
		}
	}
	return rows
}

func (s *screen) provenance() {
	s.title("What the numbers rest on")
	facts := provenance(s.r)
	wide := 0
	for _, f := range facts {
		wide = max(wide, display(f.label))
	}
	for _, f := range facts {
		s.para("  "+f.label+strings.Repeat(" ", wide-display(f.label)+2), dim, f.text)
	}
	for _, n := range s.r.Provenance.Notes {
		s.para("  note: ", dim, n)
	}
	if list := s.r.Provenance.Assumptions; len(list) > 0 {
		s.title("Assumed")
		for _, a := range list {
			s.para("  - ", "", a)
		}
	}
}
