package render

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	gmtext "github.com/yuin/goldmark/text"

	"github.com/tokengate/tokengate/internal/report"
)

func comment(t testing.TB, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Markdown(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// ownHTML is all the HTML a comment may hold.
var ownHTML = regexp.MustCompile(`^(<!-- tokengate:v1 head=[\w.~/:-]+ config=[\w.~/:-]+ at=[\dTZ:-]+ -->|<!-- id:[\w.~/:-]* -->|<br>|<details><summary>[^<]*</summary>|</details>)$`)

// shape parses a comment as GitHub does and counts its blocks; whatever text from a file could have become is an error.
func shape(t testing.TB, body string) map[string]int {
	t.Helper()
	src := []byte(body)
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(gmtext.NewReader(src))
	count := map[string]int{}
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		var html string
		switch n := n.(type) {
		case *ast.Link, *ast.AutoLink, *ast.Image:
			t.Errorf("text became a %s", n.Kind())
		case *ast.RawHTML:
			html = string(n.Segments.Value(src))
		case *ast.HTMLBlock:
			html = string(n.Lines().Value(src))
			if n.HasClosure() {
				html += string(n.ClosureLine.Value(src))
			}
		}
		if html = strings.TrimSpace(html); html != "" && !ownHTML.MatchString(html) {
			t.Errorf("text became HTML: %q", html)
		}
		if n.Type() == ast.TypeBlock {
			count[n.Kind().String()]++
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return count
}

var mention = regexp.MustCompile(`@[A-Za-z0-9]|#[0-9]`)

func checkInert(t testing.TB, body string) {
	t.Helper()
	if n := utf8.RuneCountInString(body); n > commentLimit {
		t.Errorf("%d characters", n)
	}
	if m := mention.FindString(body); m != "" {
		t.Errorf("mention or reference %q", m)
	}
	cells := 0
	for line := range strings.Lines(body) {
		n := strings.Count(line, "|") - strings.Count(line, `\|`)
		if strings.HasPrefix(line, "| ") != strings.HasSuffix(line, " |\n") {
			t.Errorf("half a table row: %q", line)
		}
		switch {
		case !strings.HasPrefix(line, "|"):
			cells = 0
		case cells == 0:
			cells = n
		case n != cells:
			t.Errorf("row of %d cells in a table of %d: %q", n-1, cells-1, line)
		}
	}
}

// fill puts s into every text of a report that a file, a branch or a configuration can choose.
func fill(r *report.Report, s string) {
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(v.Field(i))
				}
			}
		case reflect.String:
			if v.Type() == reflect.TypeFor[string]() {
				v.SetString(s)
			}
		}
	}
	walk(reflect.ValueOf(r))
}

// copyOf gives a test its own report to change.
func copyOf(t testing.TB, r *report.Report) *report.Report {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	out, err := report.Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMarkdownIsInert(t *testing.T) {
	for name, r := range saved(t) {
		t.Run(name, func(t *testing.T) {
			body := comment(t, r)
			checkInert(t, body)
			shape(t, body)
		})
	}
}

var hostile = []string{
	"@acme", "a|b", `\|`, "`", "``` x", "<b>", "-->", "--> <!-- id:x -->", "a\n\n# b", "# b", "- b", "1. b", "1) x", "***", "---", "===",
	"[x](http://e)", "![x](http://e)", "https://e.org", "www.e.org", "a@e.org", "#12", "GH-12", "&lt;", "\\", "a\\", "~~x~~", "$x$",
	"\x1b[31m", "\u202e", "\x00", "\xff", "|", "<!-- tokengate:v1 head=x -->", "</details>", "*x* _y_", "> q", "[ ] x", "| a |\n|---|", "\t code", "x  \ny", "::", "@", "\u200b@\u200bx", "@\u2060x",
	"[^1]", "[x]: http://e", "<http://e>", "+ x", "mailto:a@b.c", "x\r- y", "\u2028# x", "WWW.e.org", "ftp://e.org/x", "=", "**", "a**", "` `", "'\"",
}

func FuzzMarkdownEscape(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	base := saved(f)["breach"]
	base.WhatIf = saved(f)["variants"].WhatIf
	base.Provenance.Notes = []string{""}
	base.Tracks[0].Notes = []string{""}
	base.Checks[1].Status = report.Inconclusive
	base.Checks[2].Status, base.Checks[2].Inherits = report.Fail, true
	calm := copyOf(f, base)
	fill(calm, "x")
	want := shape(f, comment(f, calm))
	f.Fuzz(func(t *testing.T, s string) {
		if plain(s) == "" {
			t.Skip("an empty text leaves its line out")
		}
		r := copyOf(t, base)
		fill(r, s)
		body := comment(t, r)
		checkInert(t, body)
		if got := shape(t, body); len(s) < 100 {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q changes the structure (-want +got):\n%s", s, diff)
			}
		}
	})
}

// What a reader sees of a text is the text, except that what could act is broken.
func TestInertReads(t *testing.T) {
	for _, s := range append(hostile, "p50 $412.10/month is over the ceiling of $350", "a_b_c (d) {e} 100%") {
		src := []byte("- " + inert(s) + "\n")
		doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(gmtext.NewReader(src))
		var b strings.Builder
		_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if tn, ok := n.(*ast.Text); ok && entering {
				b.Write(unescape(tn.Segment.Value(src)))
			}
			return ast.WalkContinue, nil
		})
		if got := strings.ReplaceAll(b.String(), breaker, ""); got != strings.ReplaceAll(plain(s), breaker, "") {
			t.Errorf("%q reads %q", s, got)
		}
	}
}

func unescape(b []byte) []byte {
	s := regexp.MustCompile(`\\([!-/:-@\[-`+"`"+`{-~])`).ReplaceAllString(string(b), "$1")
	return []byte(strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s))
}

func TestMarker(t *testing.T) {
	r := saved(t)["pass"]
	first, _, _ := strings.Cut(comment(t, r), "\n")
	want := MarkerPrefix + "head=" + r.Head.Commit + " config=" + r.Provenance.ConfigDigest + " at=2026-11-24T09:30:00Z -->"
	if first != want {
		t.Errorf("marker %q, want %q", first, want)
	}
}

// Distinct ids stay distinct: a ticked box must not move to another item.
func TestToken(t *testing.T) {
	seen := map[string]string{}
	for _, s := range append(hostile, "a-b", "a--b", "-a", "a-", "a", "~2d", "~", "") {
		got := token(s)
		if prev, dup := seen[got]; dup && prev != s {
			t.Errorf("%q and %q are both %q", prev, s, got)
		}
		seen[got] = s
		if strings.ContainsAny(got, "<> \n") || strings.Contains(got, "--") || strings.HasSuffix(got, "-") {
			t.Errorf("%q gives %q, which can end a comment", s, got)
		}
	}
}

// Cutting goes from the least useful part to the most; the verdict and the checklist stay.
func TestMarkdownCut(t *testing.T) {
	r := saved(t)["many-files"]
	for _, limit := range []int{65_000, 40_000, 20_000, 12_000, 8_000, 4_000} {
		body := assemble(limit, sections(r))
		if n := utf8.RuneCountInString(body); n > limit {
			t.Errorf("limit %d: %d characters", limit, n)
		}
		checkInert(t, body)
		shape(t, body)
		if !strings.Contains(body, inert(r.Verdict.Headline)) || !strings.Contains(body, "did not fit here") {
			t.Errorf("limit %d: no verdict, or cut without saying so", limit)
		}
		if limit > 4_000 && strings.Count(body, "- [ ] ") != len(r.Review) {
			t.Errorf("limit %d: checklist cut before the rest", limit)
		}
	}
}

// Whatever is in a report, the comment stays under GitHub's limit and keeps its verdict.
func TestMarkdownLimit(t *testing.T) {
	r := saved(t)["many-files"]
	for i := range 400 {
		r.Checks = append(r.Checks, r.Checks[0])
		r.Checks[len(r.Checks)-1].ID = fmt.Sprint("c", i)
		r.Verdict.Reasons = append(r.Verdict.Reasons, fmt.Sprint("reason ", i))
		r.Review = append(r.Review, report.ReviewItem{ID: fmt.Sprint(i), Text: "t"})
		r.Tracks = append(r.Tracks, r.Tracks[0])
	}
	fill(r, strings.Repeat("<&@", 200))
	body := comment(t, r)
	checkInert(t, body)
	if !strings.Contains(body, "### ❌ tokengate FAIL: ") {
		t.Error("no verdict")
	}
}
