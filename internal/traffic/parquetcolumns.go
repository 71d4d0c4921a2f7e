package traffic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/parquet"
	"github.com/tokengate/tokengate/internal/source"
)

// parquetColumn is a column that is read, or the two of a map.
type parquetColumn struct {
	name  string // of the native key
	path  string // as the file has it
	leafs []int  // one, or those of the key and of the value
	metas []*parquet.Column
	kind  *parquetKind
	take  func(*parquetRow, *parquetColumn, []parquet.Value) error
	list  bool

	chunks []*parquet.Chunk
	values []parquet.Value
}

// parquetKind is what a column must be like to hold a key.
type parquetKind struct {
	want  string
	holds func(*parquet.Column) bool
}

var (
	kindTime   = &parquetKind{"a TIMESTAMP, or text as RFC 3339", isMoment}
	kindText   = &parquetKind{"text", isLabel}
	kindCount  = &parquetKind{"a whole number", isNumber}
	kindNumber = &parquetKind{"a number", isNumber}
	kindFlag   = &parquetKind{"true or false", func(c *parquet.Column) bool { return c.Kind == parquet.Boolean }}
)

func isMoment(c *parquet.Column) bool {
	return c.Kind == parquet.Int96 || isString(c) || c.Kind == parquet.Int64 && c.Meaning >= parquet.Milliseconds && c.Meaning <= parquet.Nanoseconds
}

func isString(c *parquet.Column) bool {
	return c.Kind == parquet.Bytes && (c.Meaning == parquet.Plain || c.Meaning == parquet.String)
}

func isNumber(c *parquet.Column) bool {
	switch c.Kind {
	case parquet.Float, parquet.Double:
		return c.Meaning == parquet.Plain
	case parquet.Int32, parquet.Int64:
		return c.Meaning == parquet.Plain || c.Meaning == parquet.Integer || c.Meaning == parquet.Unsigned
	default:
		return false
	}
}

func isLabel(c *parquet.Column) bool {
	return isString(c) || isNumber(c) || c.Kind == parquet.Boolean || c.Kind == parquet.Fixed && c.Length == 16 && c.Meaning == parquet.UUID
}

// bindColumns finds the columns to read, and says what is wrong with them.
func bindColumns(f *file, from *parquet.File) ([]*parquetColumn, error) {
	b := columnBinder{file: f, from: from, bound: map[string]*parquetColumn{}}
	for i := range from.Columns {
		b.bind(i)
	}
	if b.err != nil {
		return nil, b.err
	}
	if err := b.complete(); err != nil {
		return nil, err
	}
	b.doubt()
	return b.columns, nil
}

type columnBinder struct {
	file    *file
	from    *parquet.File
	columns []*parquetColumn
	bound   map[string]*parquetColumn
	unknown []string // paths that are not read
	err     error    // the first
}

func (b *columnBinder) bind(i int) {
	meta := &b.from.Columns[i]
	c := &parquetColumn{path: strings.Join(meta.Path, "."), leafs: []int{i}, metas: []*parquet.Column{meta}}
	top := meta.Path[0]
	switch {
	case (top == "outcome" || top == "vars") && meta.MaxRep > 0:
		b.bindMap(c, top)
		return
	case top == "sources" && meta.MaxRep == 1:
		c.name, c.list, c.kind, c.take = top, true, kindText, takeSource
	case top == "messages" || top == "tools" || top == "system":
		if !b.file.text || len(meta.Path) > 1 {
			return
		}
		c.name, c.kind, c.take = top, kindText, takeText
	default:
		b.bindScalar(c)
	}
	if c.take == nil {
		b.pass(c)
		return
	}
	b.add(c)
}

// bindMap takes the two leaves of a map together, when the first of them is seen.
func (b *columnBinder) bindMap(c *parquetColumn, top string) {
	if b.bound[top] != nil && slices.Contains(b.bound[top].leafs, c.leafs[0]) {
		return
	}
	i := c.leafs[0] + 1
	if len(b.from.Columns) <= i || b.from.Columns[i].Path[0] != top || c.metas[0].MaxRep != 1 || b.from.Columns[i].MaxRep != 1 || !isString(c.metas[0]) {
		b.refuse("write it as a MAP of text to values, or as columns such as "+top+".name", "the column %s is no map", c.path)
		return
	}
	value := &b.from.Columns[i]
	c.name, c.path, c.list, c.kind, c.take = top, top, true, kindText, takeVar
	if top == "outcome" {
		c.kind, c.take = kindNumber, takeOutcome
	}
	c.leafs, c.metas = append(c.leafs, i), append(c.metas, value)
	b.add(c)
}

func (b *columnBinder) bindScalar(c *parquetColumn) {
	name := c.path
	for _, prefix := range []string{"usage.", "usage_", ""} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && slices.Contains(usageColumns[:], rest) {
			c.name, c.kind, c.take = rest, kindCount, takeCount
			return
		}
	}
	for _, top := range []string{"outcome.", "vars."} {
		if rest, ok := strings.CutPrefix(name, top); ok && rest != "" {
			c.name, c.kind, c.take = name, kindText, takeVarColumn
			if top == "outcome." {
				c.kind, c.take = kindNumber, takeOutcomeColumn
			}
			return
		}
	}
	if i := slices.IndexFunc(scalarKeys, func(k scalarKey) bool { return k.name == name }); i >= 0 {
		c.name, c.kind, c.take = name, scalarKeys[i].kind, scalarKeys[i].take
	}
}

// pass leaves a column unread, unless it is a fact that somebody asks for.
func (b *columnBinder) pass(c *parquetColumn) {
	b.unknown = append(b.unknown, c.path)
	if meta := c.metas[0]; b.file.facts && meta.MaxRep == 0 && isLabel(meta) {
		c.take = takeFact
		b.columns = append(b.columns, c)
	}
}

func (b *columnBinder) add(c *parquetColumn) {
	meta := c.metas[len(c.metas)-1]
	other := b.bound[c.name]
	switch {
	case other != nil:
		b.refuse("leave one of them out", "the columns %s and %s hold the same", other.path, c.path)
	case meta.MaxRep > 0 && !c.list:
		b.refuse("write one value a row", "the column %s is a list", c.path)
	case !c.kind.holds(meta):
		b.refuse("convert it when the file is written", "the column %s is %s and not %s", c.path, describe(meta), c.kind.want)
	}
	b.bound[c.name] = c
	b.columns = append(b.columns, c)
}

func describe(c *parquet.Column) string {
	if c.Meaning == parquet.Plain {
		return c.Kind.String()
	}
	return c.Kind.String() + " with an annotation"
}

func (b *columnBinder) refuse(hint, format string, args ...any) {
	if b.err == nil {
		b.err = &fileError{rule: ruleColumns, hint: hint, summary: "the Parquet file cannot be read: " + fmt.Sprintf(format, args...)}
	}
}

// complete wants the columns without which no row is a call.
func (b *columnBinder) complete() error {
	var lacking []string
	for _, name := range []string{"ts", "model", "input", "output"} {
		if b.bound[name] == nil && !(name == "model" && b.file.src.Defaults.Model != "") {
			lacking = append(lacking, name)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	seen := b.unknown
	if len(seen) > 12 {
		seen = append(slices.Clone(seen[:12]), "…")
	}
	e := &fileError{rule: ruleColumns, summary: "the Parquet file has no column " + strings.Join(lacking, ", "),
		hint: "looked for ts, model, input and output, or usage.input and usage.output; rename them when the file is written, or export other dialects as JSON lines"}
	if len(seen) > 0 {
		e.summary += "; not read are " + strings.Join(seen, ", ")
	}
	return e
}

// doubt warns of columns that are named nearly as one that is not there: what a misspelt one holds would be lost without
// a word.
func (b *columnBinder) doubt() {
	var free []string
	for _, k := range slices.Concat(nativeNames(), usageColumns[:]) {
		if b.bound[k] == nil && k != "usage" {
			free = append(free, k)
		}
	}
	for _, path := range b.unknown {
		bare := strings.TrimPrefix(strings.TrimPrefix(path, "usage."), "usage_")
		if len(bare) < 4 { // two letters of three are no likeness
			continue
		}
		if near := source.Nearest(bare, free); near != "" {
			b.file.whole.Warn(ruleColumns, source.Span{File: b.file.name}, fmt.Sprintf("did you mean %q?", near), "the column %s is not read", path)
		}
	}
}

// open begins a row group.
func (c *parquetColumn) open(from *parquet.File, group int) error {
	c.chunks = c.chunks[:0]
	for _, i := range c.leafs {
		chunk, err := from.Chunk(group, i)
		if err != nil {
			return err
		}
		c.chunks = append(c.chunks, chunk)
	}
	if c.values == nil {
		c.values = make([]parquet.Value, len(c.leafs))
	}
	return nil
}
