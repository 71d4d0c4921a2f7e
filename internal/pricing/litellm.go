package pricing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
)

// litellm reads one file.
type litellm struct {
	catalog *Catalog
	file    string
	content []byte
	diags   source.Diagnostics
}

// readLiteLLM reads the object of objects. `sample_spec` documents the file's own format and is skipped; so are models
// without a price per token, which one diagnostic counts.
func (c *Catalog) readLiteLLM(file string, content []byte) ([]*row, source.Diagnostics) {
	l := &litellm{catalog: c, file: file, content: bytes.TrimPrefix(content, []byte("\ufeff"))}
	entries := l.entries()
	rows, unpriced, seen := []*row(nil), 0, map[string]string{}
	for _, e := range entries {
		r := l.row(e)
		switch {
		case r == nil:
		case !r.Price.Input.set && r.Unpriced == "":
			unpriced++
		case seen[strings.ToLower(r.ID)] != "":
			// Two keys of one model, such as with and without the provider; the catalogue has one row for both.
			if !l.same(rows, r) {
				l.diags.Add(RuleLiteLLM, l.at(e.offset), "keep one of the two", "%q and %q are the same model at different prices", seen[strings.ToLower(r.ID)], e.key)
			}
		default:
			seen[strings.ToLower(r.ID)] = e.key
			rows = append(rows, r)
		}
	}
	if unpriced > 0 {
		l.diags = append(l.diags, source.Diagnostic{
			Rule: RuleSkipped, Severity: source.Info, Span: source.Span{File: file},
			Summary: fmt.Sprintf("%d of %d models have no price per token and are left out", unpriced, len(entries)),
		})
	}
	return rows, l.diags
}

func (l *litellm) same(rows []*row, r *row) bool {
	i := slices.IndexFunc(rows, func(o *row) bool { return strings.EqualFold(o.ID, r.ID) })
	return rows[i].Price.equal(r.Price)
}

// modelEntry is one model of the file, undecoded.
type modelEntry struct {
	key    string
	offset int64 // of the first character after the opening quote of the key
	fields map[string]json.RawMessage
}

// entries walks the outer object. The file's order is kept; a key that stands twice is an error, as readers disagree
// on which one holds.
func (l *litellm) entries() []modelEntry {
	var out []modelEntry
	seen := map[string]bool{}
	dec := json.NewDecoder(bytes.NewReader(l.content))
	if _, err := dec.Token(); err != nil {
		l.broken(err, dec.InputOffset())
		return nil
	}
	for dec.More() {
		tok, err := dec.Token()
		key, ok := tok.(string)
		if err != nil || !ok {
			l.broken(err, dec.InputOffset())
			return out
		}
		e := modelEntry{key: key, offset: max(dec.InputOffset()-int64(len(key))-1, 1)}
		var shape *json.UnmarshalTypeError
		if err := dec.Decode(&e.fields); errors.As(err, &shape) {
			l.diags.Add(RuleLiteLLM, l.at(e.offset), "a model is an object with its prices", "model %q is a %s", key, shape.Value)
			continue
		} else if err != nil {
			l.broken(err, dec.InputOffset())
			return out
		}
		if seen[key] {
			l.diags.Add(source.RuleDuplicateKey, l.at(e.offset), "keep one of the two", "model %q stands twice", key)
			continue
		}
		seen[key] = true
		if key != "sample_spec" {
			out = append(out, e)
		}
	}
	if _, err := dec.Token(); err != nil {
		l.broken(err, dec.InputOffset())
	} else if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		l.diags.Add(RuleLiteLLM, l.at(dec.InputOffset()), "", "text after the end of the JSON object")
	}
	return out
}

func (l *litellm) broken(err error, offset int64) {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		offset = int64(len(l.content)) + 1
	case errors.As(err, &syntax):
		offset = max(offset, syntax.Offset)
	}
	l.diags.Add(RuleLiteLLM, l.at(offset), "the file is one JSON object: model name to an object with its prices", "cannot read the price file: %v", err)
}

// at turns a byte offset into a place; it is called for what is wrong only.
func (l *litellm) at(offset int64) source.Span {
	before := l.content[:min(max(offset-1, 0), int64(len(l.content)))]
	line := bytes.Count(before, []byte("\n"))
	col := len([]rune(string(before[bytes.LastIndexByte(before, '\n')+1:])))
	return source.Span{File: l.file, Start: source.Pos{Line: line + 1, Col: col + 1}}
}

// row turns one entry into a row; nil when a value in it is wrong.
func (l *litellm) row(e modelEntry) *row {
	r := &row{Mode: "chat", Tokenizer: "other", origin: l.file}
	r.ID = litellmID(e.text("litellm_provider"), e.key)
	r.split()
	if f, err := l.catalog.find(e.key); err == nil {
		r.Tokenizer, r.Status, r.MinCache, r.Context = f.row.Tokenizer, f.row.Status, f.row.MinCache, f.row.Context
		if strings.EqualFold(f.row.ID, r.ID) {
			r.ID, r.name, r.Aliases, r.Regions = f.row.ID, f.row.name, f.row.Aliases, f.row.Regions
		}
	}
	if mode := e.text("mode"); mode != "" && mode != "responses" { // an API of chat models, not a kind of model
		r.Mode = mode
	}
	ok := l.costs(r, e)
	ok = l.limits(r, e) && ok
	if !ok {
		return nil
	}
	l.also(r, e)
	if query, set := e.fields["input_cost_per_query"]; set && !r.Price.Input.set {
		r.Unpriced = fmt.Sprintf("it is priced per query, $%s each", query)
	}
	if _, err := r.complete(); err != nil && r.Price.Input.set {
		r.Unpriced = "the price file gives no output price for it"
	}
	return r
}

func (l *litellm) wrong(e modelEntry, key string, ok *bool) {
	l.diags.Add(RuleLiteLLM, l.at(e.offset), "", "model %q: %s cannot be read", e.key, key)
	*ok = false
}

// limits reads what is not a price. Unreadable limits are left at 0, unknown: they do not price anything.
func (l *litellm) limits(r *row, e modelEntry) bool {
	for key, to := range map[string]*int64{
		"max_input_tokens": &r.MaxInput, "max_output_tokens": &r.MaxOutput, "prompt_cache_min_tokens": &r.MinCache,
	} {
		var n json.Number
		if json.Unmarshal(e.fields[key], &n) == nil {
			if v, err := n.Int64(); err == nil && v > 0 {
				*to = v
			}
		}
	}
	r.Context = max(r.Context, r.MaxInput)
	r.Retires = e.text("deprecation_date")
	if _, err := day(r.Retires); err != nil {
		l.diags.Add(RuleLiteLLM, l.at(e.offset), "", "model %q: deprecation_date %q is not a date", e.key, r.Retires)
		return false
	}
	return true
}

// text is a string field, or "" when it is absent or not a string.
func (e modelEntry) text(key string) string {
	var s string
	if json.Unmarshal(e.fields[key], &s) != nil {
		return ""
	}
	return s
}
