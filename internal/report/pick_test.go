package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/report"
)

func check(id string, kind string, used float64, status report.Status) report.Check {
	return report.Check{ID: id, Kind: kind, Used: used, Status: status, Head: &report.Quantity{}, Text: "text of " + id}
}

func TestTightest(t *testing.T) {
	unmeasured := check("unmeasured", report.PeriodKind, 9, report.Inconclusive)
	unmeasured.Head = nil
	for _, c := range []struct {
		name   string
		checks []report.Check
		want   string
	}{
		{"none", nil, ""},
		{"not measured", []report.Check{unmeasured}, ""},
		{"period before others", []report.Check{check("unit", "per_call", 2, report.Fail), check("period", report.PeriodKind, .5, report.Pass), unmeasured}, "period"},
		{"largest", []report.Check{check("a", report.PeriodKind, .5, report.Pass), check("b", report.PeriodKind, .9, report.Pass)}, "b"},
		{"first of equals", []report.Check{check("a", "growth", .5, report.Pass), check("b", "per_call", .5, report.Pass)}, "a"},
	} {
		got := ""
		if c := (&report.Report{Checks: c.checks}).Tightest(); c != nil {
			got = c.ID
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Every check that is not a pass stands in exactly one list.
func TestStanding(t *testing.T) {
	var r report.Report
	for _, status := range report.Statuses() {
		for _, inherits := range []bool{false, true} {
			c := check(string(status), "growth", 1, status)
			if c.Inherits = inherits; inherits {
				c.ID += "-inherited"
			}
			r.Checks = append(r.Checks, c)
		}
	}
	ids := func(list []*report.Check) (out []string) {
		for _, c := range list {
			out = append(out, c.ID)
		}
		return out
	}
	s := r.Standing()
	got := [][]string{ids(s.New), ids(s.Unsettled), ids(s.Inherited), ids(s.Close)}
	want := [][]string{{"fail"}, {"inconclusive"}, {"warn-inherited", "inconclusive-inherited", "fail-inherited"}, {"warn"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOtherReasons(t *testing.T) {
	r := &report.Report{Checks: []report.Check{check("a", "growth", 1, report.Fail)}}
	r.Verdict = report.Verdict{Headline: "h", Reasons: []string{"h", "text of a", "new", "new"}}
	if diff := cmp.Diff([]string{"new"}, r.OtherReasons()); diff != "" {
		t.Error(diff)
	}
}

func TestPeriodChecks(t *testing.T) {
	r := &report.Report{Checks: []report.Check{check("a", report.PeriodKind, 1, report.Fail), check("b", "growth", 1, report.Fail)}}
	got := r.PeriodChecks(&report.Group{Checks: []string{"b", "missing", "a"}})
	if len(got) != 1 || got[0] != &r.Checks[0] {
		t.Errorf("%v", got)
	}
}
