package render

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// Forecast writes what head is expected to spend in a period, for a terminal: for the project, every track and every
// declared feature a picture of the money against its ceiling, the quantiles of money and tokens, the smallest ceilings
// that pass, and how likely each ceiling is exceeded. A track, if one is named, is shown alone, with a picture of its
// tokens and with its single calls and sessions as well. It is made from the report alone; one without fans is shown without pictures.
func Forecast(w io.Writer, r *report.Report, track string, o Options) error {
	s := &screen{r: r, width: 100, color: o.Color}
	if o.Width > 0 {
		s.width = max(o.Width, 60)
	}
	s.lead()
	if track != "" {
		for i := range r.Tracks {
			if r.Tracks[i].Name == track {
				s.foresee("Track "+track, &r.Tracks[i], true)
			}
		}
	} else {
		s.foreseeAll()
	}
	s.cautions()
	if s.err != nil {
		return s.err
	}
	_, err := w.Write(s.b.Bytes())
	return err
}

// lead says what is forecast, what it rests on, and what a quantile is.
func (s *screen) lead() {
	what := strings.Join(nonEmpty([]string{s.r.Project.Name, fmt.Sprintf("forecast of one %s: the %s from %s", s.r.Period.Name, plural(int64(s.r.Period.Days), "day", "days"), day(periodStart(s.r)))}), " · ")
	for _, line := range Wrap(clip(plain(what), longText), s.width) {
		fmt.Fprintln(&s.b, paint(s.color, bold, line))
	}
	s.para("  ", "", restsOn(s.r))
	s.para("  ", dim, fmt.Sprintf("P90 is the amount that one %s in ten exceeds. A ceiling that is held at P90 passes from the smallest one given there on.", s.r.Period.Name))
}

// periodStart is the first day of the period: of a calendar one its own, which the days of a fan are counted from; of a
// rolling one the day of the run.
func periodStart(r *report.Report) time.Time {
	if from, err := time.Parse(time.DateOnly, r.Period.From); err == nil && r.Period.Calendar {
		return from
	}
	return r.GeneratedAt
}

func (s *screen) foreseeAll() {
	s.foresee("Project", &s.r.Total, false)
	for i := range s.r.Tracks {
		s.foresee("Track "+trackName(s.r.Tracks[i].Name), &s.r.Tracks[i], false)
	}
	for i := range s.r.Features {
		if g := &s.r.Features[i]; g.Declared {
			s.foresee("Feature "+g.Name, g, false)
		}
	}
}

// cautions lists the findings that a reader must know of; what is merely noted stays with check.
func (s *screen) cautions() {
	r := *s.r
	r.Findings = slices.DeleteFunc(slices.Clone(r.Findings), func(f report.Finding) bool { return f.Severity == source.Info })
	part := &screen{r: &r, width: s.width, color: s.color}
	part.findings()
	s.b.Write(part.b.Bytes())
}

// metric is one of the two things a period is forecast in.
type metric struct {
	name, unit string
	at         [5]string // the forecast at forecastLevels
	passes     [5]string // the smallest ceilings
	fan        []report.FanPoint
	check      *report.Check // its period ceiling; nil without one
}

var forecastLevels = []string{"P50", "P75", "P80", "P90", "P95"}

func (s *screen) foresee(title string, g *report.Group, both bool) {
	if g.Owner != "" {
		title += ", owner " + g.Owner
	}
	s.title(title)
	switch {
	case g.Head == nil:
		s.para("  ", "", "no forecast: no recorded calls")
	case g.Head.Cost == nil || g.Head.Tokens == nil:
		s.para("  ", "", "no forecast: "+strings.Join(append(groupNotes(*g), "too little history")[:1], ""))
	default:
		s.metrics(metricsOf(s.r, g), both)
		if p := g.Past; p != nil {
			s.para("  ", "", fmt.Sprintf("in the past: P90 of %s held in %d of %d windows, %d of them apart; a naive method's in %d", plural(int64(p.Days), "day", "days"), p.Held, p.Windows, p.Apart, p.NaiveHeld))
		}
		if both {
			s.spread(g)
		}
	}
}

// metrics draws money, unless tokens alone have a ceiling, and lists both.
func (s *screen) metrics(list []metric, both bool) {
	tokensFirst := list[0].check == nil && list[1].check != nil
	for i, m := range list {
		if both || (i == 1) == tokensFirst {
			s.fan(m)
		}
	}
	for _, m := range list {
		rows := [][]cell{cells(append([]string{"forecast"}, m.at[:]...)...)}
		if m.passes[0] != "" {
			rows = append(rows, cells(append([]string{"smallest ceiling"}, m.passes[:]...)...))
		}
		cols := []column{{head: m.name, floor: 12}}
		for _, l := range forecastLevels {
			cols = append(cols, column{head: l, right: true})
		}
		s.table(cols, rows, nil)
		if c := m.check; c != nil {
			s.para("    ", alarm(c), ceilingSentence(c, m, s.r))
		}
	}
}

func (s *screen) fan(m metric) {
	f := Fan{Points: m.fan, Unit: m.unit, From: periodStart(s.r)}
	if m.check != nil {
		f.Ceiling, f.CeilingText = number(m.check.Limit.Value), m.check.Limit.Text
	}
	fmt.Fprintf(&s.b, "  %s\n", paint(s.color, dim, m.name+" spent by the end of the day"))
	lines := f.Lines(s.width-2, s.color)
	if lines == nil {
		s.para("  ", "", "no picture: nothing is spent, or the report has none")
	}
	for _, line := range lines {
		fmt.Fprintln(&s.b, "  "+line)
	}
}

// ceilingSentence says how a ceiling is held, how likely it is exceeded and when it is reached.
func ceilingSentence(c *report.Check, m metric, r *report.Report) string {
	parts := []string{fmt.Sprintf("ceiling %s, held at %s: %s used, %s", c.Limit.Text, c.Measure, usedShare(c), statusWord[c.Status])}
	if c.PHead != nil {
		parts = append(parts, "P(over) "+over(c.PHead))
	}
	if reached := reachedBy(m.fan, number(c.Limit.Value), periodStart(r)); reached != "" {
		parts = append(parts, "reached on "+reached)
	}
	return strings.Join(parts, " · ")
}

// reachedBy says by the end of which day each line of a fan reaches a limit; "" where none does. One time in twenty the
// limit is reached earlier than P95 has it.
func reachedBy(fan []report.FanPoint, limit float64, from time.Time) string {
	var out []string
	for _, l := range []struct {
		name string
		of   func(report.FanPoint) float64
	}{{"P95", func(p report.FanPoint) float64 { return p.P95 }}, {"P75", func(p report.FanPoint) float64 { return p.P75 }}, {"P50", func(p report.FanPoint) float64 { return p.P50 }}} {
		if d := reaches(fan, limit, l.of); d > 0 {
			out = append(out, from.AddDate(0, 0, d-1).Format("2 Jan")+" at "+l.name)
		}
	}
	return strings.Join(out, ", ")
}

// reaches is the first day on which a line is at the limit or over it, days between two points included; 0 for none.
func reaches(fan []report.FanPoint, limit float64, of func(report.FanPoint) float64) int {
	before := report.FanPoint{}
	for _, p := range fan {
		if low, high := of(before), of(p); high >= limit && high > 0 {
			share := 0.0
			if high > low {
				share = max((limit-low)/(high-low), 0)
			}
			return max(before.Day+int(math.Ceil(share*float64(p.Day-before.Day))), 1)
		}
		before = p
	}
	return 0
}

// metricsOf gives money, then tokens.
func metricsOf(r *report.Report, g *report.Group) []metric {
	cost, tokens := metric{name: "Money", unit: "usd"}, metric{name: "Tokens", unit: "tokens"}
	for _, c := range r.PeriodChecks(g) {
		if c.Limit.Unit == "tokens" {
			tokens.check = c
		} else {
			cost.check = c
		}
	}
	cost.at, tokens.at = costLevels(g.Head.Cost, spend), tokenLevels(g.Head.Tokens)
	if p := g.Head.Smallest; p != nil && p.Cost != nil && p.Tokens != nil {
		cost.passes, tokens.passes = costLevels(p.Cost, wholeSpend), tokenLevels(p.Tokens)
	}
	if f := g.Head.Fan; f != nil {
		cost.fan, tokens.fan = f.Cost, f.Tokens
	}
	return []metric{cost, tokens}
}

func costLevels(d *report.CostDist, text func(money.Amount) string) [5]string {
	out := [5]string{text(d.P50), text(d.P75), none, text(d.P90), text(d.P95)}
	if d.P80 != nil {
		out[2] = text(*d.P80)
	}
	return out
}

func tokenLevels(d *report.TokenDist) [5]string {
	text := func(n int64) string { return money.Count(n).String() }
	out := [5]string{text(d.P50), text(d.P75), none, text(d.P90), text(d.P95)}
	if d.P80 != nil {
		out[2] = text(*d.P80)
	}
	return out
}

// wholeSpend prints an amount of three digits without losing one: rounded further it would not pass as a ceiling.
func wholeSpend(a money.Amount) string {
	if f := a.Float(); f >= 100 {
		return strings.TrimSuffix(a.String(), ".00")
	}
	return a.String()
}

// number reads the plain decimal of a quantity; what is not one draws nothing.
func number(decimal string) float64 {
	a, err := money.FromDecimal(decimal)
	if err != nil {
		return 0
	}
	return a.Float()
}
