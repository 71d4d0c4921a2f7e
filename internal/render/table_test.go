package render

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/report"
)

func terminal(t testing.TB, r *report.Report, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Table(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func checkScreen(t testing.TB, out string, width int) {
	t.Helper()
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if n := display(line); n > width {
			t.Errorf("%d columns: %q", n, line)
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("trailing space: %q", line)
		}
		if strings.ContainsFunc(line, unicode.IsControl) {
			t.Errorf("control character: %q", line)
		}
	}
}

func TestTableFits(t *testing.T) {
	for name, r := range saved(t) {
		for _, width := range []int{60, 80, 100, 120, 200} {
			checkScreen(t, terminal(t, r, Options{Width: width}), width)
		}
		if terminal(t, r, Options{}) != terminal(t, r, Options{Width: 100}) {
			t.Errorf("%s: the default is not 100 columns", name)
		}
	}
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Colour changes no column: without its codes the coloured output is the plain one.
func TestTableColor(t *testing.T) {
	r := saved(t)["breach"]
	colored := terminal(t, r, Options{Width: 100, Color: true})
	if !strings.HasPrefix(colored, "\x1b[1;7;31m FAIL \x1b[0m") {
		t.Errorf("verdict %q", colored[:30])
	}
	_, got, _ := strings.Cut(sgr.ReplaceAllString(colored, ""), "\n")
	_, want, _ := strings.Cut(terminal(t, r, Options{Width: 100}), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-plain +colored):\n%s", diff)
	}
}

func FuzzTable(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, 80)
	}
	f.Add("世界 wide", 60)
	f.Add(strings.Repeat("x", 500), 80)
	f.Add("@mac"+strings.Repeat("\xd1", 8000), 168) // took seconds while clipping dropped one character at a time
	f.Add(strings.Repeat("e\u0301\u0302", 300)+strings.Repeat("世", 300), 81)
	base := saved(f)["breach"]
	f.Fuzz(func(t *testing.T, s string, width int) {
		r := copyOf(t, base)
		fill(r, s)
		width = 80 + (width%100+100)%100
		checkScreen(t, terminal(t, r, Options{Width: width}), width)
	})
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want []string
	}{
		{"a bb ccc", 4, []string{"a bb", "ccc"}},
		{"abcd", 3, []string{"abc", "d"}},
		{"abcdefgh i", 3, []string{"abc", "def", "gh", "i"}},
		{"x 世界世界", 5, []string{"x", "世界", "世界"}},
		{"", 5, nil},
		{"世", 1, []string{"世"}},
	} {
		if diff := cmp.Diff(c.want, Wrap(c.in, c.n)); diff != "" {
			t.Errorf("Wrap(%q, %d):\n%s", c.in, c.n, diff)
		}
	}
}

func TestClipWidth(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		tail bool
		want string
	}{
		{"prompts/answer.md:31", 20, true, "prompts/answer.md:31"},
		{"prompts/answer.md:31", 13, true, "…answer.md:31"},
		{"post-processing", 9, false, "post-pro…"},
		{"世界世界", 6, false, "世界…"},
		{"世界世界", 6, true, "…世界"},
	} {
		if got := clipWidth(c.in, c.n, c.tail); got != c.want {
			t.Errorf("clipWidth(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestUsedBar(t *testing.T) {
	head := &report.Quantity{}
	for _, c := range []struct {
		used float64
		want string
	}{{0, "░░░░░░░ 0%"}, {.71, "█████░░ 71%"}, {.999, "██████░ 99.9%"}, {1, "███████ 100%"}, {1.4, "███████ 140%"}, {-.1, "░░░░░░░ -10%"}} {
		if got := used(&report.Check{Used: c.used, Head: head}); got != c.want {
			t.Errorf("used %v: %q, want %q", c.used, got, c.want)
		}
	}
	if got := used(&report.Check{}); got != "not measured" {
		t.Errorf("nothing measured reads %q", got)
	}
}
