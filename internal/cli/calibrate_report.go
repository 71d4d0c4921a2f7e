package cli

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter/tw"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/token"
)

// calibrateDocument is what calibrate found; it is the JSON output as it is.
type calibrateDocument struct {
	Calls    int64             `json:"calls"` // or texts, when counted online
	Texts    []onlineCount     `json:"texts,omitempty"`
	Families []calibrateFamily `json:"families"`
	LeftOut  []token.LeftOut   `json:"left_out"`
	Kept     []string          `json:"kept_families,omitempty"` // of the file that was there; this run has no factor for them
	Written  string            `json:"written,omitempty"`
	Digest   string            `json:"digest,omitempty"`

	declare string // how the configuration would name the file; "" where it does
}

type calibrateFamily struct {
	Family   string           `json:"family"`
	Exact    bool             `json:"exact"`
	Samples  int64            `json:"samples"`
	Outliers int64            `json:"outliers"`
	Classes  []calibrateClass `json:"classes,omitempty"`
	Frame    token.Frame      `json:"frame"`
	Spread   token.Spread     `json:"leave_one_out"`
	LeftOut  []token.LeftOut  `json:"left_out,omitempty"`
	Refused  string           `json:"refused,omitempty"`
	Unsound  string           `json:"unsound,omitempty"`
}

type calibrateClass struct {
	Class          token.Class `json:"class"`
	Published      float64     `json:"published"`
	PublishedError float64     `json:"published_error"`
	Factor         float64     `json:"factor,omitempty"`
	RelativeError  float64     `json:"relative_error,omitempty"`
	Samples        int64       `json:"samples,omitempty"`
	Kept           string      `json:"kept,omitempty"` // why the published factor holds
}

func (d *calibrateDocument) add(f token.Fit) {
	out := calibrateFamily{Family: f.Family, Exact: f.Exact, Samples: f.Samples, Outliers: f.Outliers,
		Frame:   token.Frame{Call: rounded(f.Frame.Call), Message: rounded(f.Frame.Message), Tool: rounded(f.Frame.Tool), Tools: rounded(f.Frame.Tools)},
		Spread:  token.Spread{Median: rounded(f.Spread.Median), P90: rounded(f.Spread.P90), Worst: rounded(f.Spread.Worst)},
		LeftOut: f.LeftOut, Refused: f.Refused, Unsound: f.Unsound}
	for _, class := range token.Classes() {
		if f.Exact || len(f.Kept)+len(f.Factors) == 0 {
			break
		}
		row := calibrateClass{Class: class, Kept: f.Kept[class]}
		ratio, width := token.Published(f.Family, class)
		row.Published, row.PublishedError = rounded(ratio), rounded(width)
		if by, ok := f.Factors[class]; ok {
			row.Factor, row.RelativeError, row.Samples = rounded(by.Ratio), rounded(by.RelativeError), by.Samples
		}
		out.Classes = append(out.Classes, row)
	}
	d.Families = append(d.Families, out)
}

// rounded keeps the digits that the file does.
func rounded(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// keep names the families of the earlier file that stay as they are.
func (d *calibrateDocument) keep(known []string) {
	for _, name := range known {
		fitted := slices.ContainsFunc(d.Families, func(f calibrateFamily) bool { return f.Family == name && f.fitted() })
		if !fitted {
			d.Kept = append(d.Kept, name)
		}
	}
}

func (f calibrateFamily) fitted() bool {
	return slices.ContainsFunc(f.Classes, func(c calibrateClass) bool { return c.Factor > 0 })
}

func (d *calibrateDocument) write(env *Env, format string) error {
	if format == "json" {
		return writeJSON(env.Out, d)
	}
	if len(d.Texts) > 0 {
		if err := textTable(env, d.Texts); err != nil {
			return err
		}
		fmt.Fprintln(env.Out)
	}
	if err := d.table(env); err != nil {
		return err
	}
	for _, line := range d.lines() {
		fmt.Fprintln(env.Out, line)
	}
	return nil
}

func (d *calibrateDocument) table(env *Env) error {
	var rows [][]string
	for _, f := range d.Families {
		name := f.Family
		for _, c := range f.Classes {
			fitted := "kept"
			if c.Factor > 0 {
				fitted = factorCell(c.Factor, c.RelativeError)
			}
			rows = append(rows, []string{name, string(c.Class), factorCell(c.Published, c.PublishedError), fitted, money.Count(c.Samples).Exact()})
			name = ""
		}
	}
	if len(rows) == 0 {
		return nil
	}
	align := []tw.Align{tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight}
	return plainTable(env, []string{"Family", "Class", "Published", "Fitted", "Samples"}, align, rows)
}

func factorCell(ratio, width float64) string { return fmt.Sprintf("%.3f ±%.1f%%", ratio, 100*width) }

// lines says below the table what stands in no cell.
func (d *calibrateDocument) lines() []string {
	var out []string
	for _, f := range d.Families {
		out = append(out, f.lines()...)
	}
	for _, l := range d.LeftOut {
		out = append(out, fmt.Sprintf("left out: %s: %s", number(l.Count, "call"), l.Reason))
	}
	for _, name := range d.Kept {
		out = append(out, name+": kept as the file had it; this run has no factor for it")
	}
	if d.Written == "" {
		return out
	}
	out = append(out, fmt.Sprintf("wrote %s (%s)", d.Written, d.Digest))
	if d.declare != "" {
		out = append(out, "commit it, and let tokengate.yaml name it: calibration: "+d.declare)
	}
	return out
}

func (f calibrateFamily) lines() []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, f.Family+": "+fmt.Sprintf(format, args...)) }
	for _, l := range f.LeftOut {
		say("left out: %s: %s", number(l.Count, "request"), l.Reason)
	}
	if f.Exact && f.Refused != "" {
		say("counted exactly; too little to check it with: %s", f.Refused)
		return out
	}
	if f.Refused != "" {
		say("not fitted: %s", f.Refused)
	}
	for _, k := range f.kept() {
		say("%s", k)
	}
	if f.Spread == (token.Spread{}) && len(f.Classes) == 0 && !f.Exact {
		return out
	}
	if f.Exact {
		say("counted exactly; nothing to fit, the frame alone is")
	}
	say("%s, %d of them unexplained; error of one left out: median %.1f%%, P90 %.1f%%, worst %.0f%%", number(f.Samples, "request"), f.Outliers,
		100*f.Spread.Median, 100*f.Spread.P90, 100*f.Spread.Worst)
	say("frame beside the text: %s", frameLine(f.Frame))
	if f.Unsound != "" {
		say("warning: %s", f.Unsound)
	}
	return out
}

// kept says which classes keep the published factor, those with the same reason together.
func (f calibrateFamily) kept() []string {
	var reasons []string
	classes := map[string][]string{}
	for _, c := range f.Classes {
		if c.Kept == "" {
			continue
		}
		if classes[c.Kept] == nil {
			reasons = append(reasons, c.Kept)
		}
		classes[c.Kept] = append(classes[c.Kept], string(c.Class))
	}
	for i, why := range reasons {
		reasons[i] = fmt.Sprintf("as published: %s (%s)", strings.Join(classes[why], ", "), why)
	}
	return reasons
}

func frameLine(f token.Frame) string {
	parts := []string{fmt.Sprintf("%.1f tokens a call", f.Call), fmt.Sprintf("%.1f a message", f.Message)}
	if f.Tool > 0 || f.Tools > 0 {
		parts = append(parts, fmt.Sprintf("%.1f a tool", f.Tool), fmt.Sprintf("%.1f once where there are tools", f.Tools))
	}
	return strings.Join(parts, ", ")
}

func number(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return money.Count(n).Exact() + " " + what + "s"
}

// missing says what would let a fit succeed.
func (d *calibrateDocument) missing() string {
	most := int64(0)
	for _, f := range d.Families {
		if !f.Exact {
			most = max(most, f.Samples)
		}
	}
	switch {
	case len(d.Families) == 0:
		return fmt.Sprintf("record prompt text with the calls; %d calls of one class of content are needed, and none has text", token.MinSamples)
	case !slices.ContainsFunc(d.Families, func(f calibrateFamily) bool { return !f.Exact }):
		return "every tokenizer here is public and counted exactly; there is nothing to calibrate"
	case most < token.MinSamples:
		return fmt.Sprintf("%d requests with text are needed for a factor; the most of one tokenizer is %d", token.MinSamples, most)
	}
	return fmt.Sprintf("%d requests that carry a class of content are needed for its factor; see the reasons above", token.MinSamples)
}
