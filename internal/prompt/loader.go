package prompt

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
)

// Loader says which tool loads the files of a project, and what its loading depends on beside them. The zero Loader is
// the newest known Claude Code, started in the project's root.
type Loader struct {
	Tool          string    // one of Tools; "" is ClaudeCode
	Version       string    // of Claude Code: 2.1.287, or a day (2026-05-25) whose newest version is meant; "" is the newest known
	ImportDepth   int       // hops of imports below a memory file; 0 is what the version does
	AgentsMD      bool      // Claude Code loads the AGENTS.md of a folder that has no CLAUDE.md, as its version 2.1.251 is said to do
	ContextWindow int64     // tokens; 0 is 200,000
	ListingChars  int       // characters of the listing of skills; 0 is 1 % of the context window
	Cwd           string    // the folder a session starts in, relative to the project's root; "" is the root
	Excludes      []string  // globs of memory files and rules that are left out, relative to the root or absolute on Root
	Local         bool      // CLAUDE.local.md is part of what is sent, not listed apart
	Root          string    // see Options
	Now           time.Time // see Options
}

// The tools whose loading is known.
const (
	ClaudeCode = "claude-code"
	Codex      = "codex"
	GeminiCLI  = "gemini-cli"
	Cursor     = "cursor"
	Copilot    = "copilot"
	Windsurf   = "windsurf"
	Cline      = "cline"
)

// Tools lists the tools that a Loader may name. Claude Code's loading was measured; of the others' conditions little
// more is published than which files they read.
func Tools() []string {
	return []string{ClaudeCode, Codex, GeminiCLI, Cursor, Copilot, Windsurf, Cline}
}

// Problem is why a Loader cannot be followed: Key is its field in the spelling of tokengate.yaml.
type Problem struct{ Key, Summary, Hint string }

// Check gives what is wrong with the loader's values, in a fixed order.
func (l Loader) Check() (out []Problem) {
	add := func(key, hint, format string, args ...any) {
		out = append(out, Problem{key, fmt.Sprintf(format, args...), hint})
	}
	if l.Tool != "" && !slices.Contains(Tools(), l.Tool) {
		add("tool", "write one of "+strings.Join(Tools(), ", "), "there is no loader for %q", l.Tool)
	}
	if _, _, err := l.version(); err != nil {
		add("version", "write a version such as 2.1.287, or a day such as 2026-05-25", "%s", err)
	}
	if l.Version != "" && l.tool() != ClaudeCode {
		add("version", "remove it", "versions are told apart for %s only", ClaudeCode)
	}
	if l.ImportDepth < 0 || l.ImportDepth > maxDepth {
		add("import_depth", fmt.Sprintf("write a number of hops from 1 to %d", maxDepth), "an import depth of %d", l.ImportDepth)
	}
	if l.ContextWindow < 0 {
		add("context_window", "write tokens, such as 200k", "a context window of %d tokens", l.ContextWindow)
	}
	if l.ListingChars < 0 {
		add("listing_chars", "write a number of characters", "a listing of %d characters", l.ListingChars)
	}
	if l.Cwd != "" {
		if _, p := inside(l.Cwd); p != nil {
			add("cwd", p.hint, "%s", p.summary)
		}
	}
	for _, e := range l.Excludes {
		if e == "" || !doublestar.ValidatePattern(e) {
			add("excludes", "close every [ and {", "%q is not a valid glob", e)
		}
	}
	return out
}

const maxDepth = 50

func (l Loader) tool() string { return cmp.Or(l.Tool, ClaudeCode) }

// change is the version from which a tool loads otherwise, and the day of its release.
type change struct {
	version [3]int
	day     string
}

// Changes of Claude Code's loading, by its own list of changes; the days are those on which the versions were published.
// That of the import depth is known from its documentation, by the day: the version is the first one published after it.
var (
	sinceImports  = change{[3]int{0, 2, 107}, firstDay}
	sinceRules    = change{[3]int{2, 0, 64}, "2025-12-10"}
	sinceText     = change{[3]int{2, 1, 2}, "2026-01-09"}
	sinceComments = change{[3]int{2, 1, 72}, "2026-03-11"}
	sinceFourHops = change{[3]int{2, 1, 152}, "2026-05-26"}
)

// firstDay is the first day of which something is known.
const firstDay = "2025-07-09"

// since tells whether the loader's version has a change.
func (l Loader) since(c change) bool {
	version, day, err := l.version()
	switch {
	case err != nil || l.Version == "":
		return true
	case day != "":
		return day >= c.day
	}
	return slices.Compare(version[:], c.version[:]) >= 0
}

// version reads Version as one or the other.
func (l Loader) version() (version [3]int, day string, err error) {
	if l.Version == "" {
		return version, "", nil
	}
	if _, bad := time.Parse(time.DateOnly, l.Version); bad == nil {
		if l.Version < firstDay {
			return version, "", fmt.Errorf("nothing is known of the loading before %s", firstDay)
		}
		return version, l.Version, nil
	}
	parts := strings.Split(l.Version, ".")
	for i, p := range parts {
		n, bad := strconv.Atoi(p)
		if bad != nil || n < 0 || len(parts) != len(version) {
			return version, "", fmt.Errorf("%q is neither a version nor a day", l.Version)
		}
		version[i] = n
	}
	return version, "", nil
}

// depth is how many hops of imports are followed.
func (l Loader) depth() int {
	switch {
	case l.ImportDepth > 0:
		return min(l.ImportDepth, maxDepth)
	case l.since(sinceFourHops):
		return 4
	}
	return 5
}

// charsPerToken is what the tool takes for the length of a token where it bounds text by characters.
const charsPerToken = 4

func (l Loader) window() int64 { return cmp.Or(l.ContextWindow, 200_000) }

// listingChars is how many characters the listing of skills may have.
func (l Loader) listingChars() int {
	if l.ListingChars > 0 {
		return l.ListingChars
	}
	return int(min(l.window()*charsPerToken/100, 1<<30))
}

// cwd is the folder a session starts in, "." for the root.
func (l Loader) cwd() string {
	clean := path.Clean(cmp.Or(l.Cwd, "."))
	if !fs.ValidPath(clean) {
		return "."
	}
	return clean
}

// hierarchy lists the folders from the project's root down to the one a session starts in.
func (l Loader) hierarchy() []string {
	out := []string{"."}
	if l.cwd() == "." {
		return out
	}
	at := ""
	for part := range strings.SplitSeq(l.cwd(), "/") {
		at = path.Join(at, part)
		out = append(out, at)
	}
	return out
}

// excluded tells whether a memory file is left out.
func (l Loader) excluded(name string) bool {
	full := path.Join(cmp.Or(l.Root, "/repo"), name)
	return slices.ContainsFunc(l.Excludes, func(pattern string) bool {
		return doublestar.MatchUnvalidated(pattern, name) || doublestar.MatchUnvalidated(pattern, full)
	})
}

// options are those of the loader's files.
func (l Loader) options() Options {
	return Options{MaxDepth: l.depth(), Root: l.Root, Now: l.Now}
}

// manner is how the tool sends its memory files.
func (l Loader) manner() manner {
	switch l.tool() {
	case ClaudeCode:
		m := claudeManner
		m.imports, m.comments, m.anyFile = l.since(sinceImports), l.since(sinceComments), !l.since(sinceText)
		return m
	case GeminiCLI:
		return manner{imports: true}
	case Cursor, Copilot:
		return manner{strip: true, trim: true}
	}
	return manner{}
}
