package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/olekukonko/tablewriter/tw"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/render"
)

// facts says what holds for everything that was read.
func (s *inspectScreen) facts() {
	d := s.doc
	if d.Window == nil {
		s.say("", "No calls.")
	} else {
		s.say("", fmt.Sprintf("%s from %s to %s UTC (%s%s)", d.callsText(), d.Window.First.Format("2006-01-02 15:04"), d.Window.Last.Format("2006-01-02 15:04"), number(d.Window.Days, "day"), d.partialText()))
		s.say("", fmt.Sprintf("by %s in %s; %s", censusText(d.Users, "user"), censusText(d.Sessions, "session"), d.tokensText()))
		s.say("", d.costText())
		if l := d.latencyText(); l != "" {
			s.say("", l)
		}
	}
	s.say("", d.readingText())
	if t := d.samplingText(); t != "" {
		s.say("", t)
	}
	if len(d.Cubes) > 0 && len(d.Cubes)+len(d.Files) > 1 {
		s.say("", "calls that were recorded in two of these count twice: a cube does not know its calls")
	}
}

func (d *inspectDocument) callsText() string {
	text := number(d.Total.Calls, "call")
	if d.Reading.Records != d.Total.Calls {
		text += fmt.Sprintf(" on %s by their weights", number(d.Reading.Records, "record"))
	}
	if d.Total.Errors > 0 {
		text += fmt.Sprintf(" (%s failed)", money.Count(d.Total.Errors).Exact())
	}
	return text
}

func (d *inspectDocument) partialText() string {
	switch p := d.Window.Partial; len(p) {
	case 0:
		return ""
	case 1:
		return ", of which " + p[0] + " is partial"
	default:
		return ", of which the first and the last are partial"
	}
}

func censusText(c inspectCensus, what string) string {
	switch {
	case c.Distinct == 0:
		return "unknown " + what + "s"
	case c.RelativeError == 0:
		return number(c.Distinct, what)
	}
	return fmt.Sprintf("about %ss (±%.1f%%)", strings.TrimSuffix(number(c.Distinct, what), "s"), 100*c.RelativeError)
}

func (d *inspectDocument) tokensText() string {
	u := d.Total.Tokens
	return fmt.Sprintf("%s tokens in (%s read from a cache), %s out", money.Count(u.prompt()), money.Count(u.CacheRead), money.Count(u.Output))
}

// costText never says $0 of calls that have no price.
func (d *inspectDocument) costText() string {
	t, at := d.Total, " at the prices of "+d.AsOf.Format(time.DateOnly)
	switch {
	case t.Cost == nil:
		return "no call has a price" + at
	case t.UnpricedCalls > 0:
		return fmt.Sprintf("%s%s, and %s without a price beside it", t.Cost, at, number(t.UnpricedCalls, "call"))
	}
	return t.Cost.String() + at
}

func (d *inspectDocument) latencyText() string {
	var parts []string
	for _, l := range []struct {
		what string
		of   *inspectLatency
	}{{"latency", d.Total.Latency}, {"first token after", d.Total.FirstToken}} {
		if l.of != nil {
			parts = append(parts, fmt.Sprintf("%s P50 %s, P95 %s", l.what, micros(l.of.P50), micros(l.of.P95)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("%s (±%.1f%%)", strings.Join(parts, "; "), 100*d.Quantiles.RelativeError)
}

func (d *inspectDocument) readingText() string {
	r := d.Reading
	text := fmt.Sprintf("%s read of %s: %s, %s", number(r.Lines, "line"), number(r.Files, "file"), number(r.Duplicates, "duplicate"), number(r.Bad, "bad record"))
	if r.Bad > 0 {
		text += fmt.Sprintf(" (%s)", money.Ratio(r.BadShare))
	}
	if r.Replaced != nil && *r.Replaced > 0 {
		text += fmt.Sprintf("; %s stood on records that differ, the most complete of which counts", number(*r.Replaced, "call"))
	}
	return text
}

func (d *inspectDocument) samplingText() string {
	if len(d.Sampling) == 0 || len(d.Sampling) == 1 && d.Sampling[0].Share == 1 {
		return ""
	}
	var parts []string
	for _, p := range d.Sampling {
		parts = append(parts, fmt.Sprintf("%s at %s", number(p.Calls, "call"), money.Ratio(p.Share)))
	}
	return "recorded by sampling: " + strings.Join(parts, ", ") + "; numbers here are of what was recorded"
}

// micros rounds to milliseconds: a quantile is the middle of a bin, and of 200ms that is 199.7.
func micros(us int64) string {
	d := (time.Duration(us) * time.Microsecond).Round(time.Millisecond)
	if d == 0 {
		return "<1ms"
	}
	return money.Duration(d).String()
}

func labelled(name string) string {
	if name == "" {
		return "(none)"
	}
	return render.Plain(name)
}

// inspectColumn is one column of a table of groups. One that is blank in every row is left out.
type inspectColumn struct {
	head string
	cell func(g inspectGroup) string
}

var inspectColumns = []inspectColumn{
	{"Calls", func(g inspectGroup) string { return money.Count(g.Calls).String() }},
	{"of calls", func(g inspectGroup) string { return shareCell(g.Share) }},
	{"Cost", costCell},
	{"of cost", func(g inspectGroup) string { return ifAny(g.Cost != nil, shareCell(g.CostShare)) }},
	{"Input", func(g inspectGroup) string { return tokensCell(g.Tokens.Input) }},
	{"Cache read", func(g inspectGroup) string { return tokensCell(g.Tokens.CacheRead) }},
	{"Cache write", func(g inspectGroup) string { return tokensCell(g.Tokens.CacheWrite5m + g.Tokens.CacheWrite1h) }},
	{"Output", func(g inspectGroup) string { return tokensCell(g.Tokens.Output) }},
	{"Reasoning", func(g inspectGroup) string { return tokensCell(g.Tokens.Reasoning) }},
	{"P50", func(g inspectGroup) string { return latencyCell(g.Latency, false) }},
	{"P95", func(g inspectGroup) string { return latencyCell(g.Latency, true) }},
	{"First P50", func(g inspectGroup) string { return latencyCell(g.FirstToken, false) }},
	{"First P95", func(g inspectGroup) string { return latencyCell(g.FirstToken, true) }},
	{"Failed", func(g inspectGroup) string { return tokensCell(g.Errors) }},
}

// costCell marks a cost that is not of all calls: it is at least as much.
func costCell(g inspectGroup) string {
	switch {
	case g.Cost == nil:
		return "no price"
	case g.UnpricedCalls > 0:
		return "≥ " + g.Cost.String()
	}
	return g.Cost.String()
}

// shareCell never makes nothing of something.
func shareCell(share float64) string {
	if share > 0 && share < 0.0005 {
		return "<0.1%"
	}
	return money.Ratio(share).String()
}

func ifAny(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

func tokensCell(n int64) string { return ifAny(n != 0, money.Count(n).String()) }

func latencyCell(l *inspectLatency, high bool) string {
	switch {
	case l == nil:
		return ""
	case high:
		return micros(l.P95)
	}
	return micros(l.P50)
}

// groups shows a dimension; where no call has a name along it there is nothing to show.
func (s *inspectScreen) groups(title string, groups []inspectGroup) {
	if len(groups) == 0 || len(groups) == 1 && groups[0].Name == "" {
		return
	}
	s.title(title)
	header, align := []string{strings.TrimSuffix(title, "s")}, []tw.Align{tw.AlignLeft}
	rows := [][]string{}
	for _, g := range groups[:min(len(groups), inspectRows)] {
		rows = append(rows, []string{labelled(g.Name)})
	}
	for _, c := range inspectColumns {
		stated := false
		texts := make([]string, len(rows))
		for i := range rows {
			texts[i] = c.cell(groups[i])
			stated = stated || texts[i] != ""
		}
		if !stated {
			continue
		}
		header, align = append(header, c.head), append(align, tw.AlignRight)
		for i := range rows {
			rows[i] = append(rows[i], texts[i])
		}
	}
	s.table(header, align, rows)
	s.more(len(groups), strings.ToLower(header[0]))
}
