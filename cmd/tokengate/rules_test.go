package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tokengate/tokengate/internal/cli"
)

var (
	emitted = regexp.MustCompile(`\b(?:Add|Warn|add)\("([a-z]+(?:-[a-z]+)+)", `)
	named   = regexp.MustCompile(`\bRule:\s+"([a-z]+(?:-[a-z]+)+)"`)
)

// TestRulesAreExplained finds every rule id that the code emits and wants a text for `tokengate explain`; ids are unique.
func TestRulesAreExplained(t *testing.T) {
	known := map[string]bool{}
	for _, r := range cli.Rules() {
		if r.Summary == "" || r.Explain == "" || known[r.ID] {
			t.Errorf("rule %q has no text, or stands twice", r.ID)
		}
		known[r.ID] = true
	}
	found := 0
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return err
		}
		code, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		for _, re := range []*regexp.Regexp{emitted, named} {
			for _, m := range re.FindAllStringSubmatch(string(code), -1) {
				if found++; !known[m[1]] && m[1] != "user-impact" { // an item of the review, not a rule
					t.Errorf("%s emits rule %q, which nothing explains", p, m[1])
				}
			}
		}
		return nil
	})
	if err != nil || found < 20 {
		t.Errorf("%d rules found: %v", found, err)
	}
}
