package token

import (
	"strings"
	"testing"
)

// A calibration holds for more of the traffic it was made from, and no longer once the tokenizer is another one.
func TestCalibrationCheck(t *testing.T) {
	p := plan{family: "claude-3", seed: 1, n: 300, factors: map[Class]float64{Prose: 1.2, Code: 1.3}, frame: Frame{Call: 10, Message: 4, Tools: 300}, noise: .03, tools: true}
	c := (*Calibration)(nil).With(p.family, fitted(t, p.family, p.samples()).Calibrated)
	p.seed, p.n = 2, 200
	same := c.Check(p.family, p.samples())
	if same.Drifted || same.Refused != "" || same.Samples < 150 || same.P90 > .1 || same.Within*10 < same.Samples*8 {
		t.Errorf("the same traffic: %+v", same)
	}
	frames := make([]Sample, 100) // next to no text: they say nothing of factors
	for i := range frames {
		frames[i].Content.Text[atProse], frames[i].Content.Messages, frames[i].Tokens = 2, 1, 60
	}
	if more := c.Check(p.family, append(frames, p.samples()...)); more != same {
		t.Errorf("requests without text are judged: %+v, without them %+v", more, same)
	}
	p.factors = map[Class]float64{Prose: 1.6, Code: 1.5}
	if other := c.Check(p.family, p.samples()); !other.Drifted || other.Median < .1 {
		t.Errorf("another tokenizer: %+v", other)
	}
	p.n = MinSamples - 1
	if few := c.Check(p.family, p.samples()); !strings.Contains(few.Refused, "and 20 are needed") || few.Drifted {
		t.Errorf("too few: %+v", few)
	}
	if none := c.Check("gemini", p.samples()); none.Refused == "" {
		t.Errorf("not calibrated: %+v", none)
	}
}

// By hand: of 100, 90 are expected and 2.326 × √9 = 6.98 fewer are chance; of 20, 18 and 3.1.
func TestTooFew(t *testing.T) {
	for _, c := range []struct {
		within, n int64
		want      bool
	}{{84, 100, false}, {83, 100, true}, {15, 20, false}, {14, 20, true}, {20, 20, false}} {
		if got := tooFew(c.within, c.n); got != c.want {
			t.Errorf("%d of %d: %v", c.within, c.n, got)
		}
	}
}

// By hand: 1000 × 1.17 + 500 × 1.30 of text; 10 % and 12 % of them; 10 + 2 × 4 + 3 × 20 + 300 of frame.
func TestPredict(t *testing.T) {
	var x Content
	x.Text[atProse], x.Text[atCode], x.Messages, x.Tools = 1000, 500, 2, 3
	text, wrong := (*Calibration)(nil).predict("claude-3", x)
	if text != 1820 || wrong != 195 {
		t.Errorf("%v ± %v", text, wrong)
	}
	if got := (Frame{Call: 10, Message: 4, Tool: 20, Tools: 300}).of(x); got != 378 {
		t.Errorf("frame %v", got)
	}
	x.Tools = 0
	if got := (Frame{Call: 10, Message: 4, Tool: 20, Tools: 300}).of(x); got != 18 {
		t.Errorf("frame without tools %v", got)
	}
}
