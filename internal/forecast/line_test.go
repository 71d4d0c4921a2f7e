package forecast

import (
	"math"
	"testing"
)

// The fit is a minimum of the absolute deviations: no coefficient can be moved, up or down, to a smaller loss.
func TestFitLineOptimal(t *testing.T) {
	for seed := range uint64(5) {
		samples := calls(600, 100+seed, 0.5)
		line := fitLine(samples)
		loss := func(l latencyLine) (sum float64) {
			for _, s := range samples {
				sum += math.Abs(s.Millis - l.at(s))
			}
			return sum
		}
		at := loss(line)
		for i := range line {
			for _, step := range []float64{-0.2, -0.05, -0.01, 0.01, 0.05, 0.2} {
				moved := line
				moved[i] *= 1 + step
				if got := loss(moved); got < at*(1-1e-5) {
					t.Errorf("seed %d: coefficient %d moved by %g lowers the loss from %.1f to %.1f", seed, i, step, at, got)
				}
			}
		}
	}
}
