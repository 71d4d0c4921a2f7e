package gate_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/traffic"
)

// mixed is traffic of several tracks, features and models that go their own ways, a part of it without a track.
func mixed(t testing.TB) files {
	return project(t).edit("traffic/oct.jsonl", strings.Join(recording(t, func(i int, c *traffic.Call) {
		day := int(c.Time.Sub(firstDay) / (24 * time.Hour))
		c.Track, c.Feature = []string{"answer", "coding", "rerank", ""}[i%4], []string{"ask", "", "browse"}[i%3]
		if i%5 == 0 {
			c.Model = "acme/small"
		}
		c.Usage.Input *= int64(1 + day*day*(i%4+1)%11)
	}), ""))
}

// Tracks, features, models and templates add up to the project in every path, under a change that takes the tracks by
// different ratios and moves one to another model; and a plan keeps it so.
func TestPathsAddUp(t *testing.T) {
	base := mixed(t).edit("tokengate.yaml", tokengateYAML+`volume: [{track: coding, change: "+40%", from: 2026-12-01, reason: launch, spread: 30%}]`+"\n")
	head := base.edit("prompts/answer.md", longer(400), "tokengate.yaml", strings.ReplaceAll(base["tokengate.yaml"], "acme/large", "acme/small"))
	sums, err := gate.ScopePaths(input(t, base, head))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	for side := range 2 {
		total := map[string][]float64{}
		for scope, pair := range sums {
			if total[scope.Kind] == nil {
				total[scope.Kind] = make([]float64, len(pair[side]))
			}
			names[scope.Kind]++
			for path, v := range pair[side] {
				total[scope.Kind][path] += v
			}
		}
		for kind, got := range total {
			for path, want := range total["project"] {
				if math.Abs(got[path]-want) > 1e-9*want || want <= 0 {
					t.Fatalf("side %d, path %d: all of kind %s come to %g, the project to %g", side, path, kind, got[path], want)
				}
			}
		}
	}
	if names["track"] != 8 || names["feature"] != 6 || names["model"] != 4 || names["template"] != 4 {
		t.Errorf("%v", names)
	}
}

// planned is the project with entries under volume, compared with itself.
func planned(t *testing.T, tree files, entries string) *report.Report {
	t.Helper()
	tree = tree.edit("tokengate.yaml", tree["tokengate.yaml"]+"volume:\n"+entries+"\n")
	return compare(t, tree, tree)
}

func groupOf(t *testing.T, list []report.Group, name string) report.Group {
	t.Helper()
	i := slices.IndexFunc(list, func(g report.Group) bool { return g.Name == name })
	if i < 0 {
		t.Fatalf("no group %q", name)
	}
	return list[i]
}

// times compares the money of two groups at every quantile, on both sides.
func times(t *testing.T, what string, got, was report.Group, factor float64) {
	t.Helper()
	for _, pair := range [][2]*report.Side{{got.Head, was.Head}, {got.Base, was.Base}} {
		g, w := pair[0].Cost, pair[1].Cost
		for _, q := range [][2]float64{{g.P50.Float(), w.P50.Float()}, {g.P75.Float(), w.P75.Float()}, {g.P90.Float(), w.P90.Float()}, {g.P95.Float(), w.P95.Float()}} {
			if math.Abs(q[0]-factor*q[1]) > 0.011*(1+factor) { // both are rounded to cents
				t.Errorf("%s: $%.2f, want %.3f × $%.2f", what, q[0], factor, q[1])
			}
		}
	}
}

// The day of the run is 23 November, so the period's thirty days go to 22 December.
func TestVolumePlans(t *testing.T) {
	plain := compare(t, project(t), project(t))
	for _, c := range []struct {
		name, entries          string
		answer, coding, assume float64 // what the tracks are times; days the first entry is on
	}{
		{"a change from today", `- {track: answer, change: "+40%", from: 2026-11-23, reason: r}`, 1.4, 1, 30},
		{"from the middle", `- {track: answer, change: "+40%", from: 2026-12-08, reason: r}`, 1.2, 1, 15},
		{"for six days", `- {feature: ask, change: "-50%", from: 2026-12-01, until: 2026-12-06, reason: r}`, 0.9, 1, 6},
		{"of the project", `- {change: "+10%", from: 2026-11-23, reason: r}`, 1.1, 1.1, 30},
		{"of a model, by its short name", `- {model: acme/large, change: "+10%", from: 2026-11-23, reason: r}`, 1.1, 1.1, 30},
		{"two that multiply", "- {track: coding, change: \"+100%\", from: 2026-11-23, reason: r}\n- {change: \"-50%\", from: 2026-11-23, reason: r}", 0.5, 1, 30},
		{"a share", `- {track: answer, share: 75%, from: 2026-11-23, reason: r}`, 1.5, 0.5, 30},
		{"two shares", "- {track: answer, share: 30%, from: 2026-11-23, reason: r}\n- {track: coding, share: 20%, from: 2026-11-23, reason: r}", 0.6, 0.4, 30},
		{"the end", `- {track: coding, change: "-100%", from: 2026-11-23, reason: r}`, 1, 0, 30},
		{"after the period", `- {track: coding, change: "-100%", from: 2026-12-23, reason: r}`, 1, 1, 0},
		{"before the period", `- {track: coding, change: "-100%", from: 2026-10-23, until: 2026-11-22, reason: r}`, 1, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := planned(t, project(t), c.entries)
			times(t, "answer", groupOf(t, r.Tracks, "answer"), groupOf(t, plain.Tracks, "answer"), c.answer)
			times(t, "coding", groupOf(t, r.Tracks, "coding"), groupOf(t, plain.Tracks, "coding"), c.coding)
			days := fmt.Sprintf("(r), on %.0f of the 30 days that are forecast", c.assume)
			if !strings.Contains(strings.Join(r.Provenance.Assumptions, "\n"), days) {
				t.Errorf("%s: %q", days, r.Provenance.Assumptions)
			}
		})
	}
}

// Calls per period take the place of the median: twice the calls cost twice as much, and a call costs what it did.
// What recorded days had of a plan is not added again. The last 14 of 28 days make up (1 − 2^−2) ÷ (1 − 2^−4) = .8 of the
// level, so +40 % since then lacks 1.4 ÷ (1 + .4·.8) = 1.0606 of it; one that has ended is taken off, 1 ÷ 1.32; one from
// before the recording is in it.
func TestVolumeInRecording(t *testing.T) {
	was := compare(t, project(t), project(t))
	for entry, factor := range map[string]float64{
		`- {change: "+40%", from: 2026-11-02, reason: launch}`:                        1.4 / 1.32,
		`- {change: "+40%", from: 2026-11-02, until: 2026-11-15, reason: a campaign}`: 1 / 1.32,
		`- {change: "+40%", from: 2025-01-01, reason: launch}`:                        1,
		`- {change: "-100%", from: 2025-01-01, reason: over}`:                         1,
		`- {change: "+40%", from: 2026-11-16, reason: launch}`:                        1.4,
	} {
		r := planned(t, project(t), entry)
		times(t, entry, r.Total, was.Total, factor)
		if said := strings.Contains(strings.Join(r.Provenance.Assumptions, "\n"), "of the level, so only the rest"); said != (factor != 1.4) {
			t.Errorf("%s: %q", entry, r.Provenance.Assumptions)
		}
	}
}

func TestVolumeCalls(t *testing.T) {
	plain, tenth := compare(t, project(t), project(t)), planned(t, project(t), "- {track: answer, calls: 1k, from: 2026-11-23, reason: r}")
	answer := groupOf(t, tenth.Tracks, "answer")
	times(t, "ten times as many", groupOf(t, planned(t, project(t), "- {track: answer, calls: 10k, from: 2026-11-23, reason: r}").Tracks, "answer"), answer, 10)
	times(t, "coding", groupOf(t, tenth.Tracks, "coding"), groupOf(t, plain.Tracks, "coding"), 1)
	was := groupOf(t, plain.Tracks, "answer").Head
	perCall := was.RecordedCost.Float() / float64(groupOf(t, plain.Tracks, "answer").Calls)
	if got := answer.Head.Cost.P50.Float() / 1000; math.Abs(got-perCall) > 0.03*perCall {
		t.Errorf("a planned call costs $%.5f, a recorded one $%.5f", got, perCall)
	}
	if a, b := answer.Head.Cost.P90.Float()/answer.Head.Cost.P50.Float(), was.Cost.P90.Float()/was.Cost.P50.Float(); math.Abs(a-b) > 0.01 {
		t.Errorf("P90 is %.3f of P50, was %.3f", a, b)
	}
}

// A plan that may itself be off widens the forecast and leaves its median.
func TestVolumeSpread(t *testing.T) {
	const entry = `- {track: answer, change: "+40%", from: 2026-11-23, reason: r`
	sure, unsure := groupOf(t, planned(t, project(t), entry+"}").Tracks, "answer"), groupOf(t, planned(t, project(t), entry+", spread: 80%}").Tracks, "answer")
	if a, b := sure.Head.Cost.P50.Float(), unsure.Head.Cost.P50.Float(); math.Abs(a-b) > 0.05*a {
		t.Errorf("the median moved from $%.2f to $%.2f", a, b)
	}
	if a, b := sure.Head.Cost.P90.Float(), unsure.Head.Cost.P90.Float(); b < 1.1*a {
		t.Errorf("P90 is $%.2f with a doubtful plan, $%.2f with a sure one", b, a)
	}
}

// What the report says of a plan: what it is, why, when, and what it moved.
func TestVolumeProvenance(t *testing.T) {
	r := planned(t, project(t), `- {track: answer, change: "+40%", from: 2026-11-23, reason: launch in France}`)
	was := groupOf(t, compare(t, project(t), project(t)).Tracks, "answer").Head.Cost.P50
	now := groupOf(t, r.Tracks, "answer").Head.Cost.P50
	want := fmt.Sprintf("volume of track answer: +40%% from 2026-11-23 (launch in France), on 30 of the 30 days that are forecast: with all plans P50 is %s a month instead of %s", now, was)
	if !slices.Contains(r.Provenance.Assumptions, want) {
		t.Errorf("%q\nwant %s", r.Provenance.Assumptions, want)
	}
}

// A launch of what was never recorded is no number; neither is one before three days are recorded.
func TestVolumeUnrecorded(t *testing.T) {
	tree := project(t).edit("tokengate.yaml", strings.Replace(tokengateYAML, "tracks:\n", "tracks:\n  launch: {owner: x}\n", 1))
	r := planned(t, tree, "- {track: launch, calls: 5k, from: 2026-12-01, reason: r}")
	found := findings(r, "volume-unrecorded")
	if r.Verdict.Status != report.Inconclusive || len(found) != 1 || found[0].Place.String() != "tokengate.yaml:11:3" || found[0].Hint == "" ||
		found[0].Message != "the volume of track launch is planned (5,000 calls per period from 2026-12-01), but no recorded call belongs to it, and the volume of what was never recorded is not guessed" {
		t.Errorf("%s\n%+v", texts(r), found)
	}
	later := planned(t, tree, "- {track: launch, calls: 5k, from: 2027-03-01, reason: r}")
	if len(findings(later, "volume-unrecorded")) > 0 || !strings.Contains(strings.Join(later.Provenance.Assumptions, "\n"), "volume of track launch: 5,000 calls per period from 2027-03-01 (r), on 0 of the 30 days that are forecast: it moves nothing here") {
		t.Errorf("a launch after the period: %s\n%q", texts(later), later.Provenance.Assumptions)
	}
	short := project(t).edit("traffic/oct.jsonl", strings.Join(recording(t)[:30], ""))
	if r := planned(t, short, `- {track: answer, change: "+4%", from: 2026-12-01, reason: r}`); len(findings(r, "volume-unrecorded")) != 1 || r.Verdict.Status != report.Inconclusive {
		t.Errorf("%s", texts(r))
	}
	all := project(t).edit("tokengate.yaml", tokengateYAML)
	if r := planned(t, all, "- {model: acme/large, share: 40%, from: 2026-12-01, reason: r}"); r.Verdict.Status != report.Inconclusive || len(findings(r, "volume-unrecorded")) != 1 {
		t.Errorf("a share of what is all: %s", texts(r))
	}
}

// A name that nobody knows stops the change that writes it; what base merged is mended with a warning.
func TestVolumeUnknown(t *testing.T) {
	good := project(t)
	for kind, c := range map[string]struct{ entry, place, hint string }{
		"track":   {`{track: anser, change: "+4%", from: 2026-12-01, reason: r}`, "tokengate.yaml:10:11", `did you mean "answer"?`},
		"feature": {`{feature: asks, change: "+4%", from: 2026-12-01, reason: r}`, "tokengate.yaml:10:13", `did you mean "ask"?`},
		"model":   {`{model: acme/lrge, change: "+4%", from: 2026-12-01, reason: r}`, "tokengate.yaml:10:11", `did you mean "acme/large"?`},
		"far off": {`{track: zzzzzzzzz, change: "+4%", from: 2026-12-01, reason: r}`, "tokengate.yaml:10:11", "known are answer, coding"},
	} {
		bad := good.edit("tokengate.yaml", tokengateYAML+"volume:\n- "+c.entry+"\n")
		for side, in := range map[string]gate.Input{"alone": input(t, nil, bad), "against base": input(t, good, bad)} {
			rep, diags, err := gate.Run(in)
			if rep != nil || err != nil || rules(diags) != "volume-unknown" || diags[0].Span.String() != c.place || diags[0].Hint != c.hint {
				t.Errorf("%s, %s: %v %v %v", kind, side, rep, diags, err)
			}
		}
		r := compare(t, bad, good)
		if found := findings(r, "volume-unknown"); len(found) != 1 || r.Verdict.Status != report.Warn || found[0].Hint == "" {
			t.Errorf("%s, mended: %s", kind, texts(r))
		}
	}
}

// Plans are policy: base's hold, and an edit is named.
func TestVolumeFromBase(t *testing.T) {
	entry := func(change string) string {
		return tokengateYAML + `volume: [{track: answer, change: "` + change + `", from: 2026-11-23, reason: r}]` + "\n"
	}
	base := project(t).edit("tokengate.yaml", entry("+40%"))
	for name, c := range map[string]struct{ head, want string }{
		"less":    {entry("-90%"), "volume track answer from 2026-11-23 is changed from +40% from 2026-11-23, \"r\" to -90% from 2026-11-23, \"r\"; base's still holds here"},
		"removed": {tokengateYAML, "volume track answer from 2026-11-23 is changed from +40% from 2026-11-23, \"r\" to its default; base's still holds here"},
	} {
		r := compare(t, base, base.edit("tokengate.yaml", c.head))
		found := findings(r, "policy-changed")
		if len(found) != 1 || found[0].Message != c.want || found[0].Approver != "@finance" {
			t.Errorf("%s: %+v", name, found)
		}
		times(t, name, groupOf(t, r.Tracks, "answer"), groupOf(t, compare(t, base, base).Tracks, "answer"), 1)
	}
}

// Causes add up to the difference of the medians also where strands move by different ratios.
func TestCausesOfStrands(t *testing.T) {
	base := mixed(t)
	base["tokengate.yaml"] = strings.Replace(tokengateYAML, ".jsonl}", ".jsonl, sampling: 1%}", 1) // so that cents are small change
	head := base.edit("prompts/answer.md", longer(800), "tokengate.yaml", strings.Replace(base["tokengate.yaml"], "tracks:\n", "tracks:\n  rerank: {max_output_tokens: 100}\n", 1))
	r := compare(t, base, head)
	sum := 0.0
	for _, c := range r.Causes {
		sum += c.Cost.Float()
	}
	if want := r.Total.Head.Cost.P50.Float() - r.Total.Base.Cost.P50.Float(); len(r.Causes) < 2 || math.Abs(sum-want) > 0.001*want {
		t.Errorf("%d causes add up to $%.2f, want $%.2f", len(r.Causes), sum, want)
	}
}
