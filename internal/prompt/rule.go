package prompt

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/tokengate/tokengate/internal/source"
)

// maxPatterns is how many patterns the paths of one rule may come to once their braces are written out.
const maxPatterns = 1000

// rules loads .claude/rules of a folder: those without paths at launch, like memory, the others once a matching file is
// read. Below the folder a session starts in (later) all wait for a file of that folder.
func (b *builder) rules(dir string, later bool) {
	for _, name := range b.under(path.Join(dir, ".claude", "rules"), isMarkdown) {
		m := b.member(RoleRule, name, AtLaunch)
		if !b.loader.since(sinceRules) {
			m.When, m.Why = Never, "rules are loaded since 2.0.64"
			b.extra = append(b.extra, m)
			continue
		}
		b.conditions(&m)
		switch {
		case len(m.Patterns) > 0:
			m.When, m.Why = Lazily, "on reading a file that matches "+strings.Join(m.Patterns, ", ")
		case later:
			m.When, m.Why = Lazily, "on reading a file under "+dir+"/"
		}
		if m.When == Lazily {
			b.lazily(m)
		} else {
			b.launch(RoleRule, name)
		}
	}
}

// conditions reads the paths of a rule, and says what is wrong with them.
func (b *builder) conditions(m *Member) {
	content, p := read(b.fsys, m.Path)
	if p != nil {
		return // said when it is loaded
	}
	d, _ := newDocument(m.Path, content)
	d.findFrontMatter(ClaudeMD)
	h := d.readHead()
	m.Patterns = h.list("paths")
	at := d.key(h, "paths")
	for _, pattern := range m.Patterns {
		if why, hint := unmatchable(pattern); why != "" {
			b.diags.Warn("rule-paths", at, hint, "the pattern %q %s", pattern, why)
		}
	}
	if n := spread(m.Patterns); n > maxPatterns {
		b.diags.Warn("rule-paths", at, "write fewer alternatives in braces", "the paths come to %s patterns once their braces are written out; the tool takes %d", atMost(n), maxPatterns)
	}
}

func atMost(n int) string {
	if n > 1_000_000 {
		return "more than a million"
	}
	return fmt.Sprint(n)
}

// unmatchable says why a pattern does not match what it seems to.
func unmatchable(pattern string) (why, hint string) {
	switch {
	case strings.TrimSpace(pattern) == "":
		return "is empty", "name files, such as src/**/*.ts"
	case strings.ContainsRune(strings.ReplaceAll(pattern, `\[`, ""), '['):
		return "holds a [ that is not escaped, so it does not match a file with that name", `write \[`
	case !doublestar.ValidatePattern(strings.ReplaceAll(pattern, `\[`, "")):
		return "is not a valid glob", "close every {"
	}
	return "", ""
}

// spread counts the patterns that braces stand for, up to a bound.
func spread(patterns []string) int {
	total := 0
	for _, p := range patterns {
		total = min(total+alternatives(p), 1<<30)
	}
	return total
}

// alternatives counts what one pattern's braces stand for: the sum of what stands between commas, the product of what
// follows each other.
func alternatives(pattern string) int {
	type level struct{ sum, product int }
	stack := []level{{0, 1}}
	for i := 0; i < len(pattern); i++ {
		top := &stack[len(stack)-1]
		switch pattern[i] {
		case '\\':
			i++
		case '{':
			stack = append(stack, level{0, 1})
		case ',':
			if len(stack) > 1 {
				top.sum, top.product = min(top.sum+top.product, 1<<30), 1
			}
		case '}':
			if len(stack) > 1 {
				n := min(top.sum+top.product, 1<<30)
				stack = slices.Delete(stack, len(stack)-1, len(stack))
				under := &stack[len(stack)-1]
				under.product = int(min(int64(under.product)*int64(n), 1<<30))
			}
		}
	}
	return stack[0].product
}

// span of a member's first line, for what is wrong with it as a whole.
func firstLine(name string) source.Span {
	return source.Span{File: name, Start: source.Pos{Line: 1, Col: 1}}
}
