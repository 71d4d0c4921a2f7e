package prompt

import (
	"slices"

	"github.com/tokengate/tokengate/internal/source"
)

// Repeat is an @import that stands in a file for the second time: the tool loads what it names once.
type Repeat struct {
	Target string
	First  source.Span
	Again  source.Span
}

// RepeatedImports lists the @imports of the file that stand there before, spelt the same; none in a File that no loader
// made. In a file that does not import, @ means nothing and nothing is repeated.
func (f File) RepeatedImports() []Repeat {
	if f.doc == nil || !slices.ContainsFunc(f.Sections, func(s Section) bool { return s.Heading == Wrapper }) {
		return nil
	}
	d := f.doc
	var out []Repeat
	first := map[string]source.Span{}
	c := cursor{doc: d}
	for _, run := range d.textRuns(nil, d.inlines()) {
		for _, m := range importPattern.FindAllStringSubmatchIndex(d.text[run.start:run.end], -1) {
			at := source.Span{File: d.file, Start: c.at(run.start + m[2])}
			at.End = c.at(run.start + m[3])
			target, ok := importTarget(d.text[run.start+m[2]+1 : run.start+m[3]])
			switch before, again := first[target]; {
			case !ok:
			case again:
				out = append(out, Repeat{target, before, at})
			default:
				first[target] = at
			}
		}
	}
	return out
}
