package prompt

import (
	"fmt"
	"path"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
)

// follow loads what a file imports, depth first. chain is the files from the root to this one.
func (l *loader) follow(d *document, chain []string) {
	at := cursor{doc: d}
	for _, ref := range d.imports() {
		start := at.at(ref.start)
		l.importOne(ref, source.Span{File: d.file, Start: start, End: at.at(ref.end)}, chain)
	}
}

// importOne loads one import, or says why it is not loaded. Nothing is said of a mention that names no file.
func (l *loader) importOne(ref importRef, at source.Span, chain []string) {
	name := path.Join(path.Dir(chain[len(chain)-1]), ref.target)
	if strings.HasPrefix(ref.target, "~/") || path.IsAbs(ref.target) || name == ".." || strings.HasPrefix(name, "../") {
		l.diags.Warn("import-outside", at, "copy it into the repository, or remove the @",
			"@%s leads out of the project and is not counted; on a developer's machine it may be loaded after a one-time approval", ref.target)
		return
	}
	if p := stat(l.fsys, name); p != nil {
		l.unusable(ref.target, p, at, chain)
		return
	}
	if !l.how.anyFile && !importable(name) {
		l.diags.Warn("import-not-text", at, "import a text file, or remove the @", "@%s is not loaded: files with the extension %s are not imported", ref.target, suffix(name))
		return
	}
	if l.loaded(ref.target, name, at, chain) {
		return
	}
	if len(chain) > l.opts.MaxDepth {
		l.diags.Warn("import-too-deep", at, "import it from a file nearer to the root", "@%s is not loaded: it is %d hops below %s, the limit is %d", ref.target, len(chain), chain[0], l.opts.MaxDepth)
		return
	}
	content, p := read(l.fsys, name)
	if p != nil {
		l.unusable(ref.target, p, at, chain)
		return
	}
	if !l.add(name, content, chain) {
		l.diags = append(l.diags, source.Diagnostic{Rule: "import-empty", Severity: source.Info, Span: at, Hint: "remove the import", Summary: fmt.Sprintf("@%s sends nothing: the file is empty", ref.target)})
	}
}

// loaded reports whether the file is part of the template already, under any name, and warns if it leads back to itself.
func (l *loader) loaded(target, name string, at source.Span, chain []string) bool {
	real := realPath(l.fsys, name)
	if !l.seen[real] {
		return false
	}
	for i, c := range chain {
		if realPath(l.fsys, c) == real {
			cycle := strings.Join(append(chain[i:len(chain):len(chain)], name), " → ")
			l.diags.Warn("import-cycle", at, "remove one of the imports", "@%s closes an import cycle: %s; the file is sent once", target, cycle)
		}
	}
	return true
}

// unusable reports an import whose file cannot be had. The trap comes first: punctuation after a path is part of it.
func (l *loader) unusable(target string, p *problem, at source.Span, chain []string) {
	bare := strings.TrimRight(target, trailing)
	switch p.kind {
	case "missing":
		bareName := path.Join(path.Dir(chain[len(chain)-1]), bare)
		if bare != target && bare != "" && stat(l.fsys, bareName) == nil {
			l.diags.Warn("import-trailing-punctuation", at, fmt.Sprintf("put a space between @%s and the %q", bare, target[len(bare):]),
				"@%s loads nothing: the %q after it is read as part of the path", target, target[len(bare):])
		} else if looksLikeFile(bare) {
			l.diags.Warn("import-missing", at, "write the path relative to the file it stands in, or take the @ away", "@%s loads nothing: %s", target, p.summary)
		}
	case "not-a-file":
		l.diags.Warn("import-missing", at, p.hint, "@%s loads nothing: %s", target, p.summary)
	case "binary":
		l.diags.Warn("import-not-text", at, p.hint, "@%s is not loaded: %s", target, p.summary)
	case "unreadable":
		l.diags.Add("import-unreadable", at, p.hint, "@%s: %s", target, p.summary)
	default:
		l.diags.Warn("import-"+p.kind, at, p.hint, "@%s is not loaded: %s", target, p.summary)
	}
}

// trailing is the punctuation that ends a sentence or a bracket around a path.
const trailing = ".,:;!?)]}>'\"*_»”’…"
