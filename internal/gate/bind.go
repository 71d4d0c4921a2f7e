package gate

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/source"
)

const (
	bareRule   = "prompt-bare"
	maxSamples = 100 // sets of variables that a template is rendered with; of more, as many evenly from all
)

// varSet is one set of variables for a template, with a name by which the other side's is found.
type varSet struct {
	name string
	vars map[string]any
}

// bindFixtures measures the templates that are rendered as they are with their fixtures. Both sides are rendered with the
// same sets of variables, so that an edit of a fixture is no edit of the template: with base's where base has any for the
// template, since a change must not choose what it is measured by, else with head's. What base's leave out, head's of the
// same name give.
func bindFixtures(base, head *side) {
	of := head.samplesOf()
	if base != nil {
		old := base.samplesOf()
		for name, list := range old {
			of[name] = completed(list, of[name])
		}
		base.samples = map[string]prompt.Samples{}
	}
	head.samples = map[string]prompt.Samples{}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		s := samplesFrom(of[name])
		if base != nil && base.templates[name] != nil {
			s.Shown = base.templates[name].Nearest(s)
		} else {
			s.Shown = head.templates[name].Nearest(s)
		}
		head.diags = append(head.diags, head.measured(name, s)...)
		if base != nil {
			base.measured(name, s) // what is wrong with base was merged
		}
	}
}

// measured makes a template what its samples render it to.
func (s *side) measured(name string, of prompt.Samples) source.Diagnostics {
	s.samples[name] = of
	t := s.templates[name]
	if t == nil {
		return nil
	}
	bound, diags := t.Sampled(of)
	*t = *bound // policy and templates hold the same one
	return diags
}

func samplesFrom(list []varSet) prompt.Samples {
	s := prompt.Samples{Basis: "a fixture"}
	if len(list) > 1 {
		s.Basis = fmt.Sprintf("the mean of %d fixtures", len(list))
	}
	n := min(len(list), maxSamples)
	if n < len(list) {
		s.Basis = fmt.Sprintf("the mean of %d of %d fixtures", n, len(list))
	}
	for i := range n {
		s.Vars = append(s.Vars, list[i*len(list)/n].vars)
	}
	return s
}

// completed adds to sets of variables what those of the same name on the other side have besides.
func completed(list, other []varSet) []varSet {
	named := map[string]map[string]any{}
	for _, o := range other {
		named[o.name] = o.vars
	}
	out := make([]varSet, len(list))
	for i, one := range list {
		vars := maps.Clone(named[one.name])
		if vars == nil {
			vars = map[string]any{}
		}
		maps.Copy(vars, one.vars)
		out[i] = varSet{one.name, vars}
	}
	return out
}

// samplesOf collects what fixtures and tests of evaluations give the side's templates that are rendered, in their order.
func (s *side) samplesOf() map[string][]varSet {
	out := map[string][]varSet{}
	for _, file := range s.fixtures {
		list, _ := prompt.LoadFixtures(s.fs, file) // see fixtures for what is wrong with them
		for i, f := range list {
			name := path.Clean(f.Template.Value)
			label := f.Name.Value
			if label == "" {
				label = "#" + strconv.Itoa(i)
			}
			out[name] = append(out[name], varSet{file + ":" + label, f.Data()})
		}
	}
	for _, suite := range s.suites {
		for i, in := range suite.Inputs {
			if name := suite.Prompts[in.Prompt].File; name != "" && in.Why == "" {
				out[name] = append(out[name], varSet{suite.Path + "#" + strconv.Itoa(i), suite.Tests[in.Test].Vars})
			}
		}
	}
	return out
}

// unbound says which templates are measured without their variables. Where recorded calls hold these, an edit is priced
// with them, and only what is said of the template alone rests on less.
func (s *side) unbound(res *replay.Result) (diags source.Diagnostics) {
	for _, name := range slices.Sorted(maps.Keys(s.bare)) {
		if len(s.samples[name].Vars) > 0 {
			continue
		}
		d := s.bare[name]
		if n := res.Notes.WithVars[name]; n > 0 {
			d.Severity, d.Hint = source.Info, ""
			d.Summary += fmt.Sprintf("; edits are priced with the variables of the %d calls that record them", n)
		}
		diags = append(diags, d)
	}
	return diags
}

// either is the first of two sets of variables that is there.
func either(a, b map[string]any) map[string]any {
	if a != nil {
		return a
	}
	return b
}
