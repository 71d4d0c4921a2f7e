package prompt

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/engine"
	"github.com/tokengate/tokengate/internal/source"
)

// messages cuts a rendering into messages.
func (p *program) messages(out engine.Output) (all []Message, notes []string) {
	switch p.kind {
	case Dotprompt:
		return dotpromptMessages(out)
	case Chat:
		return chatMessages(out), nil
	case Prompty:
		all = p.promptyMessages(out)
	default:
		all = []Message{{from: []region{{0, len(out.Text)}}}}
	}
	for _, name := range p.threads {
		notes = append(notes, fmt.Sprintf("the conversation so far (%s) is put in at run time and is not counted", name))
	}
	return all, notes
}

// dotpromptMessages follows the marks of the helpers. Text that is only white space between two marks is not sent.
func dotpromptMessages(out engine.Output) (all []Message, notes []string) {
	now, at := Message{Role: "user"}, 0
	take := func(to int) {
		if strings.TrimSpace(out.Text[at:to]) != "" {
			now.from = append(now.from, region{at, to})
		}
		at = to
	}
	flush := func(role string) {
		if len(now.from) > 0 || len(now.Media) > 0 {
			all = append(all, now)
		}
		now = Message{Role: role}
	}
	for _, m := range out.Marks {
		take(m.Out)
		switch m.Kind {
		case "role":
			if m.Block && !slices.Contains(notes, blockRole) {
				notes = append(notes, blockRole)
			}
			if m.Value != now.Role || len(now.from) > 0 {
				flush(m.Value)
			}
		case "history":
			flush("model")
			notes = append(notes, "the conversation so far ({{history}}) is put in at run time and is not counted")
		case "media":
			now.Media = append(now.Media, m.Value)
		}
	}
	take(len(out.Text))
	flush("")
	return all, notes
}

const blockRole = "{{#role}} is written as a block: its text is counted, though Dotprompt's own runtime drops it; write {{role \"…\"}}"

// A role stands alone on a line. Attributes may follow it.
var promptyRole = regexp.MustCompile(`(?mi)^[ \t]*#?[ \t]*(system|user|assistant)(?:\[[^\]\n]*\])?[ \t]*:[ \t\r]*$`)

// promptyMessages cuts at the role lines. In the second generation only those that the file itself writes count: a value
// cannot begin a message.
func (p *program) promptyMessages(out engine.Output) (all []Message) {
	role, at := "system", 0
	take := func(to int) {
		text := out.Text[at:to]
		start := at + len(text) - len(strings.TrimLeftFunc(text, isSpace))
		if text = strings.TrimSpace(text); text != "" {
			all = append(all, Message{Role: role, from: []region{{start, start + len(text)}}})
		}
	}
	for _, m := range promptyRole.FindAllStringSubmatchIndex(out.Text, -1) {
		if !p.legacy && !written(out, m[2], m[3]) {
			continue
		}
		take(m[0])
		role, at = strings.ToLower(out.Text[m[2]:m[3]]), m[1]
	}
	take(len(out.Text))
	return all
}

// written reports whether a run of the rendering is text of the file.
func written(out engine.Output, from, to int) bool {
	for i, piece := range out.Pieces {
		end := len(out.Text)
		if i+1 < len(out.Pieces) {
			end = out.Pieces[i+1].Out
		}
		if piece.Out < to && end > from && !piece.Literal {
			return false
		}
	}
	return true
}

// result finds the places of a rendering: messages, sections, and where variables are asked for.
func (p *program) result(out engine.Output) result {
	r := result{Rendered: Rendered{Model: p.model, MaxOutputTokens: p.cap}}
	var notes []string
	r.Messages, notes = p.messages(out)
	r.Notes = append(slices.Clone(p.notes), notes...)
	r.file = File{Path: p.doc.file, doc: p.doc}
	sent, used := 0, 0
	for i := range r.Messages {
		m := &r.Messages[i]
		begin := sent
		for _, f := range m.from {
			for used < len(out.Uses) && out.Uses[used].Out <= f.end {
				r.uses = append(r.uses, p.use(out.Uses[used], sent+max(out.Uses[used].Out-f.start, 0)))
				used++
			}
			p.kept(&r.file, out, f, sent)
			m.Text += out.Text[f.start:f.end]
			sent += f.end - f.start
		}
		p.sections(&r.file, m, begin)
		m.Span = r.file.wide(begin+blank(m.Text), sent)
	}
	for _, u := range out.Uses[used:] {
		r.uses = append(r.uses, p.use(u, sent))
	}
	if n := media(r.Messages); n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d media parts are sent and are not counted", n))
	}
	p.name(&r.file)
	return r
}

func media(all []Message) (n int) {
	for _, m := range all {
		n += len(m.Media)
	}
	return n
}

func (p *program) use(u engine.Use, offset int) Placeholder {
	out := Placeholder{Name: u.Name, Offset: offset, given: u.Given, Span: source.Span{File: u.File}}
	if u.File == p.doc.file {
		out.Span = p.doc.span(region{p.body.start + u.Start, p.body.start + u.End})
	}
	return out
}

// kept notes where in the document each part of a run of the rendering comes from. Text of an included file stands where
// the text in front of it ends.
func (p *program) kept(f *File, out engine.Output, run region, sent int) {
	last := p.body.start
	for i, of := range out.Pieces {
		end := len(out.Text)
		if i+1 < len(out.Pieces) {
			end = out.Pieces[i+1].Out
		}
		from := region{last, last}
		if of.File == p.doc.file {
			from = region{p.body.start + of.Start, p.body.start + of.End}
			last = from.end
		}
		if end <= run.start || of.Out >= run.end {
			continue
		}
		skip := max(run.start-of.Out, 0)
		if of.Literal && of.File == p.doc.file {
			from.start += skip
		}
		f.kept = append(f.kept, piece{sent + of.Out + skip - run.start, from})
	}
}
