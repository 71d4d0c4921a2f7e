package lint

import "testing"

// What reads like a stamp that is updated by habit, and what is a fact that has a date.
func TestStampPattern(t *testing.T) {
	for text, want := range map[string]bool{
		"Updated: 2026-11-20":                               true,
		"> **Updated** 20 Nov 2026":                         true,
		"- _Last updated:_ 2026-11-20":                      true,
		"Current commit: 8f3c2a1b9d":                        true,
		"The table was updated 2024-01-02 and is kept":      false,
		"Updated dependencies are reviewed":                 false,
		"Node 20 leaves support on 2026-04-30":              false,
		"Retention is 30 days, decided on 2026-01-05 by us": false,
	} {
		if got := stampPattern.MatchString("# App\n\n" + text + "\n"); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
