package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fatih/color"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/render"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

// explainDocument is what traffic explain found; it is the JSON output as it is. Shares are of Calls and of Tokens.
type explainDocument struct {
	Files    int             `json:"files"`
	Lines    int64           `json:"lines"`
	Records  int64           `json:"records"` // that hold a call; copies of one call are several
	Calls    int64           `json:"calls"`
	Tokens   int64           `json:"tokens"`
	Samples  []explainSample `json:"samples"`
	Rules    []explainRule   `json:"rules"`
	Unmapped explainPart     `json:"unmapped"` // calls without a track
	Fields   []explainField  `json:"fields"`
}

// explainPart is a part of all calls.
type explainPart struct {
	Calls      int64   `json:"calls"`
	CallShare  float64 `json:"call_share"`
	Tokens     int64   `json:"tokens"`
	TokenShare float64 `json:"token_share"`
}

// explainRule is the part that a rule matches.
type explainRule struct {
	Rule string `json:"rule"` // file:line
	explainPart
}

// explainField says how many calls have a field, and from where.
type explainField struct {
	Field    string `json:"field"`
	Calls    int64  `json:"calls"` // that have it
	Record   int64  `json:"record"`
	Map      int64  `json:"map"`
	Defaults int64  `json:"defaults"`
}

// explainSample is one call.
type explainSample struct {
	File    string          `json:"file"`
	Line    int             `json:"line"`
	Dialect string          `json:"dialect"`
	ID      string          `json:"id,omitempty"`
	Rules   []string        `json:"rules"` // that match, as file:line
	Fields  []explainOrigin `json:"fields"`
	Facts   []explainFact   `json:"facts"`
}

// explainOrigin is a field of a call and where it comes from: record (Key), map (Rule), defaults, or not known.
type explainOrigin struct {
	Field string `json:"field"`
	Value string `json:"value"`
	From  string `json:"from"`
	Key   string `json:"key,omitempty"`
	Rule  string `json:"rule,omitempty"`
}

// explainFact is what a rule may match.
type explainFact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Key   string `json:"key,omitempty"`
}

func (p *explainPart) add(s *explainSum) { p.Calls, p.Tokens = p.Calls+s.calls, p.Tokens+s.tokens }

func (f *explainField) add(from string, s *explainSum) {
	switch from {
	case traffic.FromRecord:
		f.Record += s.calls
	case traffic.FromRule:
		f.Map += s.calls
	case traffic.FromDefaults:
		f.Defaults += s.calls
	default:
		return
	}
	f.Calls += s.calls
}

func (d *explainDocument) share() {
	parts := []*explainPart{&d.Unmapped}
	for i := range d.Rules {
		parts = append(parts, &d.Rules[i].explainPart)
	}
	for _, p := range parts {
		p.CallShare, p.TokenShare = shareOf(p.Calls, d.Calls), shareOf(p.Tokens, d.Tokens)
	}
}

func sampleOf(x traffic.Explained, rules []source.Span) explainSample {
	c := x.Call
	s := explainSample{File: c.Place.File, Line: c.Place.Line, Dialect: x.Dialect, ID: c.ID, Rules: []string{}, Facts: []explainFact{}}
	for _, i := range x.Rules {
		s.Rules = append(s.Rules, lineOf(rules[i]))
	}
	for _, o := range x.Fields {
		origin := explainOrigin{Field: o.Field, Value: o.Value, From: o.From, Key: o.Key}
		if o.From == traffic.FromRule {
			origin.Rule = lineOf(o.Rule)
		}
		s.Fields = append(s.Fields, origin)
	}
	for _, f := range x.Facts {
		shown := func(o traffic.Origin) bool { return o.Field == f.Name && o.From == traffic.FromRecord }
		if !slices.ContainsFunc(x.Fields, shown) { // a label that a rule replaced is a fact; one that holds is above
			s.Facts = append(s.Facts, explainFact(f))
		}
	}
	for _, f := range []explainFact{{"tier", c.Tier, ""}, {"status", c.Status, ""}, {"dialect", x.Dialect, ""}, {"file", c.Place.File, ""}} {
		if f.Value != "" {
			s.Facts = append(s.Facts, f)
		}
	}
	return s
}

// writeText writes the calls, then the tables.
func (d *explainDocument) writeText(env *Env) error {
	for _, s := range d.Samples {
		s.write(env)
	}
	total := fmt.Sprintf("%s and %s in %s of %s", counted(d.Calls, "call", "calls"), counted(d.Tokens, "token", "tokens"), counted(d.Lines, "line", "lines"), counted(int64(d.Files), "file", "files"))
	if d.Records > d.Calls {
		total += fmt.Sprintf("; %s, of which some repeat a call", counted(d.Records, "record", "records"))
	}
	say(env, "", total)
	fmt.Fprintln(env.Out)
	rows := [][]string{}
	for _, r := range d.Rules {
		rows = append(rows, d.row(r.Rule, r.explainPart))
	}
	rows = append(rows, d.row("(unmapped)", d.Unmapped))
	right := tw.AlignRight
	if err := plainTable(env, []string{"Map rule", "Calls", "Share", "Tokens", "Share"}, []tw.Align{tw.AlignLeft, right, right, right, right}, rows); err != nil {
		return err
	}
	fmt.Fprintln(env.Out)
	rows = nil
	for _, f := range d.Fields {
		rows = append(rows, []string{f.Field, shareText(f.Calls, d.Calls), shareText(f.Record, d.Calls), shareText(f.Map, d.Calls), shareText(f.Defaults, d.Calls)})
	}
	return plainTable(env, []string{"Field", "Known", "Record", "Map", "Defaults"}, []tw.Align{tw.AlignLeft, right, right, right, right}, rows)
}

func (d *explainDocument) row(name string, p explainPart) []string {
	return []string{render.Plain(name), money.Count(p.Calls).Exact(), shareText(p.Calls, d.Calls), money.Count(p.Tokens).Exact(), shareText(p.Tokens, d.Tokens)}
}

// shareText does not let some read as none, nor nearly all as all.
func shareText(n, all int64) string {
	share := shareOf(n, all)
	switch {
	case n > 0 && share < 0.0005:
		return "<0.1%"
	case n < all && share >= 0.9995:
		return ">99.9%"
	}
	return fmt.Sprintf("%.1f%%", share*100)
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return money.Count(n).Exact() + " " + many
}

func (s *explainSample) write(env *Env) {
	title := fmt.Sprintf("%s:%d · %s", s.File, s.Line, s.Dialect)
	if s.ID != "" {
		title += " · id " + s.ID
	}
	bold := color.New(color.Bold)
	bold.EnableColor()
	for _, line := range wrapped(render.Plain(title), env.Width) {
		if env.Color {
			line = bold.Sprint(line)
		}
		fmt.Fprintln(env.Out, line)
	}
	for _, o := range s.Fields {
		say(env, fmt.Sprintf("  %-17s ", o.Field), o.text())
	}
	for _, f := range s.Facts {
		say(env, "    fact: ", f.Name+" = "+f.Value)
	}
	fmt.Fprintln(env.Out)
}

func (o explainOrigin) text() string {
	switch {
	case o.From == traffic.FromNone:
		return o.From
	case o.Rule != "":
		return o.Value + "  (map rule at " + o.Rule + ")"
	case o.Key != "":
		return o.Value + "  (record: " + o.Key + ")"
	}
	return o.Value + "  (" + o.From + ")"
}

// longFact bounds one recorded text on a terminal.
const longFact = 300

// say writes recorded text after a lead, and goes on under it.
func say(env *Env, lead, text string) {
	width := 0
	if env.Width > 0 {
		width = max(env.Width-len(lead), 20)
	}
	text = render.Plain(text)
	if r := []rune(text); len(r) > longFact {
		text = string(r[:longFact]) + "…"
	}
	for i, line := range wrapped(text, width) {
		if i > 0 {
			lead = strings.Repeat(" ", len(lead))
		}
		fmt.Fprintln(env.Out, lead+line)
	}
}
