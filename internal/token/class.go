package token

import (
	"strings"
	"unicode"
)

// Class is the kind of content a text is, as far as tokenizers treat kinds differently.
type Class string

// The classes. CJK stands for every script but Latin: Chinese, Japanese, Korean, Cyrillic, Arabic, Devanagari and so on.
const (
	Prose    Class = "prose"
	Markdown Class = "markdown"
	Code     Class = "code"
	JSON     Class = "json"
	CJK      Class = "cjk"
	Other    Class = "other" // digits, identifiers, encoded data, and anything of no known class
)

// The places of the classes in a factor table.
const (
	atProse = iota
	atMarkdown
	atCode
	atJSON
	atCJK
	atOther
	numClasses
)

// i is the class's place in a factor table; a class that is none of the six, such as "", is Other.
func (c Class) i() int {
	switch c {
	case Prose:
		return atProse
	case Markdown:
		return atMarkdown
	case Code:
		return atCode
	case JSON:
		return atJSON
	case CJK:
		return atCJK
	default:
		return atOther
	}
}

// Classify tells the class of a text from counts of its characters and the first characters of its lines, in one pass
// and without parsing. In this order:
//
//   - CJK: at least 3 in 10 letters are not Latin;
//   - JSON: it starts with { or [ and at least 1 in 12 characters is a quote, colon, comma, brace or bracket;
//   - Other: under half of it is letters and spaces, or half of its letters stand in words over 20 characters;
//   - Markdown: at least half of its lines start with a mark of Markdown (#, -, *, >, |, a number and a dot …);
//   - Code: at least 1 in 14 visible characters is one of {}()[];=<>&|$_\ and the like, or half of the lines that are
//     not blank end in one of ; { } ( ) , :
//   - Markdown: at least 1 in 7 lines that are not blank does, or 1 in 50 characters is a backtick;
//   - Prose: the rest, if it has a letter at all.
//
// The thresholds are checked against texts of each class in the tests; a wrong class costs at most the distance
// between two factors, which the stated errors cover for neighbours.
func Classify(text string) Class {
	f := survey(text)
	switch {
	case f.letters == 0 && f.visible == 0:
		return Other
	case f.foreign*10 >= f.letters*3 && f.foreign > 0:
		return CJK
	case f.jsonStart && f.jsonMarks*12 >= f.visible:
		return JSON
	case (f.letters+f.spaces)*2 < f.visible+f.spaces || f.inLongWords*2 >= f.letters:
		return Other
	case f.markdownStarts*2 >= f.lines && f.markdownStarts > 1: // a list of links is dense in brackets
		return Markdown
	case f.codeMarks*14 >= f.visible || f.codeEnds*2 >= f.lines && f.lines > 1:
		return Code
	case f.markdownStarts*7 >= f.lines || f.backticks*50 >= f.visible:
		return Markdown
	}
	return Prose
}

// features are what Classify decides on; all counts are of characters, but for the three of lines.
type features struct {
	letters, foreign, spaces, visible int
	jsonMarks, codeMarks, backticks   int
	inLongWords                       int
	lines, codeEnds, markdownStarts   int
	jsonStart                         bool
}

func survey(text string) features {
	var f features
	trimmed := strings.TrimSpace(text)
	f.jsonStart = strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[")
	for line := range strings.Lines(trimmed) {
		f.line(strings.TrimSpace(line))
	}
	word := 0
	for _, c := range trimmed {
		if f.add(c) {
			word++
			continue
		}
		f.endWord(word)
		word = 0
	}
	f.endWord(word)
	return f
}

func (f *features) endWord(length int) {
	if length > 20 {
		f.inLongWords += length
	}
}

// add counts one character and reports whether it is part of a word.
func (f *features) add(c rune) bool {
	if c == ' ' || c == '\n' || unicode.IsSpace(c) {
		f.spaces++
		return false
	}
	f.visible++
	switch {
	case c < unicode.MaxASCII && ('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'):
		f.letters++
		return true
	case '0' <= c && c <= '9':
		return true
	case c <= unicode.MaxASCII:
		f.mark(byte(c))
	case unicode.IsLetter(c):
		f.letters++
		if !unicode.Is(unicode.Latin, c) {
			f.foreign++
		}
		return unicode.Is(unicode.Latin, c)
	}
	return false
}

func (f *features) mark(c byte) {
	if strings.IndexByte(`":,{}[]`, c) >= 0 {
		f.jsonMarks++
	}
	if strings.IndexByte(`{}()[];=<>&|$_\+@`, c) >= 0 {
		f.codeMarks++
	}
	if c == '`' {
		f.backticks++
	}
}

func (f *features) line(s string) {
	if s == "" {
		return
	}
	f.lines++
	if strings.IndexByte(";{}(),:", s[len(s)-1]) >= 0 {
		f.codeEnds++
	}
	head := strings.TrimLeft(s, "0123456789")
	switch {
	case strings.HasPrefix(s, "#"), strings.HasPrefix(s, "- "), strings.HasPrefix(s, "* "), strings.HasPrefix(s, "> "),
		strings.HasPrefix(s, "|"), strings.HasPrefix(s, "```"), strings.HasPrefix(s, "**"),
		head != s && strings.HasPrefix(head, ". "):
		f.markdownStarts++
	}
}
