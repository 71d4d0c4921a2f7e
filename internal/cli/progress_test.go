package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestProgress shows how much was read, of how much, and how fast; where nobody watches, nothing is shown.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	report, stop := newProgress(&Env{Err: &out, Progress: true})
	for done := int64(1 << 20); done < 8<<20; done += 1 << 20 {
		report(done, 8<<20)
		time.Sleep(30 * time.Millisecond) // the bar is drawn ten times a second
	}
	report(9<<20, 16<<20) // another pass
	stop()
	for _, want := range []string{"reading traffic", "12% |", "B/s) ["} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %q", want, out.String())
		}
	}
	out.Reset()
	if report, stop = newProgress(&Env{Err: &out}); report != nil {
		t.Error("progress without a terminal")
	}
	stop()
	if out.Len() > 0 {
		t.Error(out.String())
	}
}
