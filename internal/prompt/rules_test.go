package prompt

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every id that the code emits is documented, once, and every documented id is emitted.
func TestRules(t *testing.T) {
	known := map[string]bool{}
	for _, r := range Rules {
		if known[r.ID] || r.Summary == "" || r.Explain == "" || !regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)+$`).MatchString(r.ID) {
			t.Errorf("rule %q", r.ID)
		}
		known[r.ID] = true
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, name := range sources {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") && name != "rules.go" {
			code.Write(content)
		}
	}
	for _, m := range regexp.MustCompile(`(?:Warn|Add|fail)\("([a-z-]+[a-z])"|Rule(?:: |, [^=]*= )"([a-z-]+)"`).FindAllStringSubmatch(code.String(), -1) {
		if id := m[1] + m[2]; !known[id] {
			t.Errorf("rule %q is not documented", id)
		}
	}
	made := regexp.MustCompile(`^(template|import)-(outside|missing|not-a-file|too-large|binary|unreadable)$`)
	for id := range known {
		if !strings.Contains(code.String(), `"`+id+`"`) && !made.MatchString(id) {
			t.Errorf("rule %q is documented and not emitted", id)
		}
	}
}
