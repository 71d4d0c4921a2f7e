package gate_test

import (
	"strings"
	"testing"
)

// Four weeks of 20, 30 and 40 calls a day in turn: forecasts of a month have no room, so those of a week are tested, from
// the seventh day on: origins 7 to 21, of which three share no day. Every week brings about as much, so P90 always held.
func TestPast(t *testing.T) {
	r := compare(t, project(t), project(t))
	p := r.Total.Past
	if p == nil || p.Days != 7 || p.Windows != 15 || p.Apart != 3 || p.Held != 15 || p.Loss <= 0 {
		t.Fatalf("%+v", p)
	}
	if g := track(t, r, "answer"); g.Past == nil || g.Past.Windows != 15 {
		t.Errorf("track answer: %+v", g.Past)
	}
	if r.Models[0].Past != nil {
		t.Error("a model, on which no budget is held, is tested")
	}
	if notes := strings.Join(r.Provenance.Notes, "\n"); !strings.Contains(notes, "P90 held in 15 of 15 windows, 3 of which share no day") {
		t.Errorf("%q", notes)
	}
	short := project(t).edit("traffic/oct.jsonl", holed(t, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27))
	if r := compare(t, short, short); r.Total.Past != nil && r.Total.Past.Windows > 3 {
		t.Errorf("six days: %+v", r.Total.Past)
	}
}
