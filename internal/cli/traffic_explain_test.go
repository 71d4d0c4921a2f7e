package cli

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// told makes one record as traffic.Read explains it. Rule is the index of the rule that gave the track, or -1.
func told(line int, id, track string, rule int, tokens int64) traffic.Explained {
	x := traffic.Explained{Dialect: "native", Call: traffic.Call{ID: id, Track: track, Model: "m", Time: time.Unix(int64(line), 0).UTC(),
		Usage: token.Usage{Input: tokens}, Place: traffic.Place{File: "f", Line: line}}}
	for i, name := range append(traffic.MapFields(), "model") {
		o := traffic.Origin{Field: name, From: traffic.FromNone}
		switch {
		case i == 0 && rule >= 0:
			o.Value, o.From, o.Rule = track, traffic.FromRule, explainedRules[rule]
		case i == 0 && track != "":
			o.Value, o.From, o.Key = track, traffic.FromRecord, "stage"
		case name == "model":
			o.Value, o.From = "m", traffic.FromDefaults
		}
		x.Fields = append(x.Fields, o)
	}
	if rule >= 0 {
		x.Rules = []int{rule}
	}
	return x
}

var explainedRules = []source.Span{{File: "tokengate.yaml", Start: source.Pos{Line: 4, Col: 5}}, {File: "tokengate.yaml", Start: source.Pos{Line: 9, Col: 5}}}

func documentOf(limit int, records ...traffic.Explained) *explainDocument {
	t := newExplainTally(limit)
	for _, x := range records {
		t.add(x)
	}
	return t.document(explainedRules)
}

// A call counts once, as its fullest record has it; one without an id counts as often as it stands there; and a record
// that stands for several calls counts for all of them.
func TestExplainCounts(t *testing.T) {
	many := told(6, "c", "", -1, 5)
	many.Call.Weight = 4
	d := documentOf(0, told(1, "a", "x", 0, 10), told(2, "a", "x", 0, 70), told(3, "", "", -1, 10), told(4, "", "", -1, 10), told(5, "b", "y", -1, 90), many)
	if d.Records != 6 || d.Calls != 8 || d.Tokens != 200 {
		t.Errorf("%d records, %d calls, %d tokens", d.Records, d.Calls, d.Tokens)
	}
	want := []explainRule{{"tokengate.yaml:4", explainPart{1, 0.125, 70, 0.35}}, {"tokengate.yaml:9", explainPart{}}}
	if diff := cmp.Diff(want, d.Rules, cmp.AllowUnexported(explainRule{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(explainPart{6, 0.75, 40, 0.2}, d.Unmapped); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(explainField{"track", 2, 1, 1, 0}, d.Fields[0]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(explainField{"model", 8, 0, 0, 8}, d.Fields[8]); diff != "" {
		t.Error(diff)
	}
}

// Every combination of rule and track is shown before a second call of any, the most frequent first, and no call twice.
func TestExplainSamples(t *testing.T) {
	var records []traffic.Explained
	for i := range 40 {
		records = append(records, told(10+i, fmt.Sprintf("id-%02d", i/2), "x", 0, int64(1+i%2)))
	}
	records = append(records, told(7, "u", "", -1, 1), told(3, "y", "y", 1, 1))
	ids := func(limit int) string {
		var out []string
		for _, s := range documentOf(limit, records...).Samples {
			out = append(out, s.ID)
		}
		return strings.Join(out, " ")
	}
	if got := ids(3); got != "id-00 y u" && got != "id-00 u y" {
		t.Error(got)
	}
	seen := map[string]bool{}
	for _, id := range strings.Fields(ids(12)) {
		seen[id] = true
	}
	if len(seen) != 12 {
		t.Error(ids(12))
	}
}

// Files are read side by side, so that records come in any order: it must not show.
func TestExplainOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var records []traffic.Explained
	for i := range 300 {
		rule := r.IntN(3) - 1
		track := ""
		if rule >= 0 {
			track = fmt.Sprintf("t%d", r.IntN(2))
		}
		id := ""
		if r.IntN(4) > 0 {
			id = fmt.Sprint(r.IntN(60))
		}
		records = append(records, told(i+1, id, track, rule, int64(r.IntN(5))))
	}
	want := documentOf(7, records...)
	if len(want.Samples) != 7 {
		t.Fatal(len(want.Samples))
	}
	for range 20 {
		r.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		if diff := cmp.Diff(want, documentOf(7, records...), cmp.AllowUnexported(explainRule{})); diff != "" {
			t.Fatal(diff)
		}
	}
}

// What is recorded cannot move the cursor, and fits the terminal; nothing of the tables is cut.
func TestExplainText(t *testing.T) {
	x := told(1, "a", "x", 0, 10)
	x.Facts = []traffic.Fact{{Name: "name", Value: "evil \x1b[2J name\nnext"}, {Name: "metadata.long", Value: strings.Repeat("word ", 100)}, {Name: "track", Value: "raw", Key: "stage"}}
	for _, width := range []int{60, 80, 200} {
		var out bytes.Buffer
		if err := documentOf(5, x, told(2, "b", "", -1, 10)).writeText(&Env{Out: &out, Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if w := twwidth.Width(strings.TrimRight(line, "\n")); w > width {
				t.Errorf("width %d: %d columns: %s", width, w, line)
			}
		}
		flat := strings.Join(strings.Fields(out.String()), " ")
		for _, want := range []string{"fact: name = evil \uFFFD[2J name next", "fact: track = raw", "x (map rule at tokengate.yaml:4)", "(unmapped) │ 1 │ 50.0%", "track │ 50.0% │ 0.0% │ 50.0%"} {
			if !strings.Contains(flat, want) {
				t.Errorf("width %d: no %q in\n%s", width, want, &out)
			}
		}
		if strings.Contains(out.String(), "\x1b") {
			t.Error("an escape sequence came through")
		}
	}
}
