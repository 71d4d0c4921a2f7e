package engine

import (
	"fmt"
	"strings"
)

// machine counts what a rendering does and collects what it makes.
type machine struct {
	lang  Language
	opts  Options
	steps int
	deep  int   // how many things are open: nested expressions, macros, files
	out   *sink // the innermost
	main  *sink // the output's own
	uses  []Use
	used  map[place]bool
	files map[string]*script // that were included, by path
	words *vocabulary        // of Jinja and Nunjucks
}

// sink is text in the making.
type sink struct {
	b      strings.Builder
	pieces []Piece
	marks  []Mark
}

// maxDeep bounds nesting, of the source and at run time. It is far above what people write and far below what the
// stack holds.
const maxDeep = 200

// stop is the panic that ends a rendering; it never leaves the package.
type stop struct{ err *Error }

// fail ends the rendering with what is wrong at a place.
func (m *machine) fail(at place, format string, args ...any) {
	m.failHint(at, "", format, args...)
}

func (m *machine) failHint(at place, hint, format string, args ...any) {
	panic(stop{m.wrong(at, hint, format, args...)})
}

func (m *machine) wrong(at place, hint, format string, args ...any) *Error {
	e := &Error{Reason: fmt.Sprintf(format, args...), Hint: hint}
	if at.s != nil {
		e.File = at.s.name
		e.Line, e.Col = at.s.position(min(at.start, len(at.s.text)))
	}
	return e
}

func (m *machine) limit(at place, hint, format string, args ...any) {
	e := m.wrong(at, hint, format, args...)
	e.Limit = true
	panic(stop{e})
}

// step charges n steps.
func (m *machine) step(at place, n int) {
	if m.steps += n; m.steps > m.opts.MaxSteps || n < 0 || m.steps < 0 {
		m.limit(at, "a prompt needs far fewer; look for a loop or a text that grows without end", "rendering takes more than %d steps", m.opts.MaxSteps)
	}
}

// text charges a text that is made.
func (m *machine) text(at place, length int) { m.step(at, 1+length/32) }

// enter opens one more level of nesting; leave closes it.
func (m *machine) enter(at place) {
	if m.deep++; m.deep > maxDeep {
		m.limit(at, "a macro, a partial or an include that leads to itself never ends", "nested more than %d deep", maxDeep)
	}
}

func (m *machine) leave() { m.deep-- }

// write adds text to the output.
func (m *machine) write(at place, text string, literal bool) {
	if text == "" {
		return
	}
	m.text(at, len(text))
	if m.out.b.Len()+len(text) > m.opts.MaxBytes {
		m.limit(at, "", "renders to more than %d bytes", m.opts.MaxBytes)
	}
	m.out.pieces = append(m.out.pieces, Piece{m.out.b.Len(), at.s.name, at.start, at.end, literal})
	m.out.b.WriteString(text)
}

// capture runs f and gives what it wrote.
func (m *machine) capture(f func()) string {
	outer := m.out
	m.out = &sink{}
	f()
	text := m.out.b.String()
	m.out = outer
	return text
}

// use notes that the rendering asks for a variable.
func (m *machine) use(at place, name string, given bool) {
	if !m.used[at] {
		m.used[at] = true
		m.uses = append(m.uses, Use{name, at.s.name, at.start, at.end, m.main.b.Len(), given})
	}
}

// mark notes what stands between texts.
func (m *machine) mark(at place, mark Mark) {
	m.step(at, 1)
	mark.Out, mark.Start, mark.End = m.out.b.Len(), at.start, at.end
	m.out.marks = append(m.out.marks, mark)
}
