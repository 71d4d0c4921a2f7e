package traffic

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
)

// responseLine is one line of a response: "id request output stop side", "-" for absent.
func responseLine(spec string) string {
	f := strings.Fields(spec)
	opt := func(format, v string) string {
		if v == "-" {
			return ""
		}
		return fmt.Sprintf(format, v)
	}
	model := "claude-sonnet-5"
	if f[0] == "synthetic" {
		model = "<synthetic>"
	}
	return fmt.Sprintf(`{"type":"assistant","timestamp":"2026-06-01T08:00:00Z","uuid":"line"%s%s,"message":{"model":%q%s%s,"usage":{"input_tokens":1,"output_tokens":%s}}}`,
		opt(`,"requestId":%q`, f[1]), opt(`,"isSidechain":%s`, f[4]), model, opt(`,"id":%q`, f[0]), opt(`,"stop_reason":%q`, f[3]), f[2])
}

// TestResponses says what the lines of a transcript come to: "id output", with "≥" where the output is a lower bound.
func TestResponses(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  string
		dups  int64
	}{
		{"the last line of a stream", []string{"m r 2 - -", "m r 8 - -", "m r 90 end_turn -"}, "m 90", 2},
		{"placeholders alone", []string{"m r 2 - -", "m r 2 - -"}, "m ≥2", 1},
		{"the end is told by a lesser line", []string{"m r 90 - -", "m r 2 end_turn -"}, "m 90", 1},
		{"without a request, the message alone", []string{"m - 2 - -", "m - 90 end_turn -"}, "m 90", 1},
		{"one with and one without a request", []string{"m - 90 end_turn -", "m r 2 - -"}, "m 90", 1},
		{"neither, the line's own id", []string{"- - 5 end_turn -", "- - 5 end_turn -"}, "line 5", 1},
		{"a request without a message", []string{"- r 5 end_turn -", "- r 7 end_turn -"}, "r 7", 1},
		{"two requests of one message", []string{"m r1 5 end_turn -", "m r2 7 end_turn -"}, "m/r1 5; m/r2 7", 0},
		{"a replay in a side log", []string{"m r1 5 end_turn false", "m r2 7 end_turn true"}, "m 5", 1},
		{"two replays, no main log", []string{"m r1 5 end_turn true", "m r2 7 end_turn true"}, "m/r1 5; m/r2 7", 0},
		{"a subagent's own response", []string{"m r1 5 end_turn false", "n r2 7 end_turn true"}, "m 5; n 7", 0},
		{"made up by the tool", []string{"synthetic - 0 stop_sequence -"}, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var text strings.Builder
			for _, l := range c.lines {
				text.WriteString(responseLine(l) + "\n")
			}
			rec, _, err := Read([]Source{{FS: fstest.MapFS{"a": &fstest.MapFile{Data: []byte(text.String())}}, Path: "a", Dialect: ClaudeCode}}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, call := range rec.Calls {
				got = append(got, fmt.Sprintf("%s %s%d", call.ID, map[bool]string{true: "≥"}[call.OutputIsBound], call.Usage.Output))
			}
			if diff := gocmp.Diff(c.want, strings.Join(got, "; ")); diff != "" || rec.Duplicates != c.dups {
				t.Errorf("%s; %d duplicates, want %d", diff, rec.Duplicates, c.dups)
			}
		})
	}
}
