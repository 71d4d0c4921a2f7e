package token

import (
	"fmt"
	"math"
	"slices"

	"github.com/tokengate/tokengate/internal/stats"
)

// most bounds what is stated of a hopeless request, so that it can be written down.
const most = 1e6

// dropNegative takes out the parts of the frame that came out negative, and reports whether there were any.
func (d *design) dropNegative(r *stats.Regression) bool {
	before, j := len(d.columns), -1
	d.columns = slices.DeleteFunc(d.columns, func(c column) bool {
		j++
		return c.class < 0 && r.Coef[j] < 0
	})
	return len(d.columns) < before
}

// refuse takes out the classes whose factor or error is beyond belief, and reports whether there were any.
func (d *design) refuse(r *stats.Regression, errs [numClasses]claim) bool {
	before, j := len(d.columns), -1
	d.columns = slices.DeleteFunc(d.columns, func(c column) bool {
		j++
		if c.class >= 0 {
			d.kept[c.class] = errs[c.class].disbelief(r.Coef[j])
		}
		return c.class >= 0 && d.kept[c.class] != ""
	})
	return len(d.columns) < before
}

// claim is what a class's requests say of its factor.
type claim struct {
	width    float64 // relative error
	requests int     // that answer for it
	outliers int     // those that ended with no weight, which width does not speak of
}

// disbelief says what is wrong with a fitted factor; "" where nothing is.
func (e claim) disbelief(ratio float64) string {
	switch {
	case !(ratio >= MinFactor && ratio <= MaxFactor):
		return fmt.Sprintf("a factor of %.2f was refused: it is not between %g and %g", ratio, MinFactor, MaxFactor)
	case float64(e.outliers) > MaxOutliers*float64(e.requests):
		return fmt.Sprintf("the text does not explain the tokens of %d of %d requests", e.outliers, e.requests)
	case !(e.width <= MaxError):
		return fmt.Sprintf("an error of %.0f%% was refused: it is over %.0f%%", 100*min(e.width, most), 100*MaxError)
	}
	return ""
}

// factor is the fitted factor of a class, or the published one.
func (d *design) factor(r *stats.Regression, class int) float64 {
	for j, c := range d.columns {
		if c.class == class {
			return r.Coef[j]
		}
	}
	return d.family.factors[class].ratio
}

// errors states the relative error of every fitted class; see FitSamples.
func (d *design) errors(r *stats.Regression) (errs [numClasses]claim) {
	for j, c := range d.columns {
		if c.class < 0 {
			continue
		}
		e, observed := d.charged(r, c.class)
		e.width = max(MinError, z90*r.StdErr(j)/math.Max(r.Coef[j], MinFactor), quantile90(observed))
		errs[c.class] = e
	}
	return errs
}

// charged gives the leave-one-out errors that a class answers for. Shares are of the fitted count: of the recorded one, a
// request that was billed for far more than its text would drop out unseen.
func (d *design) charged(r *stats.Regression, class int) (claim, []float64) {
	var whole, part []float64
	var wholly, partly claim
	for i, s := range d.samples {
		own, text := d.tokens(r, s, class)
		share := own / math.Max(1, float64(s.Tokens)-r.Residuals[i])
		if share >= MinShare {
			part = partly.charge(part, r, i, own)
		}
		if share >= 0.5 {
			whole = wholly.charge(whole, r, i, text)
		}
	}
	if wholly.requests >= MinSamples {
		return wholly, whole
	}
	return partly, part
}

// charge adds the error of request i as a share of so many tokens, or counts it as an outlier.
func (e *claim) charge(errs []float64, r *stats.Regression, i int, tokens float64) []float64 {
	e.requests++
	if r.Weights[i] == 0 {
		e.outliers++
		return errs
	}
	return append(errs, math.Abs(r.LeftOut(i))/math.Max(1, tokens))
}

// tokens is what a class, and all text, of a sample is fitted to count.
func (d *design) tokens(r *stats.Regression, s Sample, class int) (own, text float64) {
	for c, n := range s.Content.Text {
		tokens := d.factor(r, c) * float64(n)
		if text += tokens; c == class {
			own = tokens
		}
	}
	return own, text
}

// spread sums up the leave-one-out errors of whole requests.
func (d *design) spread(r *stats.Regression) Spread {
	errs := make([]float64, len(d.samples))
	for i, s := range d.samples {
		e := r.LeftOut(i)
		errs[i] = min(most, math.Abs(e)/math.Max(1, float64(s.Tokens)-e))
	}
	return Spread{Median: stats.Median(errs), P90: quantile90(errs), Worst: slices.Max(errs)}
}

// unsound says how far an exact count with its frame is from what was recorded; "" where that is within checkError and,
// for a family that is compared by its ratio to o200k, that ratio's own error.
func (d *design) unsound(s Spread) string {
	allowed, all, wide := checkError, 0.0, 0.0
	for _, x := range d.samples {
		for c, n := range x.Content.Text {
			all, wide = all+float64(n), wide+float64(d.family.factors[c].width*float64(n))
		}
	}
	if allowed += wide / all; s.P90 <= allowed {
		return ""
	}
	return fmt.Sprintf("one request in ten is off by more than %.1f%%, where an exact count leaves %.1f%% at most: the text recorded is not all that was sent, or the tokens are another model's", 100*s.P90, 100*allowed)
}
