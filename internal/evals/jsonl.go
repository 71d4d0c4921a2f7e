package evals

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/source"
)

const (
	maxSamples = 64 << 20 // bytes of one file
	maxShown   = 20       // bad lines that are told one by one
)

// ReadJSONL reads a file of samples: OpenAI Evals, Evals API or fine-tuning lines, told apart by their members. A line
// that cannot be read is an error and a call whose text is not known.
func ReadJSONL(fsys fs.FS, name string) (*Suite, source.Diagnostics) {
	s := &Suite{Path: name}
	diags := s.addFile(fsys, name, source.Span{File: name})
	if !diags.HasErrors() && len(s.Tests) == 0 {
		diags.Warn("eval-empty", source.Span{File: name}, "", "%s holds no sample", name)
	}
	s.close()
	return s, diags
}

// addFile adds the samples of a file; at is the place that names it.
func (s *Suite) addFile(fsys fs.FS, name string, at source.Span) (diags source.Diagnostics) {
	content, err := prompt.ReadText(fsys, name, maxSamples)
	var unusable *prompt.FileError
	if errors.As(err, &unusable) {
		diags.Add("eval-unreadable", at, unusable.Hint, "samples %s", unusable.Summary)
		return diags
	}
	bad, number := 0, 0
	for line := range bytes.Lines(bytes.TrimPrefix(content, []byte("\uFEFF"))) {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		at := source.Span{File: name, Start: source.Pos{Line: number}}
		format, in, err := readSample(line)
		if err != nil {
			in.Why = err.Error()
			if bad++; bad <= maxShown {
				diags = append(diags, badLine(at, line, err))
			}
		}
		if format != "" && s.Format != "" && format != s.Format && err == nil {
			diags.Add("eval-mixed", at, "keep one format a file", "a line of %s after lines of %s", format, s.Format)
			return diags
		}
		if s.Format == "" {
			s.Format = format
		}
		in.Test = len(s.Tests)
		s.Tests = append(s.Tests, Test{Description: at.String(), Span: at})
		s.Inputs = append(s.Inputs, in)
		s.Calls = append(s.Calls, Call{Input: len(s.Inputs) - 1, Repeat: 1})
	}
	if bad > maxShown {
		diags.Add("eval-bad-line", source.Span{File: name}, "", "%d more lines cannot be read", bad-maxShown)
	}
	return diags
}

// close says what the format leaves open.
func (s *Suite) close() {
	s.Repeats = []int{1}
	if len(s.Tests) == 0 {
		return
	}
	at := source.Span{File: s.Path}
	switch s.Format {
	case Dataset:
		s.Open = append(s.Open, Open{What: "the prompt that {{item.…}} is filled into stands in the eval, not in the dataset: its tokens are not known", Span: at})
	case FineTuning:
		s.Open = append(s.Open, Open{What: "samples are counted whole, answers included, as one epoch of training reads them; the cost is that of sending them as input, since the price of training is not in the catalogue", Span: at})
	}
}

// readSample reads one line. The format is "" where the line is none of those that are known.
func readSample(line []byte) (format string, in Input, err error) {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(bytes.TrimSpace(line), &members, jsontext.AllowInvalidUTF8(true)); err != nil {
		return "", in, notObject(err)
	}
	has := func(name string) bool { return len(members[name]) > 0 }
	switch {
	case has("input") && members["input"].Kind() == jsontext.KindBeginObject: // preference samples: {"input": {"messages": …}}
		in.Body, err = request.Decode(members["input"])
		return FineTuning, in, err
	case has("input"):
		in.Body.Messages, err = messagesOf(members["input"])
		return Samples, in, err
	case has("item"):
		if has("sample") {
			in.Why = "the answer is in the dataset; nothing is called"
		} else {
			in.Why = "the prompt is not in the dataset"
		}
		return Dataset, in, nil
	case has("messages"):
		in.Body, err = request.Decode(only(members, "messages", "tools", "functions", "response_format"))
		return FineTuning, in, err
	case has("prompt") && has("completion"):
		in.Body.Messages, err = messagesOf(members["prompt"])
		if answer, more := messagesOf(members["completion"]); err == nil && more == nil {
			in.Body.Messages = append(in.Body.Messages, answer...)
		} else {
			err = errors.Join(err, more)
		}
		return FineTuning, in, err
	}
	return "", in, errors.New(`the line has neither "input" nor "item" nor "messages"`)
}

// messagesOf reads a prompt: a text, which is one message, or an array of messages.
func messagesOf(v jsontext.Value) ([]request.Message, error) {
	if v.Kind() != jsontext.KindString {
		return request.DecodeMessages(v)
	}
	text, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	}
	return []request.Message{{Role: "user", Text: []string{string(text)}}}, nil
}

// only is the object of some of the members, in the order they are named here.
func only(members map[string]jsontext.Value, names ...string) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, n := range names {
		if v, ok := members[n]; ok && v.Kind() != jsontext.KindNull {
			if b.Len() > 1 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%q:%s", n, v)
		}
	}
	b.WriteByte('}')
	return b.Bytes()
}

func notObject(err error) error {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return &request.Error{Offset: syntax.ByteOffset, Problem: "not JSON: " + strings.TrimPrefix(syntax.Err.Error(), "jsontext: ")}
	}
	return errors.New("not a JSON object")
}

func badLine(at source.Span, line []byte, err error) source.Diagnostic {
	d := source.Diagnostic{Rule: "eval-bad-line", Severity: source.Error, Span: at, Summary: err.Error(), Hint: "mend the line, or take it out"}
	var wrong *request.Error
	if errors.As(err, &wrong) {
		d.Summary = wrong.Problem
		if wrong.Pointer != "" {
			d.Summary = wrong.Pointer + ": " + wrong.Problem
		}
		if wrong.Hint != "" {
			d.Hint = wrong.Hint
		}
		if wrong.Pointer == "" { // a pointer is relative to a part of the line
			d.Span.Start.Col = 1 + utf8.RuneCount(line[:min(wrong.Offset, int64(len(line)))])
		}
	}
	return d
}
