package traffic

type spanKey struct{ trace, span string }

// spanLink says under which span another stands.
type spanLink struct {
	key    spanKey
	parent string
}

// span is a span that may be a call. err is why its usage cannot be taken, which matters only if it counts.
type span struct {
	key     spanKey
	id      string
	call    Call
	carries bool // has usage above 0
	err     error
	lack    lack  // why call.Prompt is nil, if it was asked for
	textErr error // what is wrong with the text, which matters only if the span counts
	line    int
	file    *file
}

// spanNode is one span in its tree, with what stands at and below it.
type spanNode struct {
	parent                string
	carries               bool
	usageBelow, callBelow bool
	above                 answer // does a span above carry usage
	walked                int    // by cutCircles: the walk that came by, 0 for none
}

type answer byte

const (
	unknown answer = iota
	no
	yes
)

// tree holds all spans of all files.
type tree map[spanKey]*spanNode

// resolveSpans turns spans into records. Instrumentation nests: one request is a span of the framework, of the SDK and
// of the HTTP client's wrapper, each with the same usage. So a span counts only if no span below it carries usage. A span
// of a model call that carries none counts as a failed call if it failed, and is bad if it did not: its usage is lost.
func resolveSpans(files []*file) {
	t := tree{}
	for _, f := range files {
		for _, l := range f.links {
			if n := t[l.key]; n == nil {
				t[l.key] = &spanNode{parent: l.parent}
			} else {
				n.parent = max(n.parent, l.parent)
			}
		}
	}
	t.cutCircles()
	for _, f := range files {
		for i := range f.spans {
			t.mark(&f.spans[i])
		}
	}
	for _, f := range files {
		for i := range f.spans {
			t.count(&f.spans[i])
		}
	}
}

// cutCircles makes a root of the smallest span of every circle of parents, as broken exporters write them: otherwise
// each of its spans would seem to repeat the others, and none would count.
func (t tree) cutCircles() {
	walk := 0
	for start := range t {
		walk++
		key, n := start, t[start]
		for n != nil && n.walked == 0 {
			n.walked = walk
			key = spanKey{key.trace, n.parent}
			n = t[key]
		}
		if n == nil || n.walked != walk {
			continue
		}
		least := key
		for k := (spanKey{key.trace, n.parent}); k != key; k = (spanKey{k.trace, t[k].parent}) {
			if k.span < least.span {
				least = k
			}
		}
		t[least].parent = ""
	}
}

// mark tells a span's ancestors what stands below them. It stops where they know, so that it is linear.
func (t tree) mark(s *span) {
	n := t[s.key]
	if n == nil {
		return
	}
	n.carries = n.carries || s.carries
	for up := t[spanKey{s.key.trace, n.parent}]; up != nil; up = t[spanKey{s.key.trace, up.parent}] {
		if up.callBelow && (up.usageBelow || !s.carries) {
			return
		}
		up.callBelow = true
		up.usageBelow = up.usageBelow || s.carries
	}
}

// count makes a record of a span that is a call.
func (t tree) count(s *span) {
	n := t[s.key]
	if n == nil {
		n = &spanNode{}
	}
	f := s.file
	switch {
	case s.carries && n.usageBelow, !s.carries && (n.callBelow || t.covered(s)):
		f.skip(skipNested)
		return
	case s.err != nil:
		f.reject(s.line, s.err)
		return
	case !s.carries && s.call.Status != "error":
		f.reject(s.line, bad(noUsage, "a model call without token counts"))
		return
	}
	r := record{call: s.call}
	if f.text {
		f.attach(&r, prompt{s.call.Prompt, s.lack, s.textErr}, s.line)
	}
	if r.call.ID == "" && s.key.span != "" {
		r.call.ID = s.key.trace + "/" + s.key.span
	}
	f.accept(r, s.line)
}

// covered tells whether a span above carries the usage. What it finds it notes on the way, so that it is linear.
func (t tree) covered(s *span) bool {
	var path []*spanNode
	found := no
	for n := t[s.key]; n != nil; {
		if found = n.above; found != unknown {
			break
		}
		path = append(path, n)
		if n = t[spanKey{s.key.trace, n.parent}]; n == nil {
			found = no
		} else if n.carries {
			found = yes
			break
		}
	}
	for _, n := range path {
		n.above = found
	}
	return found == yes
}
