package stats

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

var errUnsettled = errors.New("regression: the rows do not settle every coefficient")

// solve does weighted least squares: the rows times the root of their weight, and below them one row a pull.
func (r *Regression) solve(p Problem) error {
	n, k := len(p.X), len(p.X[0])
	rows := max(n+len(p.Pulls), k)
	a, b := mat.NewDense(rows, k, nil), mat.NewVecDense(rows, nil)
	for i, row := range p.X {
		root := math.Sqrt(r.Weights[i])
		for j, v := range row {
			a.Set(i, j, root*v)
		}
		b.SetVec(i, root*p.Y[i])
	}
	for j, q := range p.Pulls {
		a.Set(n+j, j, math.Sqrt(q.Weight))
		b.SetVec(n+j, math.Sqrt(q.Weight)*q.At)
	}
	var qr mat.QR
	qr.Factorize(a)
	if c := qr.Cond(); !(c < maxCond) {
		return errUnsettled
	}
	var coef mat.VecDense
	if err := qr.SolveVecTo(&coef, false, b); err != nil {
		return fmt.Errorf("regression: %w", err)
	}
	r.Coef, r.last = coef.RawVector().Data, &qr
	r.Residuals = make([]float64, n)
	for i, row := range p.X {
		r.Residuals[i] = p.Y[i] - floats.Dot(row, r.Coef)
	}
	return nil
}

// measure fills in what follows from R, whose inverse times its transpose is (AᵀA)⁻¹.
func (r *Regression) measure(p Problem) error {
	k := len(r.Coef)
	var upper mat.Dense
	r.last.RTo(&upper)
	tri := mat.NewTriDense(k, mat.Upper, nil)
	for i := range k {
		for j := i; j < k; j++ {
			tri.SetTri(i, j, upper.At(i, j))
		}
	}
	var inv mat.TriDense
	if err := inv.InverseTri(tri); err != nil {
		return fmt.Errorf("regression: %w", err)
	}
	r.inverse = mat.NewSymDense(k, nil)
	r.inverse.SymOuterK(1, &inv)
	r.Leverage = make([]float64, len(p.X))
	for i, row := range p.X {
		x := mat.NewVecDense(k, row)
		r.Leverage[i] = min(1, r.Weights[i]*mat.Inner(x, r.inverse, x))
	}
	return nil
}

// LeftOut is the residual of row i under the fit of all other rows with their weights as they are: e ÷ (1 − leverage),
// which is exact for weighted least squares (the PRESS residual of Allen, 1974). A row that alone settles a coefficient
// has leverage 1 and gives an infinite one.
func (r *Regression) LeftOut(i int) float64 {
	e := r.Residuals[i]
	if free := 1 - r.Leverage[i]; free > 1e-12 {
		return e / free
	}
	return math.Copysign(math.Inf(1), e)
}

// StdErr is the standard error of coefficient j: scale × √((XᵀWX + pulls)⁻¹ⱼⱼ). A coefficient that the rows say nothing
// of keeps the width of its pull.
func (r *Regression) StdErr(j int) float64 { return r.Scale * math.Sqrt(r.inverse.At(j, j)) }
