package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

// TestCountTableWidth draws a table with long and wide text for terminals of every width. From 70 columns on it fits,
// no number and no method is lost, and what fits is not shortened at all.
func TestCountTableWidth(t *testing.T) {
	long := countDocument{Models: []string{"gpt-4.1", "claude-opus-4-7"}, Notes: []string{strings.Repeat("a note of many words ", 9)}}
	method := "function and property tokens as of gpt-4o (OpenAI cookbook), assumed; nested parts as JSON"
	counts := []token.Estimate{{Tokens: 1_234_567, Method: "exact"}, {Tokens: 1_234_567, RelativeError: .25, Method: method}}
	for _, heading := range []string{"short", "見出しがとても長い場合でも表は端末の幅に収まらなければならない", strings.Repeat("long ", 30)} {
		long.add(countRow{File: "a/very/deep/folder/with/a/CLAUDE.md", Line: 12345, Heading: heading}, counts)
	}
	one := countDocument{Models: []string{"gpt-4.1"}}
	one.add(countRow{File: "CLAUDE.md", Line: 1, Heading: "Rules"}, counts[:1])
	for width := 70; width < 250; width++ {
		for _, doc := range []countDocument{long, one} {
			var out bytes.Buffer
			if err := doc.writeTable(&Env{Out: &out, Width: width}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(out.String()) {
				if w := twwidth.Width(strings.TrimRight(line, "\n")); w > width {
					t.Errorf("width %d: a line of %d columns: %s", width, w, line)
				}
			}
			if flat := strings.Join(strings.Fields(out.String()), " "); len(doc.Models) > 1 && !strings.Contains(flat, method) {
				t.Errorf("width %d: the method is lost:\n%s", width, &out)
			}
			if n := strings.Count(out.String(), "1,234,567"); n != len(doc.Rows)*len(doc.Models) {
				t.Errorf("width %d: %d numbers", width, n)
			}
		}
		var out bytes.Buffer
		if err := one.writeTable(&Env{Out: &out, Width: width}); err != nil || strings.Contains(out.String(), "…") {
			t.Errorf("width %d: %v\n%s", width, err, &out)
		}
	}
}

// TestCountTableNoTerminal shortens headings alone where there is no width.
func TestCountTableNoTerminal(t *testing.T) {
	doc := countDocument{Models: []string{"gpt-4.1"}}
	method := strings.Repeat("method ", 30) + "end"
	doc.add(countRow{File: "CLAUDE.md", Heading: strings.Repeat("x", 60)}, []token.Estimate{{Tokens: 1, Method: method}})
	var out bytes.Buffer
	if err := doc.writeTable(&Env{Out: &out}); err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("x", 47) + "…"; !strings.Contains(out.String(), want+" ") || !strings.Contains(out.String(), method) {
		t.Error(out.String())
	}
}

func TestGive(t *testing.T) {
	for want, e := range map[string]token.Estimate{
		"0":          {Tokens: 10},
		"±1 (0.1%)":  {Tokens: 10, RelativeError: .001}, // an error never rounds away
		"±3 (25%)":   {Tokens: 10, RelativeError: .25},
		"±250 (25%)": {Tokens: 1000, RelativeError: .25},
		"±10 (100%)": {Tokens: 10, RelativeError: 1},
	} {
		if got := give(e); got != want {
			t.Errorf("%+v gives %q, want %q", e, got, want)
		}
	}
}

func TestPlaceAt(t *testing.T) {
	body := []byte("{\n \"é\": \xff1}")
	for offset, want := range map[int64]source.Pos{
		0: {Line: 1, Col: 1}, 1: {Line: 1, Col: 2}, 2: {Line: 2, Col: 1}, 6: {Line: 2, Col: 4}, 9: {Line: 2, Col: 7}, 99: {Line: 2, Col: 10},
	} {
		if got := placeAt(body, offset); got != want {
			t.Errorf("byte %d is at %v, want %v", offset, got, want)
		}
	}
}
