package prompt

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/engine"
	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/source"
)

// chat is a prompt file of messages in JSON.
type chat []chatMessage

// chatMessage is one message: its texts in order, and how many images stand among them.
type chatMessage struct {
	role   string
	texts  []chatText
	images int
}

// chatText is one string of the file.
type chatText struct {
	text string
	runs []engine.Piece // of text: where each stands in the file; an escape is a run of its own
}

var chatStart = regexp.MustCompile(`^\s*(?:\[\s*\{|\{\s*")`)

// isChat tells a JSON file of messages, [{"role": …, "content": …}] or {"messages": […]}, from other JSON, by how it begins
// and by its members; one that is broken behind that is told as well.
func isChat(name string, content []byte) bool {
	return strings.EqualFold(path.Ext(name), ".json") && chatStart.Match(content) && bytes.Contains(content, []byte(`"role"`)) &&
		bytes.Contains(content, []byte(`"content"`)) && (bytes.HasPrefix(bytes.TrimSpace(content), []byte("[")) || bytes.Contains(content, []byte(`"messages"`)))
}

// chat loads a file of messages. What package request cannot count is an error at its place, and so is a text that stands
// elsewhere than in the content of a message.
func (l *loader) chat(name string, content []byte, d *document) {
	p := &program{doc: d, body: region{0, len(d.text)}, fsys: l.fsys, kind: Chat}
	body, err := chatBody(d.text)
	if err == nil {
		p.chat, err = readChat(d.text, body)
	}
	var wrong *request.Error
	if errors.As(err, &wrong) {
		at := int(min(max(wrong.Offset, 0), int64(len(d.text))))
		l.diags.Add("prompt-syntax", source.Span{File: d.file, Start: d.pos(at)}, wrong.Hint, "%s", wrong.Problem)
		return
	}
	if len(body.Tools) > 0 || len(body.Format) > 0 {
		p.notes = append(p.notes, "tools and the schema of the answer are sent and are not counted")
	}
	l.t.program = p
	if i := strings.Index(d.text, body.Model); body.Model != "" && i >= 0 {
		p.model = source.Of(body.Model, d.span(region{i, i + len(body.Model)}))
		l.declare()
	}
	l.measure(name, content)
}

func chatBody(text string) (body request.Body, err error) {
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		body.Messages, err = request.DecodeMessages([]byte(text))
		return body, err
	}
	return request.Decode([]byte(text))
}

// readChat finds the strings of the messages. body is what package request makes of the same text; a message in which it
// finds other texts is refused, so that none is lost.
func readChat(text string, body request.Body) (chat, error) {
	d := jsontext.NewDecoder(strings.NewReader(text))
	out := make(chat, len(body.Messages))
	for {
		t, err := d.ReadToken()
		if err != nil {
			break // its end: package request has read it whole
		}
		isName := false
		if d.StackDepth() > 0 {
			kind, length := d.StackIndex(d.StackDepth())
			isName = kind == jsontext.KindBeginObject && length%2 == 1
		}
		if i, ok := chatIndex(d.StackPointer()); ok && t.Kind() == jsontext.KindString && !isName && i < len(out) {
			decoded := t.String()
			end := int(d.InputOffset())
			out[i].texts = append(out[i].texts, newChatText(text, decoded, end))
		}
	}
	for i, m := range body.Messages {
		out[i].role, out[i].images = m.Role, len(m.Images)
		same := len(m.Text) == len(out[i].texts)
		for j := 0; same && j < len(m.Text); j++ {
			same = m.Text[j] == out[i].texts[j].text
		}
		if !same || m.Name != "" {
			return nil, &request.Error{Problem: fmt.Sprintf("message %d holds more than text and images in its content", i+1), Hint: "count it with tokengate count --as request"}
		}
	}
	return out, nil
}

var contentPointer = regexp.MustCompile(`^(?:/messages)?/(\d+)/content(?:/text|/\d+|/\d+/text)?$`)

// chatIndex is the message whose content a pointer leads to a text of.
func chatIndex(at jsontext.Pointer) (i int, ok bool) {
	m := contentPointer.FindStringSubmatch(string(at))
	if m == nil {
		return 0, false
	}
	_, err := fmt.Sscan(m[1], &i)
	return i, err == nil
}

// newChatText finds where the characters of a string stand; end is the offset behind its closing quote.
func newChatText(file, decoded string, end int) chatText {
	start := strings.LastIndexByte(file[:end-1], '"')
	for start > 0 && escaped(file, start) {
		start = strings.LastIndexByte(file[:start], '"')
	}
	t := chatText{text: decoded}
	at, in := 0, start+1
	for in < end-1 {
		if next := strings.IndexByte(file[in:end-1], '\\'); next != 0 {
			if next < 0 {
				next = end - 1 - in
			}
			t.runs = append(t.runs, engine.Piece{Out: at, Start: in, End: in + next, Literal: true})
			at, in = at+next, in+next
			continue
		}
		size := escapeSize(file[in : end-1])
		made, _ := jsontext.AppendUnquote(nil, `"`+file[in:in+size]+`"`)
		t.runs = append(t.runs, engine.Piece{Out: at, Start: in, End: in + size})
		at, in = at+len(made), in+size
	}
	return t
}

// escaped reports whether an odd number of backslashes stands in front of a byte.
func escaped(s string, at int) bool {
	n := 0
	for at-n > 0 && s[at-n-1] == '\\' {
		n++
	}
	return n%2 == 1
}

// escapeSize is the length of the escape that s begins with, both halves of a surrogate pair as one.
func escapeSize(s string) int {
	switch {
	case len(s) < 6 || s[1] != 'u':
		return min(2, len(s))
	case len(s) >= 12 && strings.ContainsRune("dD", rune(s[2])) && strings.ContainsRune("89abAB", rune(s[3])) && s[6] == '\\' && s[7] == 'u':
		return 12
	}
	return 6
}

// render puts variables in the place of {{name}} inside the texts; one without a value is nothing.
func (c chat) render(file string, vars map[string]any) engine.Output {
	var b strings.Builder
	var out engine.Output
	for _, m := range c {
		out.Marks = append(out.Marks, engine.Mark{Kind: "role", Value: m.role, Out: b.Len()})
		for _, t := range m.texts {
			at := 0
			for _, p := range placeholderPattern.FindAllStringSubmatchIndex(t.text, -1) {
				t.copy(&b, &out, file, at, p[0])
				name := t.text[p[2]:p[3]]
				value, given := vars[name]
				from, to := t.origin(p[0]), t.origin(p[1]-1)+1
				out.Uses = append(out.Uses, engine.Use{Name: name, File: file, Start: from, End: to, Out: b.Len(), Given: given})
				out.Pieces = append(out.Pieces, engine.Piece{Out: b.Len(), File: file, Start: from, End: to})
				b.WriteString(printed(value))
				at = p[1]
			}
			t.copy(&b, &out, file, at, len(t.text))
		}
		for range m.images {
			out.Marks = append(out.Marks, engine.Mark{Kind: "media", Value: "image", Out: b.Len()})
		}
	}
	out.Text = b.String()
	return out
}

// copy adds the text from ≤ i < to as it stands in the file.
func (t chatText) copy(b *strings.Builder, out *engine.Output, file string, from, to int) {
	for i, r := range t.runs {
		end := len(t.text)
		if i+1 < len(t.runs) {
			end = t.runs[i+1].Out
		}
		start, stop := max(r.Out, from), min(end, to)
		if start >= stop {
			continue
		}
		piece := engine.Piece{Out: b.Len(), File: file, Start: r.Start, End: r.End, Literal: r.Literal}
		if r.Literal {
			piece.Start, piece.End = r.Start+start-r.Out, r.Start+stop-r.Out
		}
		out.Pieces = append(out.Pieces, piece)
		b.WriteString(t.text[start:stop])
	}
}

// origin is where a byte of the text stands in the file.
func (t chatText) origin(at int) int {
	for i := len(t.runs) - 1; i >= 0; i-- {
		if r := t.runs[i]; r.Out <= at {
			if r.Literal {
				return r.Start + at - r.Out
			}
			return r.Start
		}
	}
	return 0
}

// printed is how a value stands in a text: lists and mappings as JSON.
func printed(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	text, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// chatMessages cuts the rendering at its roles.
func chatMessages(out engine.Output) (all []Message) {
	for _, m := range out.Marks {
		if m.Kind == "media" {
			all[len(all)-1].Media = append(all[len(all)-1].Media, m.Value)
			continue
		}
		if n := len(all); n > 0 {
			all[n-1].from[0].end = m.Out
		}
		all = append(all, Message{Role: m.Value, from: []region{{m.Out, len(out.Text)}}})
	}
	return all
}
