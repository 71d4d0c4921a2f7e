package lint

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

var couldBeLazy = Rule{Rule: source.Rule{
	ID:      "could-be-lazy",
	Summary: "text that every conversation pays for is needed by some tasks only",
	Explain: `A memory file is sent with every call. Two kinds of sections need not be: one about a single folder, file type or
language belongs into a rule with paths: (.claude/rules), which is sent once a matching file is read; the steps of one task
belong into the body of a skill, which is sent when the task is at hand.
The rule is meant to be quiet. A section of at least 120 tokens is named when (1) all paths in its text, three or more and none of
them in code, lie in one folder two levels down, or one level down where that is also in its heading; (2) its heading names one language and the file
has another such section; (3) its heading names a task such as a release, a migration or an incident, and it lists at least
three numbered steps. The tokens are those of the section with what stands below it.`,
}, Severity: source.Info, check: (*project).lazyCandidates}

// lazyTokens is the size from which moving a section is worth the reader's time.
const lazyTokens = 120

func (p *project) lazyCandidates() []Finding {
	var out []Finding
	for _, x := range p.texts {
		if !x.always() {
			continue
		}
		for i := 0; i < len(x.parts); {
			below := x.under(i)
			if f, ok := x.lazy(i, below); ok {
				out = append(out, f)
				i += len(below) // what stands below goes with it
				continue
			}
			i++
		}
	}
	return out
}

// lazy judges one section with what stands below it. The title of a file is never one.
func (x *text) lazy(i int, below []part) (f Finding, ok bool) {
	s := x.parts[i]
	tokens, carry := sum(below)
	if s.Level < 2 || tokens < lazyTokens || len(below) == len(x.parts)-1 {
		return f, false
	}
	var body strings.Builder
	for _, b := range below {
		body.WriteString(b.Text)
	}
	why, move := x.reason(s, body.String())
	if why == "" {
		return f, false
	}
	f = at(s.Span, move, "%s, %s tokens in every conversation, %s", s.name(), money.Count(tokens).Exact(), why)
	f.Tokens, f.Cost = tokens, cost(carry)
	return f, true
}

// reason says what the section is only needed for, and where it could go; "" where it may be needed by every task.
func (x *text) reason(s part, body string) (why, move string) {
	if dir := oneFolder(s.Heading, body); dir != "" {
		return "is about " + dir + "/ only", fmt.Sprintf("move it into a rule with paths: [\"%s/**\"]", dir)
	}
	if name, glob := language(s.Heading); name != "" && x.languages() > 1 {
		return "is about " + name + " only", fmt.Sprintf("move it into a rule with paths: [%q]", glob)
	}
	if task := taskPattern.FindString(s.Heading); task != "" && !bindingPattern.MatchString(s.Heading) && len(stepPattern.FindAllString(body, 3)) == 3 {
		return "is the steps of one task", "move the steps into the body of a skill"
	}
	return "", ""
}

// taskPattern finds headings of procedures that are done now and then.
var taskPattern = regexp.MustCompile(`(?i)\b(?:releas(?:e|es|ing)|publish(?:ing)?|deploy(?:ing|ment)?s?|migrat(?:e|ing|ions?)|upgrad(?:e|es|ing)|onboarding|incidents?|post-?mortems?|rollbacks?|runbooks?|troubleshooting|backports?|hotfix(?:es)?|adding an? [\w ]+|add an? (?:new )?[\w ]+|creating an? [\w ]+|create an? (?:new )?[\w ]+)\b`)

// bindingPattern finds headings whose author says that the text must not be missed.
var bindingPattern = regexp.MustCompile(`(?i)\b(?:non-negotiable|mandatory|always|required|must)\b`)

// stepPattern finds the steps of a numbered list, not indented.
var stepPattern = regexp.MustCompile(`(?m)^(?:\d{1,2}[.)]|#{2,6} (?:Step )?\d{1,2}[.:)]?) +\S`)

// pathPattern finds paths in code spans and elsewhere: words with a slash, a letter before and after it.
var pathPattern = regexp.MustCompile("(?:^|[\\s`\"'(])((?:\\./)?[A-Za-z0-9_.@-]+(?:/[A-Za-z0-9_.@*{},<>$-]+)+/?)")

// fencedPattern finds fenced code, which mostly holds commands and pictures of folders: these are run and looked at by
// tasks that touch no file of theirs.
var fencedPattern = regexp.MustCompile("(?ms)^ {0,3}(?:```.*?^ {0,3}```|~~~.*?^ {0,3}~~~)[^\n]*$")

// notPaths are first parts of what looks like a path and is a place on the net, a package, or a choice of words.
var notPaths = regexp.MustCompile(`^(?:https?:|www\.|@|origin$|and$|or$|n$|[a-z0-9-]+\.(?:com|org|io|dev|net|ai)$)`)

// wide are folders that hold all of a project's source: a rule for one of them would be sent nearly always.
var wide = []string{"src", "app", "lib", "packages", "apps", "internal", "cmd", "pkg", "crates", "services", "modules", "source", "."}

// oneFolder gives the folder that holds every path a section names, where it is narrow enough to be worth a rule.
func oneFolder(heading, body string) string {
	var dirs [][]string
	for _, m := range pathPattern.FindAllStringSubmatch(fencedPattern.ReplaceAllString(body, "\n"), -1) {
		if strings.HasPrefix(m[1], "@/") || strings.HasPrefix(m[1], "~") {
			return "" // an alias: where it leads is not known
		}
		parts := strings.Split(strings.TrimPrefix(strings.TrimSuffix(m[1], "/"), "./"), "/")
		if len(parts) < 2 || notPaths.MatchString(parts[0]) || !strings.Contains(m[1], ".") && !strings.HasSuffix(m[1], "/") && len(parts) < 3 {
			continue
		}
		if !strings.HasSuffix(m[1], "/") {
			parts = parts[:len(parts)-1]
		}
		dirs = append(dirs, parts)
	}
	if len(dirs) < 3 {
		return ""
	}
	common := dirs[0]
	for _, d := range dirs[1:] {
		n := 0
		for n < len(common) && n < len(d) && common[n] == d[n] {
			n++
		}
		common = common[:n]
	}
	dir := path.Join(common...)
	named := len(common) > 0 && strings.Contains(strings.ToLower(heading), strings.ToLower(common[len(common)-1]))
	switch {
	case strings.ContainsAny(dir, "*{}<>$,"), len(common) == 0, len(common) == 1 && (slices.Contains(wide, common[0]) || !named):
		return ""
	}
	return dir
}

// tongues are languages and file types that a heading may be about, with what their files match.
var tongues = []struct{ name, pattern, glob string }{
	{"Python", `python`, "**/*.py"},
	{"TypeScript", `typescript`, "**/*.{ts,tsx}"},
	{"JavaScript", `javascript`, "**/*.{js,jsx}"},
	{"Go", `go(?:lang)?`, "**/*.go"},
	{"Rust", `rust`, "**/*.rs"},
	{"Java", `java`, "**/*.java"},
	{"Kotlin", `kotlin`, "**/*.{kt,kts}"},
	{"Swift", `swift`, "**/*.swift"},
	{"Ruby", `ruby`, "**/*.rb"},
	{"PHP", `php`, "**/*.php"},
	{"C#", `c#|csharp`, "**/*.cs"},
	{"SQL", `sql`, "**/*.sql"},
	{"Terraform", `terraform`, "**/*.tf"},
	{"shell scripts", `bash|shell`, "**/*.sh"},
	{"CSS", `css|scss`, "**/*.{css,scss}"},
}

var tonguePatterns = func() []*regexp.Regexp {
	out := make([]*regexp.Regexp, len(tongues))
	for i, t := range tongues {
		out[i] = regexp.MustCompile(`(?i)^(?:` + t.pattern + `)(?:[ /-]*(?:code|style|guide|guidelines?|rules?|conventions?|standards?|specific|specifics|development|files?|patterns?|best|practices|coding|tests?|testing))*$`)
	}
	return out
}()

// language tells what language a heading is about, when it is about nothing else: "Python style", not "Go to market".
func language(heading string) (name, glob string) {
	heading = strings.Trim(heading, " *:`")
	for i, p := range tonguePatterns {
		if p.MatchString(heading) {
			return tongues[i].name, tongues[i].glob
		}
	}
	return "", ""
}

// languages counts the languages that sections of the text are about.
func (x *text) languages() int {
	var seen []string
	for _, s := range x.parts {
		if name, _ := language(s.Heading); name != "" && !slices.Contains(seen, name) {
			seen = append(seen, name)
		}
	}
	return len(seen)
}
