package prompt

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestAnchors(t *testing.T) {
	text := "# My Project\n\nx\n\n## Token budget\n\ny\n\n### `make test` & Co.\n\nz\n\n## Token budget\n\na\n\n## Überblick 2\n\nb\n\n## &\n\nc\n"
	tmpl, diags := Load(fstest.MapFS{"CLAUDE.md": {Data: []byte(text)}}, "CLAUDE.md", Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var got []string
	for _, s := range tmpl.Files[0].Sections {
		got = append(got, s.Anchor)
	}
	want := []string{"", "my-project", "token-budget", "make-test--co", "token-budget-1", "überblick-2", "section"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var under []string
	for _, s := range tmpl.Files[0].Under("token-budget") {
		under = append(under, s.Heading)
	}
	if diff := cmp.Diff([]string{"Token budget", "`make test` & Co."}, under); diff != "" {
		t.Error(diff)
	}
	if got := tmpl.Files[0].Under("absent"); got != nil {
		t.Errorf("a section that is not there holds %v", got)
	}
}
