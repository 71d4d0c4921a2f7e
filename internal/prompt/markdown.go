package prompt

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown is the body as the parser sees it. A CR before LF becomes a space: the parser treats both as trailing
// blanks, and offsets stay those of the body.
func (d *document) markdown() []byte {
	return []byte(strings.ReplaceAll(d.text[d.md:], "\r\n", " \n"))
}

// blocks parses the block structure: headings, fences, HTML blocks and tables. Nothing inside a paragraph is parsed.
func (d *document) blocks() (ast.Node, []byte) {
	src := d.markdown()
	return parser.NewParser(
		parser.WithBlockParsers(blockParsers()...),
		parser.WithParagraphTransformers(util.Prioritized(extension.NewTableParagraphTransformer(), 200)),
	).Parse(text.NewReader(src)), src
}

// inlines parses down to code spans and emphasis, without tables: the tool that reads @path does not know them. In a
// file with a paragraph of more than maxParagraph bytes only code spans are told from text.
func (d *document) inlines() ast.Node {
	spans := parser.DefaultInlineParsers()
	definitions := parser.DefaultParagraphTransformers()
	if d.longestParagraph() > maxParagraph {
		spans, definitions = []util.PrioritizedValue{util.Prioritized(parser.NewCodeSpanParser(), 100)}, nil
	}
	return parser.NewParser(
		parser.WithBlockParsers(blockParsers()...),
		parser.WithInlineParsers(spans...),
		parser.WithParagraphTransformers(definitions...),
	).Parse(text.NewReader(d.markdown()))
}

// maxNesting bounds lists and quotes inside each other. No one writes more, and the parser's time grows with the square.
const maxNesting = 100

// blockParsers is the parser's own list with its containers bounded.
func blockParsers() []util.PrioritizedValue {
	list := parser.DefaultBlockParsers()
	for i, v := range list {
		if v.Value == parser.NewListParser() || v.Value == parser.NewBlockquoteParser() {
			list[i].Value = bounded{v.Value.(parser.BlockParser)}
		}
	}
	return list
}

type bounded struct{ parser.BlockParser }

func (b bounded) Open(parent ast.Node, r text.Reader, pc parser.Context) (ast.Node, parser.State) {
	if len(pc.OpenedBlocks()) >= maxNesting {
		return nil, parser.NoChildren
	}
	return b.BlockParser.Open(parent, r, pc)
}

// maxParagraph bounds what is parsed for links and emphasis: the parser's time for broken links in one paragraph grows
// with the square, and a file from a stranger must not stop a build.
const maxParagraph = 32 << 10

// longestParagraph is the bytes of the longest run of lines that are not blank.
func (d *document) longestParagraph() int {
	longest, length := 0, 0
	for at := d.md; at < len(d.text); at = d.next(at) {
		line := d.text[at:d.next(at)]
		if length += len(line); strings.TrimSpace(line) == "" {
			length = 0
		}
		longest = max(longest, length)
	}
	return longest
}

// walk visits every node in the order of the document, parents first.
func walk(n ast.Node, visit func(ast.Node)) {
	visit(n)
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		walk(c, visit)
	}
}
