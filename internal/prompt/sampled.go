package prompt

import (
	"fmt"

	"github.com/tokengate/tokengate/internal/source"
)

// Samples are sets of variables that a template is measured with, each weighing as much as the others.
type Samples struct {
	Vars  []map[string]any
	Basis string // what they are, such as "the mean of 3 fixtures"
	Shown int    // index of the set whose rendering shows sections and places
}

// Sampled gives the template as it is sent with each of several sets of variables: Renderings of the result lists
// the renderings in the order of the sets, and Files is the one of them that is shown. Where that one sends nothing, the first
// that sends something is. A template that is not rendered, or one without a set, is given back as it is. A set that the
// template cannot be rendered with is an error, said once for a place.
func (t *Template) Sampled(s Samples) (*Template, source.Diagnostics) {
	if t == nil || t.program == nil || len(s.Vars) == 0 {
		return t, nil
	}
	var diags source.Diagnostics
	said := map[source.Diagnostic]bool{}
	all := make([]*Template, len(s.Vars))
	for i, vars := range s.Vars {
		one, wrong := t.With(vars)
		all[i] = one
		for _, d := range wrong {
			if d.Severity == source.Error && !said[d] {
				said[d] = true
				diags = append(diags, d)
			}
		}
		if wrong.HasErrors() && len(said) > maxSampleErrors {
			return t, diags
		}
	}
	shown := min(max(s.Shown, 0), len(all)-1)
	for i := 0; all[shown].Text() == "" && i < len(all); i++ {
		if all[i].Text() != "" {
			shown = i
		}
	}
	out := *all[shown]
	out.Basis, out.Renderings = s.Basis, all
	return &out, diags
}

// maxSampleErrors is after how many different errors the rest of the sets is not tried.
const maxSampleErrors = 3

// Nearest is the index of the set whose rendering is closest to the mean in length, the first of several; 0 where the
// template is not rendered. It is the one to show.
func (t *Template) Nearest(s Samples) int {
	if t == nil || t.program == nil {
		return 0
	}
	lengths, sum := make([]int, len(s.Vars)), 0
	for i, vars := range s.Vars {
		r, _ := t.program.render(vars)
		lengths[i] = len(r.Text())
		sum += lengths[i]
	}
	best := 0
	for i, n := range lengths {
		if off(n, sum, len(lengths)) < off(lengths[best], sum, len(lengths)) {
			best = i
		}
	}
	return best
}

// off is how far n is from sum ÷ of, times of.
func off(n, sum, of int) int {
	d := n*of - sum
	return max(d, -d)
}

// DiffRenderings compares two versions rendering by rendering, where both were made with the same sets of variables, and
// else as Diff does. A place that changes in several of them is listed once for each, together: renderings says of how many.
func DiffRenderings(base, head *Template) (hunks []Hunk, renderings int) {
	if base == nil || head == nil || len(base.Renderings) != len(head.Renderings) || len(base.Renderings) == 0 {
		return Diff(base, head), 1
	}
	at := map[string]int{}
	var groups [][]Hunk
	for i := range base.Renderings {
		for _, h := range Diff(base.Renderings[i], head.Renderings[i]) {
			key := fmt.Sprint(h.Span, h.BaseSpan)
			if _, ok := at[key]; !ok {
				at[key] = len(groups)
				groups = append(groups, nil)
			}
			groups[at[key]] = append(groups[at[key]], h)
		}
	}
	for _, g := range groups {
		hunks = append(hunks, g...)
	}
	return hunks, len(base.Renderings)
}
