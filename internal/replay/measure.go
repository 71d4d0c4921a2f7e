package replay

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/token"
)

// Measured is the size of a template under one tokenizer: the sum over its sections.
type Measured struct {
	Total    token.Estimate
	Sections [][]token.Estimate // by file, by section, as in the template
}

// Measure counts a template section by section. The total is the sum of the sections' counts (counts are additive
// where a section starts), and its relative error the sections' errors weighed by tokens: they share one cause, so
// they do not cancel. A template with several renderings counts their mean; its sections, those of the rendering that is
// shown, are stretched to add up to it.
func Measure(t *prompt.Template, c *token.Counter) Measured {
	m := measureShown(t, c)
	if len(t.Renderings) > 1 {
		m.stretch(mean(t.Renderings, c))
	}
	return m
}

func mean(all []*prompt.Template, c *token.Counter) token.Estimate {
	var each []token.Estimate
	for _, t := range all {
		each = append(each, measureShown(t, c).Total)
	}
	e, n := Sum(each), int64(len(all))
	e.Tokens = (e.Tokens + n/2) / n
	return e
}

// stretch makes the sections add up to another total. Rounding is carried from one to the next, so that none is lost.
func (m *Measured) stretch(to token.Estimate) {
	from, done, given := m.Total.Tokens, int64(0), int64(0)
	if from == 0 {
		return
	}
	for _, sections := range m.Sections {
		for i := range sections {
			done += sections[i].Tokens
			sections[i].Tokens = int64(float64(to.Tokens)*float64(done)/float64(from)) - given
			if done == from {
				sections[i].Tokens = to.Tokens - given
			}
			given += sections[i].Tokens
		}
	}
	m.Total = to
}

func measureShown(t *prompt.Template, c *token.Counter) Measured {
	var m Measured
	var all []token.Estimate
	for _, f := range t.Files {
		var sections []token.Estimate
		for _, s := range f.Sections {
			sections = append(sections, c.Count(s.Text))
		}
		m.Sections = append(m.Sections, sections)
		all = append(all, sections...)
	}
	m.Total = Sum(all)
	return m
}

// Sum adds counts of parts of one text.
func Sum(parts []token.Estimate) token.Estimate {
	var sum token.Estimate
	weighed := 0.0
	for _, e := range parts {
		sum.Tokens += e.Tokens
		weighed += float64(e.Tokens) * e.RelativeError
		if sum.Method == "" || e.RelativeError > 0 && e.Tokens > 0 {
			sum.Method = e.Method
		}
	}
	if sum.Tokens > 0 {
		sum.RelativeError = weighed / float64(sum.Tokens)
	}
	return sum
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
