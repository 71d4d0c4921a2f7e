package gate

import (
	"cmp"
	"math"
	"slices"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/report"
)

// carry fills in what sending head's templates costs in a period, and lists their files, largest first.
func (w writer) carry(r *report.Report) {
	l := ledger{tree: w.head.tree, per: w.perCarry(), files: map[string]*report.FileCost{}}
	for i, t := range w.shown() {
		l.template(&r.Templates[i], t, textsOf(w.res.Texts(false), t))
	}
	spend := w.spend(l.per)
	r.Files = []report.FileCost{}
	for _, f := range l.files {
		if f.Carry != nil {
			f.Share = round(ratio(f.Carry.Cost.Float(), spend), 4)
		}
		r.Files = append(r.Files, *f)
	}
	slices.SortFunc(r.Files, func(a, b report.FileCost) int {
		return cmp.Or(costOf(b.Carry).Cmp(costOf(a.Carry)), cmp.Compare(b.Tokens, a.Tokens), cmp.Compare(a.Path, b.Path))
	})
}

func costOf(c *report.Carry) (cost money.Amount) {
	if c != nil {
		cost = c.Cost
	}
	return cost
}

// period is what a dollar and a token of the recorded traffic stand for in a period.
type period struct{ cost, tokens float64 }

// perCarry is as perPeriod, with what a calendar period has spent already: its texts were sent as well.
func (w writer) perCarry() period {
	side := w.m.totals[replay.ByProject][0][""]
	if side == nil {
		side = w.m.totals[replay.ByProject][1][""]
	}
	if side == nil {
		return period{}
	}
	costs, toks := w.perPeriod()
	return period{costs + ratio(w.m.spent[0], sumOf(side, dayCost)), toks + ratio(w.m.spent[1], sumOf(side, dayTokens))}
}

// spend is what head's project comes to in a period, as carries are scaled.
func (w writer) spend(per period) float64 {
	side := w.m.totals[replay.ByProject][1][""]
	if side == nil {
		return 0
	}
	return sumOf(side, dayCost) * per.cost
}

// textsOf picks the texts of one template.
func textsOf(texts []*replay.Text, t *prompt.Template) []*replay.Text {
	return slices.DeleteFunc(slices.Clone(texts), func(x *replay.Text) bool { return x.Template != t })
}

// ledger collects the files of all templates.
type ledger struct {
	tree  *prompt.Tree // nil without one
	per   period
	files map[string]*report.FileCost
}

// template fills in a template, its files and their sections. Sums are those of rounded parts, so that parts add up to
// the whole by whatever way a reader adds them.
func (l *ledger) template(rt *report.Template, t *prompt.Template, texts []*replay.Text) {
	var all []*report.Carry
	at := 0
	for i := range rt.Files {
		f := &rt.Files[i]
		var parts []*report.Carry
		for j := range f.Sections {
			f.Sections[j].Carry = l.per.carry(portion(texts, at, at+1), t.Agent != "")
			parts = append(parts, f.Sections[j].Carry)
			at++
		}
		f.Carry = together(parts)
		all = append(all, f.Carry)
		l.enter(f, rt, t)
	}
	rt.Carry = together(all)
}

func portion(texts []*replay.Text, from, to int) (sum replay.Portion) {
	for _, t := range texts {
		sum = sum.Plus(t.Portion(from, to))
	}
	return sum
}

// carry scales what a text came to; nil where no call sent it, or where nothing says what a period holds.
func (p period) carry(n replay.Portion, bySubagent bool) *report.Carry {
	if n.Calls == 0 || p.tokens == 0 {
		return nil
	}
	c := &report.Carry{Calls: whole(n.All.Calls * p.tokens), Tokens: whole(n.All.Tokens * p.tokens), Cost: micros(n.All.Cost * p.cost),
		Saved: micros((n.AllPlain - n.All.Cost) * p.cost), CacheRead: round(ratio(n.AllRead, n.All.Tokens), 4)}
	if bySubagent {
		c.Subagents = 1
	}
	return c
}

// micros rounds to millionths of a dollar: a section that costs less than a cent a month still does.
func micros(f float64) money.Amount { return money.New(int64(math.Round(f*1e6)), -6) }

// together adds up the parts of one text, which the same calls send; nil without any.
func together(parts []*report.Carry) (sum *report.Carry) {
	for _, c := range parts {
		sum = sum.WithText(c)
	}
	return sum
}

// enter adds a file of a template to the list of files.
func (l *ledger) enter(f *report.TemplateFile, rt *report.Template, t *prompt.Template) {
	when := string(l.when(f.Path, t))
	known := l.files[f.Path]
	if known == nil {
		known = &report.FileCost{Path: f.Path, When: when, Tokens: f.Tokens, Error: rt.Error, Sections: []report.Section{}}
		l.files[f.Path] = known
	}
	if known.When == string(prompt.Lazily) {
		known.When = when // another template sends it anyway
	}
	known.Error = max(known.Error, rt.Error)
	known.Templates = append(known.Templates, rt.Path)
	known.Carry = known.Carry.WithCalls(f.Carry)
	for _, s := range f.Sections {
		i := slices.IndexFunc(known.Sections, func(o report.Section) bool {
			return o.Anchor == s.Anchor && o.Heading == s.Heading && o.Place == s.Place
		})
		if i < 0 {
			i = len(known.Sections)
			one := report.Section{Heading: s.Heading, Anchor: s.Anchor, Level: s.Level, Place: s.Place, Tokens: s.Tokens}
			if s.Heading == prompt.Listing {
				one.When = string(prompt.AtLaunch)
			}
			known.Sections = append(known.Sections, one)
		}
		known.Sections[i].Carry = known.Sections[i].Carry.WithCalls(s.Carry)
	}
	known.Why = l.why(known, rt)
}

// when says when a template sends one of its files: for the files of a tree, when the tool sends their bodies.
func (l *ledger) when(file string, t *prompt.Template) prompt.When {
	if l.tree != nil && l.tree.Template(t.Path) == t {
		for _, m := range l.tree.Members {
			if m.Path == file && m.When != prompt.Never {
				return m.When
			}
		}
	}
	switch {
	case t.Lazy:
		return prompt.Lazily
	case t.Kind == prompt.ClaudeMD:
		return prompt.AtLaunch
	}
	return prompt.PerCall
}

// why says what a file lacks that sending it could be priced by.
func (l *ledger) why(f *report.FileCost, rt *report.Template) string {
	switch {
	case f.Carry != nil:
		return ""
	case rt.Calls == 0:
		return "no recorded call names a template that sends it"
	case f.Tokens == 0:
		return "it sends nothing"
	case l.per.tokens == 0:
		return "nothing was recorded of late that a period could be forecast from"
	}
	return "no recorded call that names it was billed for a prompt"
}
