package prompt

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tokengate/tokengate/internal/source"
	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// budgets reads the blocks of a document's body: fences whose info string starts with "yaml tokengate", and tables whose
// nearest heading is "Token budget".
func (d *document) budgets(root ast.Node, src []byte, o outline) (out []Budget, diags source.Diagnostics) {
	title := ""
	walk(root, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Heading:
			title = plain(n, src)
		case *ast.FencedCodeBlock:
			if n.Info == nil {
				return
			}
			switch info := strings.TrimSpace(string(n.Info.Segment.Value(src))); {
			case info == blockInfo || strings.HasPrefix(info, blockInfo+" "):
				out = append(out, d.fenced(n, o, &diags)...)
			case nearBlockInfo(info):
				diags.Warn("budget-block-unrecognised", d.fenceSpan(n), "write ```"+blockInfo, "a block marked %q is not read as a budget", info)
			}
		case *east.Table:
			rows, ds := d.table(title, n, o)
			out, diags = append(out, rows...), append(diags, ds...)
		case *ast.Paragraph:
			if line := strings.TrimSpace(string(n.Lines().Value(src))); isTitle(title) && strings.HasPrefix(line, "|") {
				diags.Warn("budget-block-unrecognised", d.point(n), "give the table a header row and a row of dashes with as many cells", "this is not read as a table, so it sets no budget")
			}
		}
	})
	return out, diags
}

const blockInfo = "yaml tokengate"

// nearBlockInfo reports whether an info string was probably meant to be blockInfo.
func nearBlockInfo(info string) bool {
	words := strings.FieldsFunc(info, func(r rune) bool { return strings.ContainsRune(" \t,:;{}", r) })
	if len(words) == 0 {
		return false
	}
	first := strings.ToLower(words[0])
	if slices.Contains([]string{"yaml", "yml", "json", "toml", "text"}, first) {
		words = words[1:]
	}
	return len(words) > 0 && source.Nearest(words[0], []string{"tokengate"}) != "" && !strings.Contains(words[0], ".")
}

// fenced decodes the YAML of one fence.
func (d *document) fenced(n *ast.FencedCodeBlock, o outline, diags *source.Diagnostics) []Budget {
	var s spelled
	s.Span = d.fenceSpan(n)
	var wrong source.Diagnostics
	if n.Lines().Len() > 0 {
		first := d.line(d.md + n.Lines().At(0).Start)
		wrong = source.DecodeYAMLAt(d.file, d.yaml(n), first-1, &s)
	}
	*diags = append(*diags, wrong...)
	s.warnEmpty(wrong.HasErrors() || len(s.Sections) > 0, diags)
	return s.list(d.section(o, n), o, diags)
}

// yaml is the content of a fence with what stands before it on a line (the indentation of a list, the mark of a quote)
// turned into spaces, so that the decoder's columns are those of the file. All lines get the prefix of the first one that
// is not blank: they must stay aligned whatever was cut from each.
func (d *document) yaml(n ast.Node) []byte {
	var out []byte
	prefix := ""
	found := false
	for i := range n.Lines().Len() {
		seg := n.Lines().At(i)
		start, stop := d.md+seg.Start, d.md+seg.Stop
		text := strings.Repeat(" ", seg.Padding) + d.text[start:stop]
		if !found && strings.TrimSpace(text) != "" {
			prefix = strings.Repeat(" ", utf8.RuneCountInString(d.text[d.lineStart(start):start]))
			found = true
		}
		out = append(append(out, prefix...), text...)
	}
	return out
}

// fenceSpan is the line that opens a fence, from its first backtick.
func (d *document) fenceSpan(n *ast.FencedCodeBlock) source.Span {
	at := d.md + max(n.Pos(), 0)
	line := d.text[at:d.next(d.lineStart(at))]
	at += len(line) - len(strings.TrimLeft(line, " \t"))
	return d.span(region{at, at + len(strings.TrimSpace(line))})
}

// point is the place where a block begins.
func (d *document) point(n ast.Node) source.Span {
	return source.Span{File: d.file, Start: d.pos(d.md + start(n))}
}
