package gate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/traffic"
)

const unitLimits = `, ceiling: $5, per_call: {output_tokens: 1000}, per_session: {output_tokens: 9000}}`

// weighed is the project with changed calls and with ceilings per call and per session on the answer track.
func weighed(t *testing.T, change func(int, *traffic.Call)) *report.Report {
	t.Helper()
	tree := project(t).edit("traffic/oct.jsonl", strings.Join(recording(t, change), ""),
		"tokengate.yaml", strings.Replace(tokengateYAML, ", ceiling: $5}", unitLimits, 1))
	return compare(t, tree, tree)
}

// A track of which only means are known is in every sum, and passes no ceiling on a call or a session.
func TestOnlyMeans(t *testing.T) {
	r := weighed(t, func(_ int, c *traffic.Call) { c.UsageIsMean = c.Track == "answer" })
	plain := weighed(t, func(int, *traffic.Call) {})
	if r.Total.Head.RecordedTokens != plain.Total.Head.RecordedTokens || r.Provenance.Calls != plain.Provenance.Calls {
		t.Errorf("%d tokens of %d calls, %d of %d without means", r.Total.Head.RecordedTokens, r.Provenance.Calls, plain.Total.Head.RecordedTokens, plain.Provenance.Calls)
	}
	for _, id := range []string{"track/answer/per_call/output_tokens", "track/answer/per_session/output_tokens"} {
		if c := checkOf(t, r, id); c.Status != report.Inconclusive || !strings.Contains(c.Text, "only means of calls recorded") {
			t.Errorf("%s: %s %s", id, c.Status, c.Text)
		}
		if c := checkOf(t, plain, id); c.Status != report.Pass {
			t.Errorf("%s without means: %s %s", id, c.Status, c.Text)
		}
	}
	said := func(a string) bool { return strings.Contains(a, "known only as means of several") }
	if !slices.ContainsFunc(r.Provenance.Assumptions, said) || slices.ContainsFunc(plain.Provenance.Assumptions, said) {
		t.Errorf("assumptions %q", r.Provenance.Assumptions)
	}
}

// One answer in ten is long. Where each of the others stands for a hundred calls, the long ones are one in a thousand and
// the 95th percentile is a short one; where all weigh the same, it is a long one.
func TestWeightedCalls(t *testing.T) {
	long := func(i int, c *traffic.Call) {
		if i%20 == 0 {
			c.Usage.Output = 5000
		}
	}
	if c := checkOf(t, weighed(t, long), "track/answer/per_call/output_tokens"); c.Status == report.Pass {
		t.Errorf("unweighed: %s", c.Text)
	}
	r := weighed(t, func(i int, c *traffic.Call) {
		if long(i, c); i%20 != 0 {
			c.Weight = 100
		}
	})
	if c := checkOf(t, r, "track/answer/per_call/output_tokens"); c.Status != report.Pass {
		t.Errorf("weighed: %s", c.Text)
	}
	if !slices.ContainsFunc(r.Provenance.Assumptions, func(a string) bool {
		return strings.Contains(a, "sessions hold calls that stand for different numbers")
	}) {
		t.Errorf("assumptions %q", r.Provenance.Assumptions)
	}
}
