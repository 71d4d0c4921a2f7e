package prompt

import (
	"regexp"
	"strings"
)

var (
	// A licence may stand in front of a Dotprompt header, as comments of YAML.
	dotpromptHeader = regexp.MustCompile(`\A(?:(?:#[^\n]*|[ \t\r]*)\n)*---[ \t\r]*\n`)
	// The first mark of a Prompty file closes its header, wherever it stands.
	promptyHeader = regexp.MustCompile(`\A\s*(?:---|\+\+\+)`)
	promptyMark   = regexp.MustCompile(`---|\+\+\+`)
)

// findHeader finds the header and the body of a file that is rendered. The body of a Dotprompt file with a header, and that
// of a Prompty file, is trimmed. ok is false where a header is opened and not closed.
func (d *document) findHeader(kind Kind) (body region, ok bool) {
	body = region{d.md, len(d.text)}
	switch kind {
	case Dotprompt:
		open := dotpromptHeader.FindStringIndex(d.text[d.md:])
		if open == nil {
			return body, true
		}
		for at := d.md + open[1]; at < len(d.text); at = d.next(at) {
			if end := d.fence(at); end >= 0 {
				d.front, d.body, d.md = region{d.md + open[1], at}, end, end
				return d.trimmed(region{end, len(d.text)}), true
			}
		}
		d.front = region{d.md + open[0], d.md + open[1]}
		return body, false
	case Prompty:
		open := promptyHeader.FindStringIndex(d.text[d.md:])
		if open == nil {
			return body, true
		}
		start := d.md + open[1]
		end := promptyMark.FindStringIndex(d.text[start:])
		if end == nil {
			d.front = region{start - 3, start}
			return body, false
		}
		d.front = region{start, start + end[0]}
		d.body = start + end[1]
		d.md = d.body
		return d.trimmed(region{d.body, len(d.text)}), true
	default:
		d.findFrontMatter(Plain)
		return region{max(d.body, d.md), len(d.text)}, true
	}
}

// trimmed takes white space off both ends of a region.
func (d *document) trimmed(r region) region {
	text := d.text[r.start:r.end]
	r.start += len(text) - len(strings.TrimLeftFunc(text, isSpace))
	r.end = r.start + len(strings.TrimSpace(text))
	return region{r.start, max(r.start, r.end)}
}
