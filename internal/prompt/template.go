// Package prompt owns what a template sends: the CLAUDE.md family with its imports, wrapper text and stripped parts,
// and plain prompt files with {{placeholders}}. It cuts the sent text into sections with their place in the file, finds
// the budget blocks written in it, compares two versions of a template and renders a plain one with fixture variables.
//
// The kinds of files are known by path alone, but for JSON, which is told by its content. A ClaudeMD file (CLAUDE.md, CLAUDE.local.md, AGENTS.md, GEMINI.md, a file
// under .claude/rules) is sent the way Claude Code sends memory files: front matter and block-level HTML comments are
// taken out, the rest is trimmed, and a line naming the file stands before it; a file named by @path follows as a block
// of its own. Jinja, Handlebars, Mustache, Dotprompt and Prompty files are rendered (package engine): what is measured is
// what they send with the variables of a fixture, else with those they give themselves, else with none. A JSON file of chat
// messages (Chat) is filled in inside their texts and measured likewise. Every other file
// is Plain: its text as it stands, without front matter, and @path means nothing in it.
//
// A budget block in a fence is ordinary text to the tool that sends the file, so it is sent and billed, and counted here.
// The same budget in front matter, which is never sent, costs nothing per call.
//
// Load reads one file with what it imports. LoadTree reads everything that a tool loads of a project: memory files from
// the root to the folder a session starts in, rules, subagents, skills and commands, and makes a template of what the
// main conversation sends at launch, of each subagent and of each skill. The sentence that the tool puts once in front of
// all memory files of a conversation is part of these, and of no file that Load reads alone.
//
// What is left to others: opening a working tree or a revision (any fs.FS will do; it decides whether a symbolic link
// leaves the project), counting tokens, prices, what a ceiling means.
//
//	t, diags := prompt.Load(fsys, "CLAUDE.md", prompt.Options{})
//	tree, diags := prompt.LoadTree(fsys, prompt.Loader{})
package prompt

import (
	"strings"

	"github.com/tokengate/tokengate/internal/source"
)

// Kind says which loading rules made a template.
type Kind string

// The kinds of templates.
const (
	ClaudeMD Kind = "claude-md" // CLAUDE.md family: imports, wrapper text, stripped comments and front matter
	Plain    Kind = "prompt"    // any other prompt file: the text as it stands, front matter stripped, {{placeholders}}
)

// Template is one root file and everything that is sent with it.
type Template struct {
	Path    string   // slash-separated, relative to the loader's root
	Kind    Kind     //
	Lazy    bool     // sent only once a matching file is read: a rule with paths, a CLAUDE.md below the project's root
	Agent   string   // of a Tree: the subagent whose calls send it; AnyAgent for all that have no file in it; "" for the main conversation
	Skill   string   // of a Tree: the skill or command whose invocation adds its body to the main conversation; else ""
	BlobID  string   // git blob id (SHA-1, hex) of the root file's content
	SHA256  string   // "sha256:<hex>" of the same
	Files   []File   // root first, then imports in the order they are sent
	Budgets []Budget // blocks found in any of the files, and what the header of a prompt file declares
	Basis   string   // of a kind that is rendered: with which variables Files was made, such as "its own sample"
	Notes   []string // of a kind that is rendered: what is sent as well and not counted here

	Renderings []*Template // of Sampled: one for every set of variables; the template's size is their mean, Files one of them

	program *program      // of a kind that is rendered
	uses    []Placeholder // likewise, of the variables
}

// File is one file of a template as it is sent.
type File struct {
	Path     string
	Content  []byte    // as it stands in the repository
	Sections []Section // in order; their Text concatenated is exactly what is sent for this file, wrapper included

	doc  *document // positions; nil in a File made by hand, whose places are then the file as a whole
	kept []piece   // the parts of doc that are sent, in order
}

// Section is a run of a file's text under one heading. Text holds only what is sent: stripped parts are gone.
type Section struct {
	Heading string      // "" before the first heading; "(wrapper)" for text the tool adds around a file
	Anchor  string      // names the section within its file, as GitHub links to it: "token-budget", "setup-1"; "" without a heading
	Level   int         // 1–6; 0 for "" and "(wrapper)"
	Span    source.Span // whole lines of the file, End at the first line after it; zero for the wrapper
	Text    string
}

// Headings of sections that no file holds: their Level is 0 and they have no anchor.
const (
	Wrapper  = "(wrapper)"  // text the tool adds around a file
	Preamble = "(preamble)" // the sentence that the tool puts once in front of all memory files of a conversation
	Listing  = "(listing)"  // what the main conversation is told of a skill or subagent at launch: its name and description
)

// Text is what is sent for the file, wrapper included.
func (f File) Text() string {
	var b strings.Builder
	for _, s := range f.Sections {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Text is everything that is sent for the template: its files in order. A nil template sends nothing.
func (t *Template) Text() string {
	if t == nil {
		return ""
	}
	var b strings.Builder
	for _, f := range t.Files {
		b.WriteString(f.Text())
	}
	return b.String()
}
