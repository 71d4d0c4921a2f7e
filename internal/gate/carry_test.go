package gate_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// carriedYAML reads transcripts of one call in a thousand.
const carriedYAML = `version: 1
project: {name: shop}
ceiling: $9,000
templates: [CLAUDE.md]
prices: {files: [prices.yaml]}
recordings: [{path: traffic/*.jsonl, sampling: 0.1%, defaults: {template: CLAUDE.md, track: coding}}]
`

// Dollars per million tokens, so that costs can be worked out on paper; o200k_base counts exactly.
const carriedPrices = `as_of: 2026-11-01
models:
  acme/coder: {like: gpt-4o, input: 3, cache_read: 0.3, cache_write_5m: 3.75, cache_write_1h: 6, output: 15}
`

// turns are the calls of a few sessions of Claude Code, on two days: two that fill a cache, for five minutes and for an hour,
// and go on from it; a subagent that fills one of its own; and a call that touches none.
var turns = []struct {
	at, session string
	side        bool
	usage       string
}{
	{"2026-11-02T09:00:00Z", "a", false, `"input_tokens":10,"cache_creation_input_tokens":20000`},
	{"2026-11-02T09:01:00Z", "a", false, `"input_tokens":10,"cache_read_input_tokens":20000,"cache_creation_input_tokens":1000`},
	{"2026-11-02T09:02:00Z", "a", false, `"input_tokens":5,"cache_read_input_tokens":21000,"cache_creation_input_tokens":500`},
	{"2026-11-03T10:00:00Z", "b", false, `"input_tokens":10,"cache_creation_input_tokens":20000,"cache_creation":{"ephemeral_1h_input_tokens":20000,"ephemeral_5m_input_tokens":0}`},
	{"2026-11-03T10:01:00Z", "b", false, `"input_tokens":10,"cache_read_input_tokens":20000`},
	{"2026-11-03T10:02:00Z", "b", true, `"input_tokens":3,"cache_creation_input_tokens":8000`},
	{"2026-11-03T10:03:00Z", "b", true, `"input_tokens":3,"cache_read_input_tokens":8000`},
	{"2026-11-03T11:00:00Z", "c", false, `"input_tokens":30000`},
}

func transcript() string {
	var b strings.Builder
	for i, c := range turns {
		fmt.Fprintf(&b, `{"type":"assistant","uuid":"u%d","sessionId":%q,"timestamp":%q,"requestId":"r%d","isSidechain":%v,"message":{"id":"m%d","role":"assistant","model":"acme/coder","stop_reason":"end_turn","usage":{%s,"output_tokens":200}}}`+"\n",
			i, c.session, c.at, i, c.side, i, c.usage)
	}
	return b.String()
}

// testing is a section of exactly so many tokens.
func testingSection(t *testing.T, tokens int64) string {
	t.Helper()
	c, err := token.For("o200k_base")
	if err != nil {
		t.Fatal(err)
	}
	for words := range int(tokens) {
		if text := "## Testing\n\n" + strings.Repeat("test ", words) + "test\n\n"; c.Count(text).Tokens == tokens {
			return text
		}
	}
	t.Fatalf("no text of %d tokens", tokens)
	return ""
}

func carriedTree() files {
	return files{"tokengate.yaml": carriedYAML, "prices.yaml": carriedPrices, "traffic/a.jsonl": transcript(),
		"CLAUDE.md": "# Shop\n\nAn online shop.\n\n## Style\n\nShort functions.\n"}
}

// A CLAUDE.md grows by a section of 500 tokens. All of it is read from the cache by four calls (the second and third of a,
// the second of b, the subagent's second), written for five minutes by two (the first of a, the subagent's first), for an
// hour by one (the first of b), and plain input of one (c). In millionths of a dollar:
//
//	500 × (4×0.3 + 2×3.75 + 1×6 + 1×3) = 500 × 17.7 = 8850
//
// that is $0.00885 on the two days recorded, of one call in a thousand: $8.85 of all. Two days are too few to forecast, so
// the mean day stands for each of the 30 of a month: $8.85 × 30 ÷ 2 = $132.75. Eight calls of one in a thousand on two days
// are 120,000 a month; four in eight read. As plain input all would cost 500 × 8×3 = 12000, so that the cache saves 3150:
// $47.25 a month.
func TestCarryByHand(t *testing.T) {
	base := carriedTree()
	head := base.edit("CLAUDE.md", strings.Replace(base["CLAUDE.md"], "## Style", testingSection(t, 500)+"## Style", 1))
	rep := compare(t, base, head)

	if len(rep.Causes) != 1 {
		t.Fatalf("%d causes", len(rep.Causes))
	}
	c := rep.Causes[0]
	if c.Cost.Decimal() != "132.75" || c.Tokens != 500 || c.Section != "Testing" || c.Place.Start.Line != 5 || c.Place.End.Line != 9 {
		t.Errorf("cause %+v costs %s", c, c.Cost)
	}
	s := section(t, rep, "CLAUDE.md", "testing")
	want := report.Carry{Calls: 120_000, Tokens: 60_000_000, CacheRead: 0.5, Subagents: 0.25}
	if s.Tokens != 500 || s.Carry == nil || s.Carry.Cost.Decimal() != "132.75" || s.Carry.Saved.Decimal() != "47.25" {
		t.Fatalf("section %+v", s)
	}
	want.Cost, want.Saved = s.Carry.Cost, s.Carry.Saved
	if diff := cmp.Diff(&want, s.Carry, exactly); diff != "" {
		t.Error(diff)
	}
	d, unknown := rep.Surface(report.SurfaceOptions{Sections: true, Only: []string{"CLAUDE.md#testing"}})
	if unknown != nil || d.Total.Cost.Decimal() != "132.75" || len(d.Changes) != 1 || d.Forecast {
		t.Errorf("surface %+v of %v", d, unknown)
	}
}

// exactly compares amounts by their value.
var exactly = cmp.Comparer(func(a, b money.Amount) bool { return a.Cmp(b) == 0 })

func section(t *testing.T, rep *report.Report, file, anchor string) report.Section {
	t.Helper()
	for _, f := range rep.Files {
		for _, s := range f.Sections {
			if f.Path == file && s.Anchor == anchor {
				return s
			}
		}
	}
	t.Fatalf("no section %s#%s", file, anchor)
	return report.Section{}
}

// With a forecast, the section costs what the cause adds, to the cent, and taking it out saves it; sections add up to the
// file, files to the template, and the text costs no more than its calls.
func TestCarryIsTheCause(t *testing.T) {
	base := project(t)
	long := longer(400)
	for name, pair := range map[string][2]string{"grows": {answerMD, long}, "shrinks": {long, answerMD}} {
		rep := compare(t, base.edit("prompts/answer.md", pair[0], "tokengate.yaml", strings.Replace(tokengateYAML, "$5", "$500", 1)), base.edit("prompts/answer.md", pair[1]))
		before := check(t, input(t, nil, base.edit("prompts/answer.md", pair[0])))
		after := check(t, input(t, nil, base.edit("prompts/answer.md", pair[1])))
		if len(rep.Causes) != 1 {
			t.Fatalf("%s: %d causes", name, len(rep.Causes))
		}
		moved := section(t, after, "prompts/answer.md", "rules").Carry.Cost.Float() - section(t, before, "prompts/answer.md", "rules").Carry.Cost.Float()
		if cause := rep.Causes[0].Cost.Float(); math.Abs(cause) < 0.5 || math.Abs(moved-cause) > 0.0051 { // a cause is rounded to cents
			t.Errorf("%s: the section moves by %g, the cause is %g", name, moved, cause)
		}
		addsUp(t, rep)
	}
}

func addsUp(t *testing.T, rep *report.Report) {
	t.Helper()
	for _, tmpl := range rep.Templates {
		var whole *report.Carry
		for _, f := range tmpl.Files {
			var sum *report.Carry
			for _, s := range f.Sections {
				sum = sum.WithText(s.Carry)
			}
			if diff := cmp.Diff(f.Carry, sum, exactly); diff != "" || sum == nil {
				t.Errorf("the sections of %s:\n%s", f.Path, diff)
			}
			whole = whole.WithText(f.Carry)
		}
		if diff := cmp.Diff(tmpl.Carry, whole, exactly); diff != "" {
			t.Errorf("the files of %s:\n%s", tmpl.Path, diff)
		}
		if spent := rep.Total.Head.Cost.P50.Float(); whole.Cost.Float() > spent {
			t.Errorf("%s costs %s, its project %g", tmpl.Path, whole.Cost, spent)
		}
	}
}

// A file that two templates send is one file: its calls are those of both, and so is what it costs. The main conversation
// sends CLAUDE.md with what it imports, and so does a subagent, for half as many calls.
func TestCarryOfSharedFile(t *testing.T) {
	yaml := strings.Replace(tokengateYAML, `"prompts/*.md"]`, `".claude/agents/*.md"]`, 1)
	f := project(t).edit("tokengate.yaml", yaml, "CLAUDE.md", "# Shop\n\n@docs/style.md\n", ".claude/agents/reviewer.md", "---\nname: reviewer\ndescription: Reviews a change.\n---\nYou review.\n",
		"traffic/oct.jsonl", strings.Join(recording(t, func(i int, c *traffic.Call) {
			c.Track, c.Template, c.Agent = "coding", "CLAUDE.md", []string{"", "", "reviewer"}[i%3]
		}), ""))
	rep := check(t, input(t, nil, f))
	byPath := map[string]report.FileCost{}
	for _, file := range rep.Files {
		byPath[file.Path] = file
	}
	shared, agent := byPath["docs/style.md"], byPath[".claude/agents/reviewer.md"]
	if diff := cmp.Diff([]string{"CLAUDE.md", ".claude/agents/reviewer.md"}, shared.Templates); diff != "" {
		t.Fatal(diff)
	}
	var sum *report.Carry
	for _, tmpl := range rep.Templates {
		for _, file := range tmpl.Files {
			if file.Path == "docs/style.md" {
				sum = sum.WithCalls(file.Carry)
			}
		}
	}
	if diff := cmp.Diff(sum, shared.Carry, exactly); diff != "" || sum == nil {
		t.Error(diff)
	}
	if part := shared.Carry.Subagents; agent.Carry == nil || part < 0.33 || part > 0.34 {
		t.Errorf("subagents make %g of the calls; %+v", part, agent)
	}
	addsUp(t, rep)
}

// Without a call that sends it a file has no cost, and the report says why.
func TestCarryUnknown(t *testing.T) {
	f := project(t).edit("tokengate.yaml", strings.Replace(tokengateYAML, "templates: [", "templates: [AGENTS.md, ", 1), "AGENTS.md", "# Agents\n")
	rep := check(t, input(t, nil, f))
	last := rep.Files[len(rep.Files)-1]
	if last.Path != "AGENTS.md" || last.Carry != nil || last.Sections[0].Carry != nil || last.Why != "no recorded call names a template that sends it" {
		t.Errorf("file %+v", last)
	}
	rep = check(t, input(t, nil, project(t).edit("traffic/oct.jsonl", "")))
	for _, file := range rep.Files {
		if file.Carry != nil || file.Why == "" {
			t.Errorf("file %+v without traffic", file)
		}
	}
}

// In a calendar month a text was sent on the days that are known as well: what it costs is a part of the whole month.
func TestCarryOfCalendarMonth(t *testing.T) {
	rolling := check(t, input(t, nil, project(t)))
	calendar := check(t, input(t, nil, project(t).edit("tokengate.yaml", tokengateYAML+"period: calendar_month\n")))
	share := func(r *report.Report) float64 { return r.Files[0].Carry.Cost.Float() / r.Total.Head.Cost.P50.Float() }
	if a, b := share(rolling), share(calendar); calendar.Period.Recorded == 0 || a/b < 0.98 || a/b > 1.02 {
		t.Errorf("the dearest file is %g of a rolling month, %g of a calendar month with %d days known", a, b, calendar.Period.Recorded)
	}
}

// What a small edit costs in a short recording is not lost to cents.
func TestCauseBelowACent(t *testing.T) {
	for _, c := range []struct {
		f, most float64
		want    string
	}{{0.0826, 0.0826, "0.0826"}, {0.0826, 12, "0.08"}, {-0.004, 0.9, "-0.004"}, {0.004, 1, "0"}} {
		if got := gate.CauseCost(c.f, c.most).Decimal(); got != c.want {
			t.Errorf("%v of %v: %s, want %s", c.f, c.most, got, c.want)
		}
	}
}
