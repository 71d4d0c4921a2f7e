package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Loss says how a regression treats rows that lie far off.
type Loss int

// The losses, with the tuning constants that lose 5 % of efficiency where all errors are normal (Holland and Welsch,
// "Robust regression using iteratively reweighted least-squares", 1977).
const (
	// Huber weighs a row k/|r| once its residual exceeds k = 1.345 scales. The solution is unique for a given scale, but
	// gross errors on one side still move it.
	Huber Loss = iota
	// Bisquare is Tukey's: rows beyond 4.685 scales weigh nothing. It starts from the Huber solution and holds its scale,
	// the two-step scheme of Maronna, Martin and Yohai (Robust Statistics, 2006, §4.4) for rows of bounded leverage:
	// bounding leverage, by scaling rows, is the caller's.
	Bisquare
)

const (
	huberK     = 1.345
	bisquareC  = 4.685
	normalMAD  = 0.6744897501960817 // the MAD of a standard normal variable
	maxRounds  = 500
	settled    = 1e-10 // largest change of a fitted value, in scales
	maxCond    = 1e12
	exactScale = 1e-12 // of the largest |y|: the smallest scale, where more than half of the rows are met exactly
	rounding   = 1e-13 // of the largest |y|: a fitted value that moves less does not move
)

// Pull draws a coefficient toward a belief: it adds Weight × (coefficient − At)² to the sum of squared residuals and is
// never weighed down. A belief of standard deviation s, beside rows of residual standard deviation σ, weighs (σ/s)².
// Weight 0 is no belief.
type Pull struct{ At, Weight float64 }

// Problem is a regression y ≈ X·b. Every row of X has one value a coefficient.
type Problem struct {
	X     [][]float64
	Y     []float64
	Pulls []Pull  // one a coefficient, or none at all
	Loss  Loss    // Huber or Bisquare
	Scale float64 // smallest residual scale that is believed, in units of Y; 0 where rounding is the limit
}

// Regression is a robust fit.
type Regression struct {
	Coef      []float64
	Scale     float64   // of residuals: median |r| ÷ 0.6745, never below Problem.Scale
	Residuals []float64 // y − X·b by row
	Weights   []float64 // by row, 0 to 1: what the loss left of it
	Leverage  []float64 // by row: how far its fitted value follows its own y, 0 to 1
	Rounds    int
	Converged bool // false where the weights still moved after 500 rounds

	inverse *mat.SymDense // (XᵀWX + pulls)⁻¹
	last    *mat.QR       // of the round that gave Coef
}

// Fit solves the problem by iteratively reweighted least squares, each round by a QR decomposition. It fails on rows of
// unequal length, on values that are not finite, and where neither rows nor pulls settle a coefficient.
func (p Problem) Fit() (*Regression, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	r := &Regression{Weights: make([]float64, len(p.Y))}
	for i := range r.Weights {
		r.Weights[i] = 1
	}
	if err := r.solve(p); err != nil {
		return nil, err
	}
	r.Scale = p.scale(r.Residuals)
	if err := r.iterate(p, func(u float64) float64 { return min(1, huberK/u) }, true); err != nil {
		return nil, err
	}
	if p.Loss == Bisquare {
		if err := r.iterate(p, bisquare, false); err != nil {
			return nil, err
		}
	}
	return r, r.measure(p)
}

func bisquare(u float64) float64 {
	if u >= bisquareC {
		return 0
	}
	t := 1 - float64(u/bisquareC)*float64(u/bisquareC)
	return t * t
}

func (p Problem) check() error {
	if len(p.X) == 0 || len(p.X) != len(p.Y) {
		return fmt.Errorf("regression: %d rows for %d values", len(p.X), len(p.Y))
	}
	width := len(p.X[0])
	if width == 0 || len(p.Pulls) != 0 && len(p.Pulls) != width {
		return fmt.Errorf("regression: %d pulls for %d coefficients", len(p.Pulls), width)
	}
	for i, row := range p.X {
		if len(row) != width {
			return fmt.Errorf("regression: row %d has %d values, the first has %d", i, len(row), width)
		}
		for _, v := range append(row[:width:width], p.Y[i]) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("regression: row %d is not finite", i)
			}
		}
	}
	for j, q := range p.Pulls {
		if !(q.Weight >= 0) || math.IsInf(q.Weight, 0) || math.IsNaN(q.At) || math.IsInf(q.At, 0) {
			return fmt.Errorf("regression: pull %d is not finite or negative", j)
		}
	}
	return nil
}

// iterate weighs and solves in turn until nothing moves.
func (r *Regression) iterate(p Problem, weigh func(u float64) float64, rescale bool) error {
	r.Converged = false
	for range maxRounds {
		r.Rounds++
		for i, e := range r.Residuals {
			r.Weights[i] = weigh(math.Abs(e) / r.Scale)
		}
		before, scale := r.Residuals, r.Scale
		if err := r.solve(p); err != nil {
			return err
		}
		if rescale {
			r.Scale = p.scale(r.Residuals)
		}
		moved := math.Abs(r.Scale - scale)
		for i := range before {
			moved = max(moved, math.Abs(r.Residuals[i]-before[i]))
		}
		if moved <= max(settled*r.Scale, rounding*p.largest()) {
			r.Converged = true
			return nil
		}
	}
	return nil
}

// scale is the median absolute residual, made consistent for normal errors.
func (p Problem) scale(residuals []float64) float64 {
	sizes := make([]float64, len(residuals))
	for i, e := range residuals {
		sizes[i] = math.Abs(e)
	}
	return max(Median(sizes)/normalMAD, p.Scale, exactScale*p.largest(), math.SmallestNonzeroFloat64)
}

func (p Problem) largest() (size float64) {
	for _, y := range p.Y {
		size = max(size, math.Abs(y))
	}
	return size
}
