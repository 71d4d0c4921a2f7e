package pricing

import (
	"testing"
	"time"
)

// BenchmarkParse is what the first use in a process costs: the table and its index.
func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(builtin)))
	for b.Loop() {
		rows, err := parseRows(builtin)
		if err != nil {
			b.Fatal(err)
		}
		newIndex(rows)
	}
}

func BenchmarkLookup(b *testing.B) {
	c, err := Builtin()
	if err != nil {
		b.Fatal(err)
	}
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for _, name := range []string{"anthropic/claude-opus-5", "gpt-4o", "us.anthropic.claude-sonnet-5-v1:0", "claude-opus-55"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = c.Lookup(name, at)
			}
		})
	}
}
