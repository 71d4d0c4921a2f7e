package gate_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/report"
)

// What a declaration names wrongly stops the run, at the place that names it.
func TestUnknownModel(t *testing.T) {
	base := project(t)
	for _, c := range []struct {
		name, place, near string
		head              files
	}{
		{"track", "tokengate.yaml:5:38", "claude-sonnet-4-5", base.edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, "acme/large", "claude-sonet-4-5"))},
		{"block", "prompts/answer.md:16:8", "claude-sonnet-4-5", base.edit("prompts/answer.md", answerMD+"\n# Token budget\n\n```yaml tokengate\nmodel: claude-sonet-4-5\n```\n")},
		{"fallback", "tokengate.yaml:5:68", "gpt-4o", base.edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, "ceiling: $5", "fallback: {model: gpt-4oo}"))},
		{"nothing near", "tokengate.yaml:5:38", "", base.edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, "acme/large", "qqqqqqqqqqqqqqqq"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			rep, diags, err := gate.Run(input(t, base, c.head))
			if rep != nil || err != nil || rules(diags) != "unknown-model" {
				t.Fatalf("%v %v %v", rep, diags, err)
			}
			if d := diags[0]; d.Span.String() != c.place || !strings.Contains(d.Hint, c.near) || !strings.Contains(d.Hint, "prices.files") || c.near != "" != strings.Contains(d.Hint, "did you mean") {
				t.Errorf("%s, hint %s", d, d.Hint)
			}
		})
	}
}

func TestHeadUnusable(t *testing.T) {
	base := project(t)
	in := input(t, base, base.without("tokengate.yaml"))
	in.Named = true
	if rep, diags, err := gate.Run(in); rep != nil || err != nil || rules(diags) != "config-missing" {
		t.Errorf("%v %v", diags, err)
	}
	for want, head := range map[string]files{
		"yaml-syntax":  base.edit("tokengate.yaml", "\t"),
		"unknown-key":  base.edit("tokengate.yaml", tokengateYAML+"cieling: $1\n"),
		"path-missing": base.edit("tokengate.yaml", strings.Replace(tokengateYAML, "CLAUDE.md", "GONE.md", 1)),
	} {
		if rep, diags, err := gate.Run(input(t, base, head)); rep != nil || err != nil || rules(diags) != want {
			t.Errorf("%s: %v %v", want, diags, err)
		}
	}
}

// A fixture that is not met fails like a ceiling.
func TestFixture(t *testing.T) {
	base := project(t)
	for max, want := range map[int]report.Status{1000: report.Pass, 5: report.Fail} {
		head := base.edit("tokengate.yaml", tokengateYAML+"fixtures: [f.yaml]\n",
			"f.yaml", fmt.Sprintf("fixtures:\n  - {name: one, template: prompts/answer.md, vars: {question: why}, expect: {max_tokens: %d}}\n", max))
		r := compare(t, base, head)
		if r.Verdict.Status != want || (len(findings(r, "fixture-expectation")) == 1) != (want == report.Fail) {
			t.Errorf("%d: %s", max, texts(r))
		}
	}
}

// The causes explain the whole change: their costs add up to head's P50 less base's, give or take a cent each.
func TestCausesAddUp(t *testing.T) {
	base := project(t)
	twoEdits := strings.Replace(longer(400), "You answer questions about orders.", "You answer questions.", 1)
	partial := strings.Join(recording(t)[30:], "") // the first day begins late
	claude := func(f files) files {
		return f.edit("prices.yaml", strings.ReplaceAll(pricesYAML, "like: gpt-4o", "like: claude-sonnet-4-5"))
	}
	sampled := func(f files) files {
		return f.edit("tokengate.yaml", strings.Replace(f["tokengate.yaml"], ".jsonl}", ".jsonl, sampling: 25%}", 1))
	}
	edited := base.edit("prompts/answer.md", twoEdits, "docs/style.md", styleMD+strings.Repeat("No globals. ", 50))
	swapped := edited.edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, "model: acme/large", "max_output_tokens: 190, context: {max_input_tokens: 1100}, model: acme/small"))
	for _, c := range []struct {
		name       string
		base, head files
		kinds      string
	}{
		{"texts", base, edited, "template"},
		{"everything", base, swapped, "template input_cap output_cap model"},
		{"sampled", sampled(base), sampled(swapped), "template input_cap output_cap model"},
		{"less", edited, base, "template"},
		{"counted with an error", claude(base), claude(edited), "template"},
		{"partial day", base.edit("traffic/oct.jsonl", partial), edited.edit("traffic/oct.jsonl", partial), "template"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := compare(t, c.base, c.head)
			sum, shares, kinds := 0.0, 0.0, map[string]bool{}
			for _, cause := range r.Causes {
				sum, shares = sum+cause.Cost.Float(), shares+cause.Share
				kinds[cause.Kind] = true
			}
			want := r.Total.Head.Cost.P50.Float() - r.Total.Base.Cost.P50.Float()
			if math.Abs(sum-want) > 0.01*float64(len(r.Causes)+1) || math.Abs(want) < 0.5 || math.Abs(shares-1) > 0.001 {
				t.Errorf("%d causes add up to $%.2f and %.4f, want $%.2f", len(r.Causes), sum, shares, want)
			}
			for _, k := range strings.Fields(c.kinds) {
				if !kinds[k] {
					t.Errorf("no cause of kind %s: %+v", k, r.Causes)
				}
			}
			for i := 1; i < len(r.Causes); i++ {
				if math.Abs(r.Causes[i].Cost.Float()) > math.Abs(r.Causes[i-1].Cost.Float()) {
					t.Errorf("cause %d is larger than the one before it", i)
				}
			}
		})
	}
}

// An edit of an imported file moves the calls of the file that imports it, and is shown where it stands.
func TestImportMoves(t *testing.T) {
	base := project(t)
	r := compare(t, base, base.edit("docs/style.md", styleMD+"\n## Names\n\nA name says what a thing is for, not how it is made.\n"))
	if len(r.Causes) != 1 {
		t.Fatalf("%+v", r.Causes)
	}
	c := r.Causes[0]
	coding := 0
	for _, call := range calls() {
		if call.Template == "CLAUDE.md" {
			coding++
		}
	}
	if c.Place.File != "docs/style.md" || c.Place.Start.Line < 3 || c.Kind != "template" || c.Calls != int64(coding) || c.Tokens < 12 || c.Tokens > 25 {
		t.Errorf("%+v", c)
	}
	for _, g := range r.Tracks {
		moved := g.Cost.Ratio != 0
		if moved != (g.Name == "coding") {
			t.Errorf("track %s moves by %v", g.Name, g.Cost.Ratio)
		}
	}
	if want := c.Tokens * int64(coding); r.Total.Head.RecordedTokens-r.Total.Base.RecordedTokens != want {
		t.Errorf("%d tokens more, want %d", r.Total.Head.RecordedTokens-r.Total.Base.RecordedTokens, want)
	}
}
