package report

import "slices"

// PeriodKind is the Check.Kind of a ceiling on a whole period's spend; every other kind is independent of volume.
const PeriodKind = "period"

// Check returns the check with this id, or nil.
func (r *Report) Check(id string) *Check {
	i := slices.IndexFunc(r.Checks, func(c Check) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return &r.Checks[i]
}

// PeriodChecks returns the period ceilings held on a group, in the group's order.
func (r *Report) PeriodChecks(g *Group) []*Check {
	var out []*Check
	for _, id := range g.Checks {
		if c := r.Check(id); c != nil && c.Kind == PeriodKind {
			out = append(out, c)
		}
	}
	return out
}

// Tightest returns the period ceiling with the least headroom, or, where no period ceiling was measured, the tightest of
// the others; nil when nothing was measured. Of equals the first in the report's order wins.
func (r *Report) Tightest() *Check {
	var best *Check
	for i := range r.Checks {
		c := &r.Checks[i]
		if c.Head == nil {
			continue
		}
		period, bestPeriod := c.Kind == PeriodKind, best != nil && best.Kind == PeriodKind
		if best == nil || period && !bestPeriod || period == bestPeriod && c.Used > best.Used {
			best = c
		}
	}
	return best
}

// Standing sorts checks by what their reader must do about them.
type Standing struct {
	New       []*Check // over because of this change: these fail it
	Unsettled []*Check // cannot be judged
	Inherited []*Check // over on base as well, and not made worse
	Close     []*Check // warned about, and not inherited
}

// Standing sorts the checks that are not simply passed, keeping the report's order. Every check that is not a pass is in
// exactly one list.
func (r *Report) Standing() Standing {
	var s Standing
	for i := range r.Checks {
		c := &r.Checks[i]
		switch {
		case c.Inherits && c.Status != Pass:
			s.Inherited = append(s.Inherited, c)
		case c.Status == Fail:
			s.New = append(s.New, c)
		case c.Status == Inconclusive:
			s.Unsettled = append(s.Unsettled, c)
		case c.Status == Warn:
			s.Close = append(s.Close, c)
		}
	}
	return s
}

// OtherReasons returns the verdict's reasons that are neither its headline nor the text of a check, so that a format
// which lists the checks does not say a thing twice.
func (r *Report) OtherReasons() []string {
	said := map[string]bool{r.Verdict.Headline: true}
	for _, c := range r.Checks {
		said[c.Text] = true
	}
	var out []string
	for _, reason := range r.Verdict.Reasons {
		if !said[reason] {
			said[reason] = true
			out = append(out, reason)
		}
	}
	return out
}
