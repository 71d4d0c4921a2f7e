package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

func countRequests(env *Env, o *countOptions, files []string) (countDocument, error) {
	requests := make([]request.Body, len(files))
	for i, f := range files {
		var err error
		if requests[i], err = readRequest(env, f); err != nil {
			return countDocument{}, err
		}
	}
	if len(o.models) == 0 {
		model, err := namedModel(requests)
		if o.found && model == "" {
			model, err = "o200k_base", nil
		}
		if err != nil {
			return countDocument{}, err
		}
		o.models = []string{model}
	}
	models, err := o.counters(env.Now())
	if err != nil {
		return countDocument{}, err
	}
	doc := countDocument{Models: o.models}
	for i, f := range files {
		doc.addRequest(requestName(f), requests[i], models)
	}
	return doc, nil
}

// namedModel is the one model that the requests name.
func namedModel(requests []request.Body) (string, error) {
	model := requests[0].Model
	for _, r := range requests {
		if r.Model != model {
			return "", usageError{fmt.Sprintf("the requests name different models, %q and %q", model, r.Model), "name one with --model, or count them one by one"}
		}
	}
	if model == "" {
		return "", usageError{"the request names no model", "name one with --model"}
	}
	return model, nil
}

func readRequest(env *Env, name string) (request.Body, error) {
	var body []byte
	var err error
	if name == "-" {
		body, err = io.ReadAll(env.In)
	} else if err = isFile(name); err == nil {
		body, err = os.ReadFile(name)
	}
	if err != nil {
		return request.Body{}, err
	}
	var r request.Body
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) { // a prompt of chat messages, without the body around it
		r.Messages, err = request.DecodeMessages(body)
	} else {
		r, err = request.Decode(body)
	}
	var wrong *request.Error
	if errors.As(err, &wrong) {
		return r, diagnosticsError{source.Diagnostics{requestDiagnostic(requestName(name), body, wrong)}, func(string) []byte { return body }}
	}
	return r, err
}

// requestName is what a file is called in rows and diagnostics.
func requestName(file string) string {
	if file == "-" {
		return "stdin.json"
	}
	return filepath.ToSlash(file)
}

func requestDiagnostic(file string, body []byte, e *request.Error) source.Diagnostic {
	d := source.Diagnostic{Rule: request.RuleUncounted, Severity: source.Error, Summary: e.Problem, Hint: e.Hint}
	if e.Pointer != "" {
		d.Summary = e.Pointer + ": " + e.Problem
	}
	d.Span = source.Span{File: file, Start: placeAt(body, e.Offset)}
	return d
}

// placeAt is the line and column of a byte; columns count code points.
func placeAt(body []byte, offset int64) source.Pos {
	at := source.Pos{Line: 1, Col: 1}
	for rest := body[:min(offset, int64(len(body)))]; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		rest = rest[size:]
		at.Col++
		if r == '\n' {
			at = source.Pos{Line: at.Line + 1, Col: 1}
		}
	}
	return at
}

// addRequest adds a row for every message and every part of the request, its total last.
func (d *countDocument) addRequest(file string, r request.Body, models []counting) {
	framed := make([]request.Framed, len(models))
	for i, m := range models {
		r.Model = m.model
		framed[i] = request.Count(m.counter, r)
	}
	row := func(kind, heading string, part func(request.Framed) token.Estimate) {
		d.add(countRow{Kind: kind, Template: file, File: file, Heading: heading}, each(framed, part))
	}
	for i, m := range r.Messages {
		row("message", fmt.Sprintf("message %d: %s", i, m.Role), func(f request.Framed) token.Estimate { return f.Messages[i] })
	}
	row("frame", "frame", func(f request.Framed) token.Estimate { return f.Frame })
	if n := len(r.Tools); n > 0 {
		row("tools", fmt.Sprintf("tools (%d)", n), func(f request.Framed) token.Estimate { return f.Tools })
	}
	if len(r.Format) > 0 {
		row("format", "answer schema", func(f request.Framed) token.Estimate { return f.Format })
	}
	if n := pictures(r); n > 0 {
		row("images", fmt.Sprintf("images (%d)", n), func(f request.Framed) token.Estimate { return f.Images })
	}
	d.add(countRow{Kind: "total", Template: file, Heading: "total"}, each(framed, func(f request.Framed) token.Estimate { return f.Total }))
}

func pictures(r request.Body) int {
	n := 0
	for _, m := range r.Messages {
		n += len(m.Images)
	}
	return n
}
