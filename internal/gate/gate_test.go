package gate_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/traffic"
)

// The project as it stands: what the other tests change passes, and the figures are those of the recording.
func TestPasses(t *testing.T) {
	base := project(t)
	r := compare(t, base, base)
	c := checkOf(t, r, "track/answer/period/cost")
	if r.Verdict.Status != report.Pass || len(r.Findings) > 0 || len(r.Causes) > 0 || c.From != "base" || c.Inherits || c.Declared.String() != "tokengate.yaml:5:59" {
		t.Errorf("%s at %s", texts(r), c.Declared)
	}
	var want, n float64
	for _, call := range calls() {
		want += float64(call.Usage.Input)*4e-6 + float64(call.Usage.Output)*16e-6
		n++
	}
	if got := r.Total.Head.RecordedCost.Float(); math.Abs(got-want) > 1e-9 || float64(r.Total.Calls) != n || r.Provenance.Days != days {
		t.Errorf("$%v over %d calls and %d days, want $%v over %v", got, r.Total.Calls, r.Provenance.Days, want, n)
	}
}

func TestSameBytes(t *testing.T) {
	base := project(t)
	head := base.edit("prompts/answer.md", longer(400), "docs/style.md", styleMD+"\nNo globals.\n")
	first := write(t, compare(t, base, head))
	for range 3 {
		if diff := cmp.Diff(first, write(t, compare(t, base, head))); diff != "" {
			t.Fatalf("the same input gives another report:\n%s", diff)
		}
	}
}

// How the recording is split and in which order its lines stand decides nothing; a line that stands twice counts once.
func TestSplitRecording(t *testing.T) {
	lines := recording(t)
	whole := project(t)
	head := whole.edit("prompts/answer.md", longer(400))
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	third := len(lines) / 3
	parts := []string{"traffic/a.jsonl", strings.Join(lines[:third], ""), "traffic/b.jsonl", strings.Join(lines[third:2*third], "") + lines[0], "traffic/c.jsonl", strings.Join(lines[2*third:], "")}
	one := compare(t, whole, head)
	three := compare(t, whole.without("traffic/oct.jsonl").edit(parts...), head.without("traffic/oct.jsonl").edit(parts...))
	if three.Provenance.Duplicates != 1 || len(three.Provenance.Recordings) != 3 || three.Provenance.Lines != int64(len(lines))+1 {
		t.Errorf("%+v", three.Provenance)
	}
	for _, r := range []*report.Report{one, three} {
		r.Provenance.Recordings, r.Provenance.Lines, r.Provenance.Duplicates = nil, 0, 0
	}
	if diff := cmp.Diff(write(t, one), write(t, three)); diff != "" {
		t.Errorf("(-one file +three files):\n%s", diff)
	}
}

// A change cannot make room for itself: whatever it does to the configuration, base's ceilings hold.
func TestCeilingsFromBase(t *testing.T) {
	base := project(t)
	over := base.edit("prompts/answer.md", longer(2000))
	for _, c := range []struct {
		name    string
		head    files
		finding string // rule that names the edit
	}{
		{"no edit of the configuration", over, ""},
		{"raised", over.edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, "$5", "$500")), "ceiling-changed"},
		{"removed", over.edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, ", ceiling: $5", "")), "ceiling-changed"},
		{"period", over.edit("tokengate.yaml", tokengateYAML+"period: day\n"), "policy-changed"},
		{"sampling", over.edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, ".jsonl}", ".jsonl, sampling: 100%}")), ""},
		{"other recording", over.edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, "path: traffic", "path: quiet")), "policy-changed"},
		{"higher tolerance", over.edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, "{owner: \"@answers\"", "{risk_tolerance: high, owner: \"@answers\"")), "policy-changed"},
		{"no configuration", over.without("tokengate.yaml"), "ceiling-changed"},
		{"template off the list", over.edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, `[CLAUDE.md, "prompts/*.md"]`, "[CLAUDE.md]")), ""},
		{"all templates off the list", over.edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, `templates: [CLAUDE.md, "prompts/*.md"]`, "templates: []")), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := compare(t, base, c.head)
			got := checkOf(t, r, "track/answer/period/cost")
			if r.Verdict.Status != report.Fail || got.Status != report.Fail || got.From != "base" || got.Limit.Value != "5" || got.Inherits {
				t.Errorf("%s", texts(r))
			}
			if c.finding != "" && len(findings(r, c.finding)) == 0 {
				t.Errorf("the edit is not named:\n%s", texts(r))
			}
			for _, f := range findings(r, "ceiling-changed") {
				if f.Approver != "@finance" {
					t.Errorf("%s is for %q to approve", f.Message, f.Approver)
				}
			}
		})
	}
}

// A ceiling on what base does not know only tightens, so it holds at once.
func TestNewScopeHolds(t *testing.T) {
	base := project(t)
	r := compare(t, base, base.edit("tokengate.yaml", tokengateYAML+"features: {ask: {ceiling: $1}}\n"))
	if c := checkOf(t, r, "feature/ask/period/cost"); c.Status != report.Warn && c.Status != report.Fail || c.From != "head" {
		t.Errorf("%s", texts(r))
	}
}

// What was merged broken must not lock out the change that mends it; head's declarations are held then.
func TestBaseUnusable(t *testing.T) {
	good := project(t)
	for name, base := range map[string]files{
		"syntax":           good.edit("tokengate.yaml", "version: 1\n\tceiling: $1\n"),
		"unknown key":      good.edit("tokengate.yaml", tokengateYAML+"cieling: $1\n"),
		"missing template": good.edit("tokengate.yaml", strings.Replace(tokengateYAML, "CLAUDE.md", "GONE.md", 1)),
		"broken block":     good.edit("prompts/answer.md", answerMD+"\n```yaml tokengate\nceilng: $1\n```\n"),
		"block beside it":  good.edit("tokengate.yaml", "x", "CLAUDE.md", claudeMD+"\n```yaml tokengate\nper_call: {cost: $900}\n```\n"),
	} {
		t.Run(name, func(t *testing.T) {
			for limit, want := range map[string]report.Status{"5": report.Pass, "2": report.Warn} { // over, as base's traffic is
				r := compare(t, base, good.edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, "$5", "$"+limit)))
				c := checkOf(t, r, "track/answer/period/cost")
				found := findings(r, "base-unusable")
				if r.Verdict.Status != report.Warn || c.Status != want || c.From != "head" || c.Limit.Value != limit || c.Head == nil || len(found) != 1 || found[0].Place.IsZero() {
					t.Errorf("%s: %s", limit, texts(r))
				}
			}
			r := compare(t, base, good.edit("prompts/answer.md", longer(2000)))
			if c := checkOf(t, r, "track/answer/period/cost"); r.Verdict.Status != report.Fail || c.Status != report.Fail || len(r.Causes) == 0 {
				t.Errorf("an edit beside the mending: %s", texts(r))
			}
		})
	}
}

// The change that adopts the gate: base has no configuration, so there is only head's to hold.
func TestFirstAdoption(t *testing.T) {
	head := project(t)
	base := head.without("tokengate.yaml")
	r := compare(t, base, head)
	if c := checkOf(t, r, "track/answer/period/cost"); r.Verdict.Status != report.Pass || c.From != "head" || c.Status != report.Pass {
		t.Errorf("%s", texts(r))
	}
	r = compare(t, base, head.edit("prompts/answer.md", longer(2000)))
	if c := checkOf(t, r, "track/answer/period/cost"); r.Verdict.Status != report.Fail || c.From != "head" || len(r.Causes) == 0 {
		t.Errorf("an edit beside the adoption: %d causes, %s", len(r.Causes), texts(r))
	}
	if r.Base.Config != "" || r.Head.Config != "tokengate.yaml" {
		t.Errorf("base %q, head %q", r.Base.Config, r.Head.Config)
	}
}

// A template that is listed and edited in one change is seen to change.
func TestListedAndEdited(t *testing.T) {
	head := project(t).edit("prompts/answer.md", longer(2000))
	base := project(t).edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, `[CLAUDE.md, "prompts/*.md"]`, "[CLAUDE.md]"))
	if r := compare(t, base, head); r.Verdict.Status != report.Fail || len(r.Causes) == 0 {
		t.Errorf("%d causes, %s", len(r.Causes), texts(r))
	}
}

func TestRecordingOfBase(t *testing.T) {
	base := project(t)
	all := len(calls())
	short := strings.Join(recording(t)[:100], "")
	nov := strings.Join(recording(t, func(i int, c *traffic.Call) {
		c.ID, c.Session, c.Time = "n"+c.ID, "n"+c.Session, c.Time.AddDate(0, 0, days)
	})[:200], "")
	for _, c := range []struct {
		name    string
		head    files
		calls   int
		changed bool
	}{
		{"the same", base, all, false},
		{"edited", base.edit("traffic/oct.jsonl", short), all, true},
		{"removed", base.without("traffic/oct.jsonl"), all, true},
		{"added", base.edit("traffic/nov.jsonl", nov), all + 200, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := compare(t, base, c.head)
			found := findings(r, "recording-changed")
			if r.Provenance.Calls != int64(c.calls) || (len(found) == 1) != c.changed {
				t.Errorf("%d calls, want %d; %s", r.Provenance.Calls, c.calls, texts(r))
			}
			if c.changed && found[0].Place.File != "traffic/oct.jsonl" {
				t.Errorf("at %s", found[0].Place)
			}
		})
	}
}

// Nothing that is unknown passes: calls without a price, a recording that is not there, too few days, no ceiling.
func TestInconclusive(t *testing.T) {
	base := project(t)
	unknown := strings.Join(recording(t, func(i int, c *traffic.Call) {
		if i == 7 {
			c.Model = "acme/unheard-of"
		}
	}), "")
	for name, c := range map[string]struct {
		tree    files
		finding string
	}{
		"unknown model":  {base.edit("traffic/oct.jsonl", unknown), "unpriced-model"},
		"no recording":   {base.without("traffic/oct.jsonl"), "recording-missing"},
		"too few days":   {base.edit("traffic/oct.jsonl", strings.Join(recording(t)[:30], "")), ""},
		"no ceiling":     {base.edit("tokengate.yaml", strings.NewReplacer("ceiling: $20\n", "", ", ceiling: $5", "").Replace(tokengateYAML)), "no-budget"},
		"silent track":   {base.edit("tokengate.yaml", strings.Replace(tokengateYAML, "tracks:\n", "tracks:\n  silent: {owner: x}\n", 1)), "no-traffic"},
		"unreadable":     {base.edit("traffic/oct.jsonl", strings.Join(recording(t), "")+strings.Repeat("{\n", 100)), "bad-lines"},
		"empty":          {base.edit("traffic/oct.jsonl", ""), ""},
		"no configuring": {base.without("tokengate.yaml"), "no-budget"},
	} {
		t.Run(name, func(t *testing.T) {
			r := compare(t, c.tree, c.tree)
			if r.Verdict.Status != report.Inconclusive || len(r.Verdict.Reasons) == 0 || c.finding != "" && len(findings(r, c.finding)) == 0 {
				t.Errorf("%s", texts(r))
			}
		})
	}
}

// A breach that base has as well is not the author's to pay for, but a release does not inherit.
func TestInherited(t *testing.T) {
	base := project(t).edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, "$5", "$2"))
	in := input(t, base, base)
	r := check(t, in)
	c := checkOf(t, r, "track/answer/period/cost")
	if r.Verdict.Status != report.Warn || c.Status != report.Warn || !c.Inherits || !c.Since.Equal(baseTime) {
		t.Errorf("since %s, %s", c.Since, texts(r))
	}
	if other := checkOf(t, r, "project/period/cost"); other.Inherits || !other.Since.IsZero() {
		t.Errorf("%+v", other)
	}
	in.Stage = config.Release
	r = check(t, in)
	if c = checkOf(t, r, "track/answer/period/cost"); r.Verdict.Status != report.Fail || c.Status != report.Fail || c.Inherits || !c.Since.IsZero() {
		t.Errorf("at a release: %s", texts(r))
	}
	r = compare(t, base, base.edit("prompts/answer.md", longer(40)))
	if c = checkOf(t, r, "track/answer/period/cost"); r.Verdict.Status != report.Fail || c.Inherits {
		t.Errorf("made worse: %s", texts(r))
	}
	r = compare(t, base, base.edit("prompts/answer.md", strings.Replace(answerMD, "Be brief and kind.", "Be brief.", 1)))
	if c = checkOf(t, r, "track/answer/period/cost"); r.Verdict.Status != report.Warn || !c.Inherits {
		t.Errorf("made better: %s", texts(r))
	}
}

// A change must not price itself: the price file is base's.
func TestPricesFromBase(t *testing.T) {
	base := project(t)
	cheap := strings.ReplaceAll(pricesYAML, "input: 4, cache_read: 4, output: 16", "input: 0.04, cache_read: 0.04, output: 0.16")
	was := compare(t, base, base)
	for name, head := range map[string]files{
		"edited":   base.edit("prices.yaml", cheap),
		"replaced": base.edit("tokengate.yaml", strings.ReplaceAll(tokengateYAML, "[prices.yaml]", "[cheap.yaml]"), "cheap.yaml", cheap),
		"removed":  base.without("prices.yaml"),
	} {
		r := compare(t, base, head)
		if r.Total.Head.RecordedCost.Cmp(was.Total.Head.RecordedCost) != 0 || r.Verdict.Status == report.Fail {
			t.Errorf("%s: %s, want %s; %s", name, r.Total.Head.RecordedCost, was.Total.Head.RecordedCost, texts(r))
		}
	}
	r := compare(t, base.edit("prices.yaml", cheap), base)
	if got, want := r.Total.Head.RecordedCost.Times(100), was.Total.Head.RecordedCost; got.Cmp(want) != 0 {
		t.Errorf("base's cheaper prices: a hundred times it is %s, want %s", got, want)
	}
	if !strings.Contains(strings.Join(r.Provenance.PricesFrom, " "), "prices.yaml") {
		t.Errorf("prices from %v", r.Provenance.PricesFrom)
	}
}
