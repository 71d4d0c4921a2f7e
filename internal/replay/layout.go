package replay

import (
	"sort"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/token"
)

// layout is a template's text cut at its sections, in the tokens of one tokenizer. Sections are numbered over all files.
type layout struct {
	template *prompt.Template
	total    token.Estimate
	sections []token.Estimate
	ends     []int64 // tokens up to the end of each section
}

func newLayout(t *prompt.Template, c *token.Counter) *layout {
	m := Measure(t, c)
	y := &layout{template: t, total: m.Total}
	end := int64(0)
	for _, file := range m.Sections {
		for _, s := range file {
			end += s.Tokens
			y.sections, y.ends = append(y.sections, s), append(y.ends, end)
		}
	}
	return y
}

// start is how many tokens stand before a section; before the one past the last stand all.
func (y *layout) start(section int) int64 {
	if section == 0 {
		return 0
	}
	return y.ends[section-1]
}

func (y *layout) length(from, to int) int64 { return y.start(to) - y.start(from) }

// holding is the section that holds the token at an offset; the number of sections where it is behind the text.
func (y *layout) holding(offset int64) int {
	return sort.Search(len(y.ends), func(i int) bool { return y.ends[i] > offset })
}

// err is the relative error of the count of sections from ≤ i < to.
func (y *layout) err(from, to int) float64 { return Sum(y.sections[from:to]).RelativeError }

// layout counts a template section by section, once.
func (l *lore) layout(t *prompt.Template, family string) *layout {
	key := countKey{t, "", family}
	l.mu.Lock()
	y, ok := l.layouts[key]
	l.mu.Unlock()
	if ok {
		return y
	}
	y = newLayout(t, l.counter(family))
	l.mu.Lock()
	l.layouts[key] = y
	l.mu.Unlock()
	return y
}
