package prompt

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// importRef is one @path of a file.
type importRef struct {
	target string // unescaped, without its fragment
	region        // in the document, the @ included
}

// An import is an @ at the start of a run of text or after white space, then everything up to white space; "\ " is a
// space inside the path. Trailing punctuation therefore belongs to the path.
var importPattern = regexp.MustCompile(`(?:^|[\s\p{Z}\x{FEFF}])(@(?:[^\s\p{Z}\x{FEFF}\\]|\\ )+)`)

// imports finds the @paths of the body. Code, tags and link targets are not looked at; a path that stands twice in one
// file is given once.
func (d *document) imports() []importRef {
	if !strings.Contains(d.text[d.body:], "@") {
		return nil
	}
	var out []importRef
	seen := map[string]bool{}
	for _, run := range d.textRuns(nil, d.inlines()) {
		for _, m := range importPattern.FindAllStringSubmatchIndex(d.text[run.start:run.end], -1) {
			at := region{run.start + m[2], run.start + m[3]}
			target, ok := importTarget(d.text[at.start+1 : at.end])
			if ok && !seen[target] {
				seen[target] = true
				out = append(out, importRef{target, at})
			}
		}
	}
	return out
}

// importTarget cuts the fragment, unescapes spaces and says whether the rest has the shape of a path.
func importTarget(s string) (string, bool) {
	s, _, _ = strings.Cut(s, "#")
	s = strings.ReplaceAll(s, `\ `, " ")
	switch {
	case s == "" || s == "/":
		return "", false
	case s[0] == '/' || s[0] == '.' || s[0] == '_' || s[0] == '-' || strings.HasPrefix(s, "~/"):
		return s, true
	}
	c := s[0] | 0x20
	return s, c >= 'a' && c <= 'z' || s[0] >= '0' && s[0] <= '9'
}

// textRuns appends the runs of plain text below n in order. A run ends where other markup or a line break stands; the
// parser splits it at every character that could have been markup and was not, so neighbours are put together again.
// What is left of an HTML block that begins with a closed comment counts as text.
func (d *document) textRuns(runs []region, n ast.Node) []region {
	switch n := n.(type) {
	case *ast.CodeSpan:
		return runs
	case *ast.HTMLBlock:
		if spans := d.commentSpans(n); len(spans) > 0 {
			runs = append(runs, d.htmlRegion(n).without(spans)...)
		}
		return runs
	case *ast.Text:
		r := region{d.md + n.Segment.Start, d.md + n.Segment.Stop}
		if last := len(runs) - 1; last >= 0 && runs[last].end == r.start {
			runs[last].end = r.end
			return runs
		}
		return append(runs, r)
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		runs = d.textRuns(runs, c)
	}
	return runs
}

// textExtensions are the extensions of files that can be imported, from the tool's own list as far as it is known.
var textExtensions = strings.Fields(`
	.adoc .asciidoc .astro .bash .bat .c .cc .cfg .cjs .clj .cljc .cljs .cmake .conf .config .cpp .cs .css .csv .cts .cxx
	.dart .diff .edn .ejs .elm .env .erb .erl .ex .exs .f .f90 .f95 .fish .for .go .gql .gradle .graphql .h .hbs .hpp .hrl
	.hs .htm .html .hxx .ini .jade .java .js .json .jsx .kt .kts .latex .less .lhs .lock .log .lua .make .makefile .md .mjs
	.ml .mli .mts .org .patch .php .pl .pm .properties .proto .ps1 .pug .py .pyi .pyw .r .rake .rb .rs .rst .sass .sbt
	.scala .scss .sh .sql .svelte .swift .tex .text .toml .ts .tsx .txt .vue .xml .yaml .yml .zsh`)

// otherExtensions are common files that can not be imported: naming one is a mistake, not a mention of a person.
var otherExtensions = strings.Fields(`
	.avif .bin .bmp .doc .docx .gif .gz .ico .ipynb .jpeg .jpg .jsonl .markdown .mdc .mdx .mov .mp3 .mp4 .pdf .png .pptx
	.prompt .svg .tar .tgz .webp .xls .xlsx .zip .zst`)

// suffix is the last suffix of the file's name, lower case; ".env" and "Makefile" have none.
func suffix(name string) string {
	base := strings.TrimLeft(path.Base(name), ".")
	return strings.ToLower(path.Ext(base))
}

func importable(name string) bool {
	ext := suffix(name)
	return ext == "" || slices.Contains(textExtensions, ext)
}

var extensionShape = regexp.MustCompile(`^\.[a-z][a-z0-9]{0,9}$`)

// looksLikeFile tells a path whose file is missing from a mention such as @someone or @scope/package.
func looksLikeFile(target string) bool {
	if strings.HasPrefix(target, "./") || strings.HasPrefix(target, "../") {
		return true
	}
	ext := suffix(target)
	return slices.Contains(textExtensions, ext) || slices.Contains(otherExtensions, ext) ||
		strings.Contains(target, "/") && extensionShape.MatchString(ext)
}
