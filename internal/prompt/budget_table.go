package prompt

import (
	"encoding"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// isTitle reports whether a heading announces budget tables.
func isTitle(heading string) bool { return strings.EqualFold(heading, "token budget") }

// nearTitle reports whether a heading was probably meant to be "Token budget".
func nearTitle(heading string) bool {
	return slices.Contains([]string{"tokenbudget", "tokenbudgets", "tokensbudget", "tokenbudgeting"}, letters(heading))
}

// columns are the known columns of a budget table.
var columns = []string{"track", "tokens", "cost", "feature", "owner", "section"}

// table reads a table under a heading as budgets, one a row. Other tables give nothing; one that looks like a budget
// under a heading that is nearly right is a warning.
func (d *document) table(heading string, t *east.Table, o outline) (out []Budget, diags source.Diagnostics) {
	header := d.cells(t.FirstChild())
	if !isTitle(heading) {
		if nearTitle(heading) && slices.ContainsFunc(header, func(c cell) bool { return slices.Contains(columns[1:3], strings.ToLower(c.text)) }) {
			diags.Warn("budget-block-unrecognised", header[0].span, `name the heading "Token budget"`, "a table under the heading %q is not read as a budget", heading)
		}
		return nil, diags
	}
	if !d.knownColumns(header, &diags) {
		return nil, diags
	}
	for row := t.FirstChild().NextSibling(); row != nil; row = row.NextSibling() {
		if b, ok := d.row(header, row, &diags); ok {
			if b.Section.Set {
				b.resolve(b.Section, o, &diags)
			}
			out = append(out, spelled{Budget: b}.list(d.section(o, t), o, &diags)...)
		}
	}
	return out, diags
}

// knownColumns checks the header; a column that is not known could be a ceiling, so the table is refused.
func (d *document) knownColumns(header []cell, diags *source.Diagnostics) bool {
	ok := true
	seen := map[string]bool{}
	for _, c := range header {
		name := strings.ToLower(c.text)
		switch {
		case !slices.Contains(columns, name):
			hint := source.DidYouMean(name, columns, "known columns: "+strings.Join(columns, ", "))
			diags.Add(source.RuleUnknownKey, c.span, hint, "unknown column %q in a token budget", c.text)
			ok = false
		case seen[name]:
			diags.Add(source.RuleDuplicateKey, c.span, "keep one of the two", "column %q stands twice", c.text)
			ok = false
		}
		seen[name] = true
	}
	return ok
}

// row reads one row. A row of empty cells is no budget.
func (d *document) row(header []cell, n ast.Node, diags *source.Diagnostics) (b Budget, ok bool) {
	line := d.rowLine(n)
	if !strings.Contains(d.text[line.start:line.end], "|") {
		diags.Add(source.RuleBadValue, d.span(line), "leave a blank line after the table", "this line is read as a row of the budget table, but it has no cells")
		return b, false
	}
	if got := countCells(d.text[line.start:line.end]); got > len(header) {
		diags.Add(source.RuleBadValue, d.span(line), "a | inside a cell is written as \\|", "the row has %d cells, the table has %d columns", got, len(header))
		return b, false
	}
	for i, c := range d.cells(n) {
		if i >= len(header) || c.text == "" || slices.Contains([]string{"-", "–", "—"}, c.text) {
			continue
		}
		if !ok {
			b.Span, ok = c.span, true
		}
		b.set(strings.ToLower(header[i].text), c, diags)
	}
	b.warnEmpty(!ok, diags)
	return b, ok
}

// set puts the value of a cell where the column says.
func (b *Budget) set(column string, c cell, diags *source.Diagnostics) {
	var err error
	switch column {
	case "track":
		b.Track = source.Of(c.text, c.span)
	case "feature":
		b.Feature = source.Of(c.text, c.span)
	case "section":
		b.Section = source.Of(c.text, c.span)
	case "owner":
		b.Owner = source.Of(c.text, c.span)
	case "tokens":
		b.Ceiling.Tokens.Span, b.Ceiling.Tokens.Set = c.span, true
		err = parse(&b.Ceiling.Tokens.Value, c.text)
	case "cost":
		b.Ceiling.Cost.Span, b.Ceiling.Cost.Set = c.span, true
		err = parse(&b.Ceiling.Cost.Value, c.text)
	}
	if err != nil {
		diags.Add(source.RuleBadValue, c.span, "", "%s", err)
	}
}

func parse(v encoding.TextUnmarshaler, s string) error { return v.UnmarshalText([]byte(s)) }

// cell is the text of a table cell without the marks of code or emphasis around it.
type cell struct {
	text string
	span source.Span
}

func (d *document) cells(row ast.Node) []cell {
	var out []cell
	for n := row.FirstChild(); n != nil; n = n.NextSibling() {
		if n.Lines().Len() == 0 { // a short row is filled up with cells that stand nowhere
			out = append(out, cell{})
			continue
		}
		r := region{d.md + n.Lines().At(0).Start, d.md + n.Lines().At(0).Stop}
		raw := d.text[r.start:r.end]
		text := strings.Trim(raw, "`* \t")
		r.start += strings.Index(raw, text)
		out = append(out, cell{strings.ReplaceAll(text, `\|`, "|"), d.span(region{r.start, r.start + len(text)})})
	}
	return out
}

// rowLine is the text of a row's line.
func (d *document) rowLine(row ast.Node) region {
	at := d.md + max(row.Pos(), 0)
	text := d.text[at:d.next(d.lineStart(at))]
	start := at + len(text) - len(strings.TrimLeft(text, " \t"))
	return region{start, start + len(strings.TrimSpace(text))}
}

// countCells counts the cells of a row as written; the parser drops what is over.
func countCells(line string) int {
	line = strings.ReplaceAll(strings.TrimSpace(line), `\|`, "")
	return strings.Count(strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|"), "|") + 1
}
