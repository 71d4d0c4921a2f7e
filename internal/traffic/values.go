package traffic

import (
	"bytes"
	"errors"
	"io"
)

// values yields the JSON objects of a file that may hold one a line, one spread over many lines, several after each
// other, or an array of them. It only finds where an object begins and ends; the decoder judges it.
//
// A file whose first object ends on its own line is taken as one object a line from there on, so that a broken line
// spoils nothing but itself. Where an object never ends, its first line is given up and the rest read line by line.
type values struct {
	in     *lines
	limit  int
	do     func(value []byte, line int) error
	broken func(line int, err error)

	array    bool // inside an array around all objects
	byLine   bool
	spread   bool // an object stood on several lines
	open     bool // inside an object
	depth    int
	inString bool
	escaped  bool
	buf      []byte // the open object, from its first line's beginning
	from     int    // where in buf the object begins
	line     int    // its first line
}

func (v *values) run() error {
	for {
		text, err := v.in.next()
		switch {
		case errors.Is(err, io.EOF) && (!v.open || v.in.grown()):
			if v.array && !v.in.grown() {
				v.broken(v.in.n, bad(notJSON, "the array is not closed"))
			}
			return nil
		case errors.Is(err, io.EOF) && v.spread:
			v.broken(v.line, bad(notJSON, "the object is not closed"))
			return nil
		case errors.Is(err, io.EOF):
			v.giveUp("the object is not closed")
			continue
		case errors.Is(err, errLineTooLong):
			v.broken(v.in.n, bad(tooLong, "over %d bytes", v.in.limit))
			v.reset()
			continue
		case err != nil:
			return err
		}
		if bytes.IndexByte(text, 0) >= 0 {
			return notUTF8(v.in.n)
		}
		if err := v.text(text); err != nil {
			return err
		}
	}
}

// text takes one line.
func (v *values) text(text []byte) error {
	start := 0 // of this line in text, which begins with the lines of the open object
	if v.open {
		start = len(v.buf)
		v.buf = append(v.buf, text...)
		text = v.buf
	}
	for at := start; at < len(text); {
		if !v.open {
			var ok bool
			if at, ok = v.between(text, at); !ok {
				return nil
			}
			continue
		}
		end, closed := v.within(text, at)
		at = end
		if !closed {
			break
		}
		if err := v.do(text[v.from:end], v.line); err != nil {
			return err
		}
		v.closed()
	}
	if v.open {
		v.carry(text, start)
	}
	return nil
}

// closed notes how the object that ends here was laid out.
func (v *values) closed() {
	oneLine := v.line == v.in.n
	v.spread = v.spread || !oneLine
	v.byLine = v.byLine || oneLine && !v.array && !v.spread
	v.reset()
}

// between looks at text outside of objects, from at; ok is false when the line is done.
func (v *values) between(text []byte, at int) (next int, ok bool) {
	switch c := text[at]; {
	case c == ' ' || c == '\t' || c == '\r':
	case c == '{':
		v.open, v.line, v.from = true, v.in.n, at
		return at, true
	case c == '[' && !v.array:
		v.array = true
	case c == ']' && v.array:
		v.array = false
	case c == ',' && v.array:
	default:
		v.broken(v.in.n, bad(notAnObject, ""))
		return 0, false
	}
	return at + 1, true
}

// within looks for the end of the open object from at.
func (v *values) within(text []byte, at int) (next int, closed bool) {
	for i := at; i < len(text); i++ {
		switch c := text[i]; {
		case v.escaped:
			v.escaped = false
		case v.inString:
			v.escaped, v.inString = c == '\\', c != '"'
		case c == '"':
			v.inString = true
		case c == '{' || c == '[':
			v.depth++
		case c == '}' || c == ']':
			if v.depth--; v.depth == 0 {
				return i + 1, true
			}
		}
	}
	return len(text), false
}

// carry keeps an object that goes on after this line, unless it cannot.
func (v *values) carry(text []byte, start int) {
	if v.line == v.in.n {
		v.buf = append(v.buf[:0], text[start:]...)
		v.from -= start
	}
	v.buf = append(v.buf, '\n')
	switch {
	case v.inString:
		v.giveUp("a string is not closed")
	case v.byLine:
		v.giveUp("the object is not closed")
	case len(v.buf) > v.limit:
		v.giveUp("the object is not closed within the limit")
	}
}

// giveUp counts the first line of the open object as broken and goes back to the line after it.
func (v *values) giveUp(why string) {
	v.broken(v.line, bad(notJSON, "%s", why))
	v.byLine = true
	v.in.back(v.buf, v.line)
	v.reset()
}

func (v *values) reset() {
	v.open, v.depth, v.inString, v.escaped, v.from = false, 0, false, false, 0
}

// eachValue calls do with every object of the file.
func (f *file) eachValue(in *input, do func(value []byte, line int) error) error {
	v := &values{in: newLines(in, maxValue), limit: maxValue, do: do, broken: f.reject}
	defer func() { f.lines = v.in.count }()
	return v.run()
}
