package token

import (
	"fmt"
	"math"

	"github.com/tokengate/tokengate/internal/stats"
)

const (
	leastScale = 0.001 // residual scale, as a share, below which rounding to whole tokens hides the rest
	leastCount = 50.0  // tokens by which a row is divided at least: a frame of one token more or less must not rule a fit
	passes     = 4     // of fitting and dividing rows anew by what was fitted
	z90        = 1.645 // 90 % of a normal distribution lie within ± this many standard deviations
	checkError = 0.02  // relative error that an exact count with a fitted frame may have for one request in ten
)

// design is the regression of one family: which columns are fitted, and what is fixed.
type design struct {
	family  family
	samples []Sample
	columns []column
	kept    [numClasses]string // why a class keeps the published factor; "" where it is fitted
	carried [numClasses]int    // samples that carry a class
	typical float64            // median tokens of a request
}

// column is a class of content, or a part of the frame with class −1.
type column struct {
	class int
	value func(Content) float64
	frame func(*Frame) *float64
	pull  belief
}

// belief is what is known of a coefficient before: at ± width with 90 %.
type belief struct{ at, width float64 }

func newDesign(f family, samples []Sample) *design {
	d := &design{family: f, samples: samples}
	tokens := make([]float64, len(samples))
	tools := false
	for i, s := range samples {
		tokens[i] = float64(s.Tokens)
		tools = tools || s.Content.Tools > 0
		for c := range classes {
			if d.share(s, c) >= MinShare {
				d.carried[c]++
			}
		}
	}
	d.typical = stats.Median(tokens)
	for c := range classes {
		d.class(c)
	}
	d.frames(tools)
	return d
}

// class decides whether a class is fitted.
func (d *design) class(c int) {
	by := d.family.factors[c]
	switch {
	case d.family.exact:
		d.kept[c] = "the tokenizer is public"
	case d.carried[c] < MinSamples:
		d.kept[c] = fmt.Sprintf("%d requests carry it, and %d are needed", d.carried[c], MinSamples)
	default:
		d.columns = append(d.columns, column{class: c, pull: belief{by.ratio, by.ratio * by.width},
			value: func(x Content) float64 { return float64(x.Text[c]) }})
	}
}

// frames adds the parts of the frame. What is believed of them is wide: OpenAI's chat format takes 3 to 4 tokens a
// message, tools bring instructions of some hundred tokens in Anthropic's documentation, and a recording that lacks the
// system prompt puts all of it into every call.
func (d *design) frames(tools bool) {
	wide := math.Max(100, d.typical)
	d.frame(belief{4, 8}, func(x Content) float64 { return float64(x.Messages) }, func(f *Frame) *float64 { return &f.Message })
	d.frame(belief{3, wide}, func(Content) float64 { return 1 }, func(f *Frame) *float64 { return &f.Call })
	if !tools {
		return
	}
	d.frame(belief{20, 40}, func(x Content) float64 { return float64(x.Tools) }, func(f *Frame) *float64 { return &f.Tool })
	d.frame(belief{0, wide}, func(x Content) float64 { return float64(min(x.Tools, 1)) }, func(f *Frame) *float64 { return &f.Tools })
}

func (d *design) frame(pull belief, value func(Content) float64, at func(*Frame) *float64) {
	d.columns = append(d.columns, column{class: -1, value: value, frame: at, pull: pull})
}

// share is how much of a request a class makes up, before anything is fitted.
func (d *design) share(s Sample, c int) float64 {
	return d.family.factors[c].ratio * float64(s.Content.Text[c]) / math.Max(d.offset(s, true), float64(s.Tokens))
}

// offset is the published count of the classes that are not fitted, or of all.
func (d *design) offset(s Sample, all bool) (sum float64) {
	for c, n := range s.Content.Text {
		if all || d.kept[c] != "" {
			sum += float64(d.family.factors[c].ratio * float64(n))
		}
	}
	return sum
}

// fit regresses. Rows are first divided by the larger of the published and the recorded count, which no gross error can
// make small; then, in a fixed number of passes, by what was fitted. Beliefs weigh next to nothing until the last pass:
// the scale of residuals, which their weight follows from, must not be that of residuals they made.
func (d *design) fit() (*stats.Regression, error) {
	if len(d.columns) == 0 { // nothing is left to fit, and the residuals are still wanted
		d.frame(belief{0, 1}, func(Content) float64 { return 0 }, func(*Frame) *float64 { return new(float64) })
	}
	by := make([]float64, len(d.samples))
	for i, s := range d.samples {
		by[i] = max(d.offset(s, true), float64(s.Tokens), leastCount)
	}
	scale := leastScale
	for pass := 1; ; pass++ {
		r, err := d.problem(by, scale).Fit()
		if err != nil || pass == passes {
			return d.inTokens(r, by), err
		}
		if pass == passes-1 {
			scale = r.Scale
		}
		next := make([]float64, len(by))
		for i, s := range d.samples {
			next[i] = max(float64(s.Tokens)-r.Residuals[i]*by[i], leastCount)
		}
		by = next
	}
}

func (d *design) problem(by []float64, scale float64) stats.Problem {
	p := stats.Problem{Loss: stats.Bisquare, Scale: leastScale}
	for _, c := range d.columns {
		weight := scale * z90 / c.pull.width
		p.Pulls = append(p.Pulls, stats.Pull{At: c.pull.at, Weight: weight * weight})
	}
	for i, s := range d.samples {
		row := make([]float64, len(d.columns))
		for j, c := range d.columns {
			row[j] = c.value(s.Content) / by[i]
		}
		p.X, p.Y = append(p.X, row), append(p.Y, (float64(s.Tokens)-d.offset(s, false))/by[i])
	}
	return p
}

// inTokens multiplies the residuals back.
func (d *design) inTokens(r *stats.Regression, by []float64) *stats.Regression {
	if r != nil {
		for i := range r.Residuals {
			r.Residuals[i] *= by[i]
		}
	}
	return r
}
