package gate_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

// holed is the recording without the calls of some days, counted from its first.
func holed(t testing.TB, days ...int) string {
	t.Helper()
	var out []string
	lines := recording(t)
	for i, c := range calls() {
		if day := int(c.Time.Sub(firstDay) / (24 * time.Hour)); !slices.Contains(days, day) {
			out = append(out, lines[i])
		}
	}
	return strings.Join(out, "")
}

func said(r *report.Report, text string) bool {
	return slices.ContainsFunc(r.Provenance.Notes, func(n string) bool { return strings.Contains(n, text) })
}

// A Tuesday and a Wednesday without a call, between busy days, do not lower the forecast: without them it is what it is
// with them listed as missing, and less where they are said to be silent.
func TestRecordingGap(t *testing.T) {
	tree := project(t).edit("traffic/oct.jsonl", holed(t, 15, 16))
	say := func(key string) files {
		return tree.edit("tokengate.yaml", tokengateYAML+key+": [2026-11-03, 2026-11-04]\n")
	}
	whole, r, missing, silent := compare(t, project(t), project(t)), compare(t, tree, tree), compare(t, say("missing_days"), say("missing_days")), compare(t, say("silent_days"), say("silent_days"))
	found := findings(r, "recording-gap")
	want := "nothing was recorded on 2026-11-03 to 2026-11-04 (2 days), between busy days: taken as missing, and left out of the history so that the forecast does not sink"
	if len(found) != 1 || found[0].Message != want || found[0].Hint == "" || found[0].Place.String() != "tokengate.yaml:8:21" || r.Verdict.Status != report.Warn || r.Provenance.Days != days-2 {
		t.Errorf("%d days, %+v", r.Provenance.Days, found)
	}
	if len(findings(missing, "recording-gap"))+len(findings(silent, "recording-gap")) > 0 || missing.Verdict.Status != report.Pass || silent.Verdict.Status != report.Pass {
		t.Errorf("%s\n%s", texts(missing), texts(silent))
	}
	if !said(missing, "2026-11-03 to 2026-11-04 (2 days): not recorded, as missing_days says") || missing.Provenance.Days != days-2 || silent.Provenance.Days != days {
		t.Errorf("%q, %d and %d days", missing.Provenance.Notes, missing.Provenance.Days, silent.Provenance.Days)
	}
	at := func(r *report.Report) float64 { return r.Total.Head.Cost.P50.Float() }
	if at(r) != at(missing) || math.Abs(at(r)-at(whole)) > 0.03*at(whole) || at(silent) > 0.98*at(r) {
		t.Errorf("P50 is $%.2f, $%.2f with the days listed as missing, $%.2f as silent, $%.2f whole", at(r), at(missing), at(silent), at(whole))
	}
}

// Silent weekends are a pattern and stay zeros without a word; a single silent weekend may be either and is named.
func TestSilentWeekends(t *testing.T) {
	tree := project(t).edit("traffic/oct.jsonl", holed(t, 5, 6, 12, 13, 19, 20, 26, 27))
	if r := compare(t, tree, tree); len(findings(r, "recording-gap")) > 0 || r.Provenance.Days != days-2 { // it ends on a Friday
		t.Errorf("%d days, %s", r.Provenance.Days, texts(r))
	}
	tree = project(t).edit("traffic/oct.jsonl", holed(t, 5, 6, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27))
	r := compare(t, tree, tree)
	if found := findings(r, "recording-gap"); len(found) != 1 || r.Provenance.Days != 10 || found[0].Severity != source.Info || !strings.Contains(found[0].Message, "2026-10-24 to 2026-10-25 (2 days): counted as days without calls") {
		t.Errorf("%d days, %s", r.Provenance.Days, texts(r))
	}
}

// A policy of base says which days are missing: a change cannot take its busiest days out of the history.
func TestMissingDaysFromBase(t *testing.T) {
	head := project(t).edit("tokengate.yaml", tokengateYAML+"missing_days: [2026-11-03]\n")
	if r := compare(t, project(t), head); len(findings(r, "policy-changed")) != 1 || r.Provenance.Days != days {
		t.Errorf("%s", texts(r))
	}
}

// Of November, the day of the run being the 23rd: the 1st to the 15th are recorded, the 16th to the 22nd are past and
// not recorded, and the rest is to come. The first fifteen days are certain, on both sides and in base's money.
func TestCalendarMonth(t *testing.T) {
	base := project(t).edit("tokengate.yaml", tokengateYAML+"period: calendar_month\n")
	head := base.edit("prompts/answer.md", longer(2000))
	r := compare(t, base, head)
	if want := (report.Period{Name: "month", Days: 30, Calendar: true, From: "2026-11-01", Until: "2026-11-30", Recorded: 15}); r.Period != want {
		t.Errorf("%+v, want %+v", r.Period, want)
	}
	spent, tokens := 0.0, 0.0
	for _, c := range calls() {
		if c.Time.Month() == time.November {
			spent += float64(c.Usage.Input)*4e-6 + float64(c.Usage.Output)*16e-6
			tokens += float64(c.Usage.Total())
		}
	}
	if !said(r, "tokens were spent on the 15 days recorded, whatever the change does; 15 days are forecast, 7 of them past but not recorded whole") {
		t.Errorf("%q", r.Provenance.Notes)
	}
	rolling := project(t).edit("tokengate.yaml", strings.Replace(base["tokengate.yaml"], "calendar_month", "week", 1))
	week := compare(t, rolling, rolling).Total.Base.Cost
	got := r.Total.Base.Cost
	if daily := (got.P50.Float() - spent) / 15; math.Abs(daily-week.P50.Float()/7) > 0.2*daily || got.P90.Float() <= got.P50.Float() {
		t.Errorf("$%.2f of $%.2f is spent, which leaves $%.3f a day; a week has $%.3f a day", spent, got.P50.Float(), daily, week.P50.Float()/7)
	}
	if low := r.Total.Base.Cost.P50.Float(); low < spent || float64(r.Total.Base.Tokens.P50) < tokens {
		t.Errorf("less than is spent already: $%.2f of $%.2f", low, spent)
	}
	// The change moves the open half only: its effect on the period is about half of its effect on a call.
	whole := r.Total.Cost.Ratio
	if moved := r.Total.Head.Cost.P50.Float()/got.P50.Float() - 1; math.Abs(moved-whole*(1-spent/got.P50.Float())) > 0.01 {
		t.Errorf("the period moves by %.3f, a call by %.3f, $%.2f of $%s are spent", moved, whole, spent, got.P50)
	}
	sum := 0.0
	for _, c := range r.Causes {
		sum += c.Cost.Float()
	}
	if want := r.Total.Head.Cost.P50.Float() - got.P50.Float(); math.Abs(sum-want) > 0.05 {
		t.Errorf("causes add up to $%.2f, want $%.2f", sum, want)
	}
	if c := checkOf(t, r, "project/period/cost"); !strings.Contains(c.Text, "/month") {
		t.Error(c.Text)
	}
	valid(t, r)
}

// The last day of a period is nearly certain, and a quarter of 92 days of which nothing is known is forecast.
func TestCalendarEnds(t *testing.T) {
	run := func(period, now string) *report.Report {
		tree := project(t).edit("tokengate.yaml", tokengateYAML+"period: "+period+"\n")
		in := input(t, tree, tree)
		in.Now, _ = time.Parse(time.RFC3339, now)
		return check(t, in)
	}
	week := run("calendar_week", "2026-11-15T12:00:00Z") // a Sunday: six days are known
	if p := week.Total.Head.Cost; week.Period.Recorded != 6 || p.P95.Float() > 1.4*p.P50.Float() {
		t.Errorf("%+v, %+v", week.Period, p)
	}
	quarter, month := run("calendar_quarter", "2027-07-01T00:00:00Z"), run("quarter", "2027-07-01T00:00:00Z")
	if q, m := quarter.Total.Head.Cost.P50.Float(), month.Total.Head.Cost.P50.Float(); quarter.Period.Days != 92 || math.Abs(q-m*92/91) > 0.02 {
		t.Errorf("%+v: $%.2f, and $%.2f in 91 days", quarter.Period, q, m)
	}
}

// Three whole days give a wide forecast and say so; two give none.
func TestShortHistory(t *testing.T) {
	keep := func(n int) *report.Report {
		var gone []int
		for d := n; d < days; d++ {
			gone = append(gone, d)
		}
		tree := project(t).edit("traffic/oct.jsonl", holed(t, gone...))
		return compare(t, tree, tree)
	}
	wide, long := keep(3).Total.Head.Cost, keep(28).Total.Head.Cost
	if wide == nil || wide.P95.Float()/wide.P50.Float() < 1.2*long.P95.Float()/long.P50.Float() {
		t.Errorf("%+v on three days, %+v on 28", wide, long)
	}
	if r := keep(3); !slices.ContainsFunc(r.Method, func(s string) bool { return strings.Contains(s, "rests on 3 whole days") }) {
		t.Errorf("%q", r.Method)
	}
	r := keep(2)
	c := checkOf(t, r, "track/answer/period/cost")
	if r.Verdict.Status != report.Inconclusive || c.Status != report.Inconclusive || r.Total.Head.Cost != nil || !strings.Contains(c.Text, "2 whole days, 3 needed") {
		t.Errorf("%s", texts(r))
	}
}

// A free model costs nothing for certain, also where another strand of its track does not.
func TestFreeModel(t *testing.T) {
	tree := project(t).edit("prices.yaml", pricesYAML+"  acme/free: {like: gpt-4o, input: 0, cache_read: 0, output: 0}\n",
		"traffic/oct.jsonl", strings.Join(recording(t, func(i int, c *traffic.Call) {
			if i%4 == 0 {
				c.Model = "acme/free"
			}
		}), ""))
	r := compare(t, tree, tree)
	if g := groupOf(t, r.Models, "acme/free"); g.Head.Cost == nil || g.Head.Cost.P95.Sign() != 0 || g.Head.Tokens.P50 == 0 {
		t.Errorf("%+v", g.Head)
	}
	head := tree.edit("prices.yaml", tree["prices.yaml"]) // and one that moves to a model with a price takes head's own days
	head["tokengate.yaml"] = strings.Replace(tokengateYAML, "acme/large", "acme/small", 1)
	from := tree.edit("tokengate.yaml", strings.Replace(tokengateYAML, "acme/large", "acme/free", 1))
	r = compare(t, from, head)
	if a := groupOf(t, r.Tracks, "answer"); a.Head.Cost == nil || a.Head.Cost.P50.Float() <= a.Base.Cost.P50.Float() {
		t.Errorf("%+v %+v", a.Base.Cost, a.Head.Cost)
	}
}

// The day of the run is not over, so it is no whole day even where four fifths of its calls are in.
func TestDayOfTheClock(t *testing.T) {
	lines := recording(t)
	tree := project(t).edit("traffic/oct.jsonl", strings.Join(lines[:len(lines)-perDay-8], "")) // 32 of the 40 calls of 14 November
	in := input(t, tree, tree)
	in.Now = firstDay.AddDate(0, 0, days-2).Add(20 * time.Hour)
	if r := check(t, in); r.Provenance.Days != days-1 {
		t.Errorf("without a clock: %d days", r.Provenance.Days)
	}
	in.Clock = in.Now
	if r := check(t, in); r.Provenance.Days != days-2 || !said(r, "2026-11-14 is a partial day") {
		t.Errorf("%d days, %q", r.Provenance.Days, r.Provenance.Notes)
	}
}

// The recording ends on 15 November. Two weeks later it is still of use as it is; a day more is said, and so is a day of the
// run that lies inside it.
func TestStaleRecording(t *testing.T) {
	tree := project(t)
	for day, want := range map[string]string{
		"2026-11-16": "", "2026-11-29": "",
		"2026-11-30": "ends on 2026-11-15, 15 days before the day of the run",
		"2026-11-01": "goes on until 2026-11-15, after the day of the run (2026-11-01)",
	} {
		in := input(t, tree, tree)
		in.Now, _ = time.Parse(time.DateOnly, day)
		r := check(t, in)
		found := findings(r, "recording-stale")
		if (len(found) == 1) != (want != "") || want != "" && (!strings.Contains(found[0].Message, want) || r.Verdict.Status != report.Warn) {
			t.Errorf("%s: %s, %v", day, r.Verdict.Status, found)
		}
	}
}
