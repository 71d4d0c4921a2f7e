package gate_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/token"
)

const calibrationFile = "tokengate.calibration.json"

// calibration is a file that gives both Claude generations one factor each for every class, with one error.
func calibration(t testing.TB, older, newer, relative float64) string {
	t.Helper()
	factors := func(ratio float64) token.Calibrated {
		c := token.Calibrated{Samples: 214, Basis: token.Basis{Sources: []token.SourceSum{{Name: "oct.jsonl", SHA256: strings.Repeat("0a", 32)}}}, Factors: map[token.Class]token.ClassFactor{}}
		for _, class := range []token.Class{token.Prose, token.Markdown, token.Code, token.JSON, token.CJK, token.Other} {
			c.Factors[class] = token.ClassFactor{Ratio: ratio, RelativeError: relative, Samples: 40}
		}
		return c
	}
	b, err := (*token.Calibration)(nil).With("claude-3", factors(older)).With("claude-4.7", factors(newer)).Write()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// claude is the project on two models of one price whose tokenizers are not public: large is of the older generation,
// small of the newer one.
func claude(t testing.TB, edit ...string) files {
	prices := strings.ReplaceAll(pricesYAML, "acme/large: {like: gpt-4o", "acme/large: {like: claude-opus-4-6")
	prices = strings.ReplaceAll(prices, "acme/small: {like: gpt-4o, input: 2, cache_read: 2, output: 8", "acme/small: {like: claude-opus-4-7, input: 4, cache_read: 4, output: 16")
	return project(t).edit("prices.yaml", prices).edit(edit...)
}

func calibrated(t testing.TB, older, newer, relative float64) files {
	return claude(t, calibrationFile, calibration(t, older, newer, relative), "tokengate.yaml", tokengateYAML+"calibration: "+calibrationFile+"\n")
}

// A change counts by base's calibration, whatever it does to it: it cannot lower its own counts, and the edit is named.
func TestCalibrationFromBase(t *testing.T) {
	base := calibrated(t, 1.2, 1.6, 0.02)
	over := base.edit("prompts/answer.md", longer(2000))
	want := compare(t, base, over)
	tokens := want.Causes[0].Tokens
	if want.Verdict.Status != report.Fail || want.Causes[0].Error != 0.02 || want.Provenance.CountingBy != "o200k × 1.20 (calibrated, 40 samples)" {
		t.Fatalf("%+v, counted by %s; %s", want.Causes[0], want.Provenance.CountingBy, texts(want))
	}
	half := calibration(t, 0.6, 0.8, 0.02)
	for _, c := range []struct {
		name, rule, message string
		head                files
	}{
		{"edited", "calibration-changed", "this change edits the calibration (sha256:", over.edit(calibrationFile, half)},
		{"another file", "policy-changed", "calibration is changed from " + calibrationFile + " to half.json; base's still holds here",
			over.edit("half.json", half, "tokengate.yaml", tokengateYAML+"calibration: half.json\n")},
		{"no file", "policy-changed", "calibration is changed from " + calibrationFile + " to its default; base's still holds here",
			over.without(calibrationFile).edit("tokengate.yaml", tokengateYAML)},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := compare(t, base, c.head)
			found := findings(r, c.rule)
			if r.Verdict.Status != report.Fail || r.Causes[0].Tokens != tokens || r.Provenance.Calibration.Path != calibrationFile {
				t.Errorf("%d tokens, want %d; %s", r.Causes[0].Tokens, tokens, texts(r))
			}
			if len(found) != 1 || !strings.HasPrefix(found[0].Message, c.message) || found[0].Approver != "@finance" || found[0].Place.IsZero() {
				t.Errorf("%+v", found)
			}
		})
	}
	if r := compare(t, base, over); len(findings(r, "calibration-changed")) > 0 {
		t.Error("a calibration that did not change is called changed")
	}
}

// A calibration that a change adds counts once merged; in the change that adopts the gate it holds at once.
func TestCalibrationAdded(t *testing.T) {
	head := calibrated(t, 0.6, 0.8, 0.02).edit("prompts/answer.md", longer(2000))
	r := compare(t, claude(t), head)
	if r.Provenance.Calibration != nil || len(findings(r, "policy-changed")) != 1 || r.Causes[0].Error < 0.05 {
		t.Errorf("%+v; %s", r.Causes[0], texts(r))
	}
	r = compare(t, claude(t).without("tokengate.yaml"), head)
	if r.Provenance.Calibration == nil || r.Causes[0].Error != 0.02 {
		t.Errorf("first adoption: %+v", r.Causes[0])
	}
}

// A file that is named and missing, or was edited by hand, stops the run at its place: published factors would be
// another gate than the one declared.
func TestCalibrationUnusable(t *testing.T) {
	base := calibrated(t, 1.2, 1.6, 0.02)
	tampered := strings.Replace(base[calibrationFile], "1.2", "0.6", 1)
	for _, c := range []struct {
		name, rules, file string
		head              files
	}{
		{"missing", "path-missing", "tokengate.yaml", base.without(calibrationFile)},
		{"tampered", "calibration-digest", calibrationFile, base.edit(calibrationFile, tampered)},
		{"no JSON", "calibration-value", calibrationFile, base.edit(calibrationFile, "factors: 1\n")},
		{"outside", "path-outside", "tokengate.yaml", base.edit("tokengate.yaml", tokengateYAML+"calibration: ../c.json\n")},
	} {
		for side, in := range map[string]gate.Input{"with a base": input(t, base, c.head), "alone": input(t, nil, c.head)} {
			rep, diags, err := gate.Run(in)
			if rep != nil || err != nil || len(diags) == 0 || diags[0].Span.File != c.file || diags[0].Span.Start.Line == 0 || diags[0].Hint == "" {
				t.Fatalf("%s, %s: %v %v", c.name, side, diags, err)
			}
			if c.name != "no JSON" && rules(diags) != c.rules {
				t.Errorf("%s, %s: %v", c.name, side, diags)
			}
		}
	}
	r := compare(t, base.edit(calibrationFile, tampered), base) // it was merged: the change that mends it must pass
	if found := findings(r, "base-unusable"); len(found) != 1 || r.Verdict.Status != report.Warn || r.Provenance.Calibration == nil {
		t.Errorf("%s", texts(r))
	}
}

// The report says what the counts rest on.
func TestCalibrationProvenance(t *testing.T) {
	base := calibrated(t, 1.2, 1.6, 0.02)
	c, _ := token.ReadCalibration([]byte(base[calibrationFile]), calibrationFile)
	want := &report.Calibration{Path: calibrationFile, Digest: c.Digest(), Families: []string{"claude-3", "claude-4.7"}, Samples: 428}
	r := compare(t, base, base)
	if diff := cmp.Diff(want, r.Provenance.Calibration); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(r.Templates[0].Method, "calibrated, 40 samples") {
		t.Errorf("templates are counted by %q", r.Templates[0].Method)
	}
}

// perCall puts a ceiling on the input of the answer track's calls: recorded are 900 to 1100 tokens, P95 1100.
func perCall(f files, limit, more string) files {
	return f.edit("tokengate.yaml", strings.Replace(f["tokengate.yaml"], "ceiling: $5", "per_call: {input_tokens: "+limit+"}"+more, 1))
}

// A template that grows close to a ceiling on a call, on a tokenizer that is not public: published factors leave the
// verdict open and say which error would settle it; a calibration decides it, either way.
func TestDoubtfulEdit(t *testing.T) {
	edited := longer(400) // 400 words, as many o200k tokens but for a few
	const check = "track/answer/per_call/input_tokens"
	for _, c := range []struct {
		name, limit string
		tree        files
		want        report.Status
		settle      string
	}{
		{"published, close", "1600", claude(t), report.Inconclusive, "instead of ±10.6%: run tokengate calibrate, or move the ceiling"},
		{"published, far below", "1800", claude(t), report.Pass, ""},
		{"published, far over", "1300", claude(t), report.Fail, ""},
		{"calibrated, below", "1600", calibrated(t, 1.2, 1.6, 0.01), report.Pass, ""},
		{"calibrated, over", "1600", calibrated(t, 1.3, 1.6, 0.01), report.Fail, ""},
		{"calibrated badly", "1600", calibrated(t, 1.2, 1.6, 0.2), report.Inconclusive, "instead of ±20.0%"},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := perCall(c.tree, c.limit, "")
			r := compare(t, base, base.edit("prompts/answer.md", edited))
			got := checkOf(t, r, check)
			if r.Verdict.Status != c.want || got.Status != c.want || !strings.Contains(got.Settle, c.settle) || (got.Settle == "") != (c.settle == "") {
				t.Errorf("%s: %q; %s", got.Text, got.Settle, texts(r))
			}
		})
	}
}

// A model of the same price and another tokenizer: the cause is the tokenizer, with its money, and all of the prompt is
// in doubt. With published ratios 1100 tokens are 1540, give or take 14 %; fitted ones decide.
func TestDoubtfulSwap(t *testing.T) {
	const check = "track/answer/per_call/input_tokens"
	for _, c := range []struct {
		name, limit string
		tree        files
		want        report.Status
		settle      string
	}{
		{"published, close", "1600", claude(t), report.Inconclusive, "a count known to ±3.8% instead of ±14.0%: run tokengate calibrate, or move the ceiling"},
		{"published, far below", "1900", claude(t), report.Pass, ""},
		{"published, far over", "1300", claude(t), report.Fail, ""},
		{"calibrated, below", "1600", calibrated(t, 1.2, 1.68, 0.015), report.Pass, ""},
		{"calibrated, over", "1600", calibrated(t, 1.2, 1.9, 0.015), report.Fail, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := perCall(c.tree, c.limit, "")
			head := base.edit("tokengate.yaml", strings.ReplaceAll(base["tokengate.yaml"], "acme/large", "acme/small"))
			r := compare(t, base, head)
			got := checkOf(t, r, check)
			if r.Verdict.Status != c.want || got.Status != c.want || got.Settle != c.settle {
				t.Errorf("%s: %q; %s", got.Text, got.Settle, texts(r))
			}
			if len(r.Causes) != 2 || r.Causes[0].Kind != "tokenizer" || r.Causes[0].Cost.Sign() <= 0 || r.Causes[1].Cost.Sign() != 0 || r.Causes[0].Error == 0 {
				t.Errorf("causes %+v", r.Causes)
			}
			if e := r.Total.Cost; e.High-e.Low < 0.01 || e.Ratio <= 0 {
				t.Errorf("the effect %+v leaves the counting out", e)
			}
		})
	}
}

// Every kind of ceiling knows the doubt: of a swap by 1.40 ± 14 %, 19.6 points of the recorded level.
func TestDoubtByCeiling(t *testing.T) {
	for _, c := range []struct{ ceiling, check string }{
		{"per_call: {input_tokens: 1600}", "track/answer/per_call/input_tokens"},
		{"per_call: {output_tokens: 320}", "track/answer/per_call/output_tokens"},
		{"per_call: {tokens: 1900}", "track/answer/per_call/tokens"},
		{"per_call: {cost: 0.0118 USD}", "track/answer/per_call/cost"},
		{"per_session: {cost: 0.031 USD}", "track/answer/per_session/cost"},
		{"per_session: {tokens: 5.5k}", "track/answer/per_session/tokens"},
		{"growth: {cost: 45%}", "track/answer/growth/cost"},
		{"growth: {tokens: 35%}", "track/answer/growth/tokens"},
		{"ceiling: $4.7", "track/answer/period/cost"},
		{"ceiling: 800k", "track/answer/period/tokens"},
	} {
		status := func(tree files) report.Check {
			base := tree.edit("tokengate.yaml", strings.Replace(tree["tokengate.yaml"], "ceiling: $5", c.ceiling, 1))
			return checkOf(t, compare(t, base, base.edit("tokengate.yaml", strings.ReplaceAll(base["tokengate.yaml"], "acme/large", "acme/small"))), c.check)
		}
		if got := status(claude(t)); got.Status != report.Inconclusive || !strings.Contains(got.Settle, "instead of ±14.0%") {
			t.Errorf("%s: %s, %q", c.ceiling, got.Text, got.Settle)
		}
		if got := status(calibrated(t, 1.2, 1.68, 0.01)); got.Status == report.Inconclusive {
			t.Errorf("%s, calibrated: %s, %q", c.ceiling, got.Text, got.Settle)
		}
	}
}

// The forecast's own spread grows with the doubt: the same ratio, once known to ±14 % and once to ±1.4 %.
func TestDoubtWidensForecast(t *testing.T) {
	spread := func(tree files) float64 {
		r := compare(t, tree, tree.edit("tokengate.yaml", strings.ReplaceAll(tree["tokengate.yaml"], "acme/large", "acme/small")))
		return r.Total.Head.Cost.P95.Float() / r.Total.Head.Cost.P50.Float()
	}
	if wide, narrow := spread(claude(t)), spread(calibrated(t, 1.2, 1.68, 0.01)); wide < narrow*1.001 {
		t.Errorf("P95 ÷ P50 is %.4f with the published ratio and %.4f with the fitted one", wide, narrow)
	}
}

// A tokenizer that nobody published, and that is taken to be its predecessor's, moves no token; that it does not is
// not known, so no ceiling on growth is kept for certain.
func TestDoubtWithoutMove(t *testing.T) {
	prices := strings.ReplaceAll(pricesYAML, "acme/small: {like: gpt-4o, input: 2, cache_read: 2, output: 8", "acme/small: {like: openai/gpt-6-sol, input: 4, cache_read: 4, output: 16")
	base := project(t).edit("prices.yaml", prices)
	for limit, want := range map[string]report.Status{"10%": report.Inconclusive, "20%": report.Pass} {
		base = base.edit("tokengate.yaml", strings.Replace(tokengateYAML, "ceiling: $5", "growth: {cost: "+limit+"}", 1))
		r := compare(t, base, base.edit("tokengate.yaml", strings.ReplaceAll(base["tokengate.yaml"], "acme/large", "acme/small")))
		got := checkOf(t, r, "track/answer/growth/cost")
		if got.Status != want || (got.Settle != "") != (want == report.Inconclusive) {
			t.Errorf("%s: %s, %q; %s", limit, got.Text, got.Settle, texts(r))
		}
	}
}

// A fixture whose limit lies inside the error of its count is neither met nor missed.
func TestDoubtfulFixture(t *testing.T) {
	fixture := "fixtures:\n  - {name: one, template: prompts/answer.md, vars: {question: why}, expect: {max_tokens: LIMIT}}\n"
	for _, c := range []struct {
		limit string
		tree  files
		want  report.Status
		rule  string
	}{
		{"500", claude(t), report.Inconclusive, "fixture-unsure"}, // 1.18 × some 420
		{"480", claude(t), report.Inconclusive, "fixture-unsure"},
		{"900", claude(t), report.Pass, ""},
		{"400", claude(t), report.Fail, "fixture-expectation"},
		{"540", calibrated(t, 1.2, 1.6, 0.01), report.Pass, ""},
	} {
		tree := c.tree.edit("prompts/answer.md", longer(400)+"\n# Token budget\n\n```yaml tokengate\nmodel: acme/large\n```\n", "f.yaml", strings.Replace(fixture, "LIMIT", c.limit, 1))
		tree = tree.edit("tokengate.yaml", tree["tokengate.yaml"]+"fixtures: [f.yaml]\n")
		r := compare(t, tree, tree)
		if r.Verdict.Status != c.want || c.rule != "" && len(findings(r, c.rule)) != 1 {
			t.Errorf("%s: %s", c.limit, texts(r))
		}
		for _, f := range findings(r, "fixture-unsure") {
			if !strings.Contains(f.Hint, " would settle it: run tokengate calibrate") || f.Place.File != "f.yaml" {
				t.Errorf("%+v", f)
			}
		}
	}
}

// memory is a memo, and counts what it lacked.
type memory struct {
	counts map[[sha256.Size]byte]int64
	missed int
}

func (m *memory) Get(key [sha256.Size]byte) (int64, bool) {
	n, ok := m.counts[key]
	if !ok {
		m.missed++
	}
	return n, ok
}

func (m *memory) Put(key [sha256.Size]byte, n int64) { m.counts[key] = n }

// A second check of the same texts counts nothing, so no vocabulary is read; and a memo changes no byte of the report.
func TestMemo(t *testing.T) {
	base := claude(t)
	in := input(t, base, base.edit("prompts/answer.md", longer(400), "docs/style.md", styleMD+"\nNo globals.\n"))
	want := write(t, check(t, in))
	memo := &memory{counts: map[[sha256.Size]byte]int64{}}
	in.Memo = memo
	for _, missed := range []bool{true, false} {
		memo.missed = 0
		if diff := cmp.Diff(want, write(t, check(t, in))); diff != "" {
			t.Errorf("with a memo the report differs:\n%s", diff)
		}
		if missed != (memo.missed > 0) {
			t.Errorf("%d texts had to be counted", memo.missed)
		}
	}
}
