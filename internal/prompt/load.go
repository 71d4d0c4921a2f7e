package prompt

import (
	"crypto/sha1" // the object id of git, not a protection
	"crypto/sha256"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// Options are what a load depends on besides the files.
type Options struct {
	MaxDepth int       // hops of imports below the root file; 0 is 4, what the tool does (it was 5 before 2026-05-26)
	Root     string    // directory that the wrapper text names in front of a file's path; "" is /repo
	Now      time.Time // for budgets that expire; zero skips the check

	Vars map[string]any // variables of a prompt file that is rendered; nil: its own samples and defaults
}

// Load reads the template whose root file is at name, a slash-separated path relative to the root of fsys. It returns
// nil when that file cannot be used; the reason is then among the diagnostics, as an error. An import that cannot be used
// is a warning and is not part of what is sent, as it is not for the tool.
//
// The wrapper text in front of every ClaudeMD file names its absolute path. That path differs from machine to machine;
// Options.Root stands for its first part, so counts are the same everywhere and may be off by a few tokens per file.
//
// fsys decides whether a symbolic link may be followed: an error that wraps fs.ErrInvalid or says that the path escapes
// is reported as leading out of the project.
func Load(fsys fs.FS, name string, opts Options) (*Template, source.Diagnostics) {
	l := newLoader(fsys, opts)
	clean, p := inside(name)
	if p == nil {
		var content []byte
		if content, p = read(fsys, clean); p == nil {
			l.root(clean, content)
			l.diags.Sort()
			if l.t.Kind.Rendered() && l.broken() {
				return nil, l.diags
			}
			return l.t, l.diags
		}
	}
	l.diags.Add("template-"+p.kind, source.Span{File: name}, p.hint, "template %s", p.summary)
	return nil, l.diags
}

type loader struct {
	fsys  fs.FS
	opts  Options
	how   manner
	label string // what the wrapper text calls the files
	lead  string // stands once in front of the first file that is sent
	tree  bool   // several files are loaded one after the other, and those that send nothing are left out
	t     *Template
	seen  map[string]bool // real paths of files already sent
	diags source.Diagnostics
}

func newLoader(fsys fs.FS, opts Options) *loader {
	l := &loader{fsys: fsys, opts: opts, seen: map[string]bool{}, t: &Template{}}
	if l.opts.MaxDepth <= 0 {
		l.opts.MaxDepth = 4
	}
	if l.opts.Root == "" {
		l.opts.Root = "/repo"
	}
	return l
}

func (l *loader) root(name string, content []byte) {
	l.t.Kind = kindOf(name)
	if isChat(name, content) {
		l.t.Kind = Chat
	}
	l.t.identify(name, content)
	l.how, l.label = mannerOf(l.t.Kind), labelOf(name)
	l.add(name, content, nil)
	if l.t.Text() == "" && !l.broken() {
		l.diags.Warn("template-empty", source.Span{File: name}, "", "template %s sends nothing", name)
	}
	l.linkText(name, content)
	l.diags = append(l.diags, checkBudgets(l.t.Budgets, l.opts.Now)...)
}

// identify names the template's root file and the content it has.
func (t *Template) identify(name string, content []byte) {
	t.Path = name
	t.BlobID = fmt.Sprintf("%x", sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(content)), content...)))
	t.SHA256 = fmt.Sprintf("sha256:%x", sha256.Sum256(content))
}

// linkText warns of a symbolic link that a checkout turned into a text file: its content is a path, and only that is sent.
func (l *loader) linkText(name string, content []byte) {
	target := path.Join(path.Dir(name), string(content))
	if l.t.Kind != ClaudeMD || len(content) > 255 || strings.ContainsAny(string(content), " \r\n") || !fs.ValidPath(target) {
		return
	}
	if target != name && stat(l.fsys, target) == nil {
		l.diags.Warn("template-link-text", source.Span{File: name}, fmt.Sprintf("write @%s instead, or check the link out as a link", content),
			"template %s holds only the path %s; it looks like a symbolic link that was checked out as text", name, content)
	}
}

// kindOf tells the kind of a file by its path.
func kindOf(name string) Kind {
	switch path.Base(name) {
	case "CLAUDE.md", localMemory, "AGENTS.md", "GEMINI.md":
		return ClaudeMD
	}
	if isRule(name) {
		return ClaudeMD
	}
	if kind, ok := renderedKind(name); ok {
		return kind
	}
	return Plain
}

func isRule(name string) bool {
	return strings.Contains("/"+name, "/.claude/rules/") && strings.HasSuffix(name, ".md")
}

// lazy reports whether the file is left out at the start of a session in the project's root.
func lazy(name string, head frontMatter) bool {
	if isRule(name) {
		return head.paths || !strings.HasPrefix(name, ".claude/")
	}
	dir := path.Dir(name)
	return kindOf(name) == ClaudeMD && dir != "." && dir != ".claude"
}

// add puts a file and, after it, what it imports into the template. chain is the files that led here, root first.
func (l *loader) add(name string, content []byte, chain []string) (sent bool) {
	d, bad := newDocument(name, content)
	if bad > 0 {
		l.diags.Warn("template-invalid-utf8", source.Span{File: name}, "save the file as UTF-8", "%s holds %d bytes that are not UTF-8; each counts as U+FFFD", name, bad)
	}
	if l.t.Kind == Chat {
		l.chat(name, content, d)
		return true
	}
	if l.t.Kind.Rendered() {
		l.program(name, content, d)
		return true
	}
	d.findFrontMatter(l.t.Kind)
	head, diags := d.readFrontMatter()
	l.diags = append(l.diags, diags...)
	root, src := d.blocks()
	heads := d.headings(root, src)
	l.budgets(d, head, root, src, heads)
	l.seen[realPath(l.fsys, name)] = true
	f := l.file(d, content, l.how.sent(d, root), heads)
	if (l.tree || len(chain) > 0) && len(f.Sections) == 0 {
		return false
	}
	l.t.Files = append(l.t.Files, f)
	if len(chain) == 0 {
		l.t.Lazy = lazy(name, head)
	}
	if l.how.imports {
		l.follow(d, append(chain[:len(chain):len(chain)], name))
	} else if l.t.Kind == Plain {
		f.unsupported(&l.diags)
	}
	return true
}

// file makes a File, with the wrapper text of its kind. A file with nothing left to send has no sections.
func (l *loader) file(d *document, content []byte, kept []region, heads []heading) File {
	f := File{Path: d.file, Content: content, doc: d}
	sent := 0
	if len(kept) > 0 {
		f.Sections = l.front(d.file)
	}
	for _, s := range f.Sections {
		sent += len(s.Text)
	}
	for _, r := range kept {
		f.kept = append(f.kept, piece{sent, r})
		sent += r.end - r.start
	}
	f.Sections = append(f.Sections, d.sections(heads, kept)...)
	return f
}

// front is what the tool puts before a file: once the lead, and before each a line that names it.
func (l *loader) front(name string) (out []Section) {
	if l.lead != "" {
		out = append(out, Section{Heading: Preamble, Text: l.lead})
		l.lead = ""
	}
	gap := ""
	if len(l.t.Files) > 0 {
		gap = "\n\n"
	}
	switch {
	case l.how.wrap:
		out = append(out, Section{Heading: Wrapper, Text: fmt.Sprintf("%sContents of %s (%s):\n\n", gap, path.Join(l.opts.Root, name), l.label)})
	case l.tree && gap != "":
		out = append(out, Section{Heading: Wrapper, Text: gap})
	}
	return out
}

// labelOf is what the tool calls a memory file in front of it: the project's or the user's own. What a file imports has
// its label.
func labelOf(name string) string {
	if path.Base(name) == localMemory {
		return "user's private project instructions, not checked in"
	}
	return "project instructions, checked into the codebase"
}
