package traffic

import "github.com/tokengate/tokengate/internal/source"

// shownBad is how many of a file's bad lines, or of anything else that is wrong on many lines, are shown one by one.
const shownBad = 20

// listing counts what one rule finds in a file, and shows the first of it.
type listing struct {
	rule  string
	n     int64
	next  int // line of the first that is not shown
	shown source.Diagnostics
}

func (l *listing) add(file string, line int, hint, summary string) {
	l.n++
	switch {
	case len(l.shown) < shownBad:
		l.shown.Warn(l.rule, source.Span{File: file, Start: source.Pos{Line: line}}, hint, "%s", summary)
	case l.next == 0:
		l.next = line
	}
}

// report gives what is shown, and how much more there is of what.
func (l *listing) report(file, what string) source.Diagnostics {
	diags := l.shown
	if more := l.n - int64(len(l.shown)); more > 0 {
		diags.Warn(l.rule, source.Span{File: file, Start: source.Pos{Line: l.next}}, "", "… and %d more %s from here on", more, what)
	}
	return diags
}

// absorb adds what was found in a part of the file that begins behind the given number of lines.
func (l *listing) absorb(part *listing, behind int) {
	l.n += part.n
	for _, d := range part.shown {
		d.Span.Start.Line += behind
		if len(l.shown) < shownBad {
			l.shown = append(l.shown, d)
		} else if l.next == 0 {
			l.next = d.Span.Start.Line
		}
	}
	if l.next == 0 && part.next > 0 {
		l.next = part.next + behind
	}
}
