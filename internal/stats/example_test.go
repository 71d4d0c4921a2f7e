package stats_test

import (
	"fmt"

	"github.com/tokengate/tokengate/internal/stats"
)

// A hundred sessions that all cost a tenth more under head.
func ExampleBootstrapRatio() {
	var pairs []stats.Pair
	for i := range 100 {
		pairs = append(pairs, stats.Pair{Key: uint64(i), Base: float64(10 + i), Head: 1.1 * float64(10+i)})
	}
	ratio, low, high, warnings := stats.BootstrapRatio(pairs, 0.95, 500, 1)
	fmt.Printf("%.2f, between %.2f and %.2f, %d warnings\n", ratio, low, high, len(warnings))
	// Output: 1.10, between 1.10 and 1.10, 0 warnings
}
