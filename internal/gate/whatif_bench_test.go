package gate_test

import (
	"fmt"
	"strings"
	"testing"
)

// One more variant costs one more replay and its measurements.
func BenchmarkWhatIf(b *testing.B) {
	for _, n := range []int{0, 1, 4} {
		variants := "variants: []\n"
		if n > 0 {
			variants = "variants:\n"
		}
		for i := range n {
			variants += fmt.Sprintf("  - {name: v%d, set: {top_k: %d}}\n", i, i)
		}
		in := input(b, nil, shop(b, strings.Replace(variants, "variants: []\n", "", 1)))
		b.Run(fmt.Sprintf("%d variants", n), func(b *testing.B) {
			for b.Loop() {
				check(b, in)
			}
		})
	}
}
