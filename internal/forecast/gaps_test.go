package forecast

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A letter a day from Monday 2 November 2026 on: x recorded, . silent. Wanted: M missing, z a zero that is named.
func TestSilences(t *testing.T) {
	for _, c := range []struct{ name, days, want string }{
		{"complete", "xxxxxxx xxxxxxx", "xxxxxxx xxxxxxx"},
		{"a hole", "xxxxxxx xx.xxxx", "xxxxxxx xxMxxxx"},
		{"a week's hole", "xxxxxxx ....... xxxxxxx xxxxxxx", "xxxxxxx MMMMMMM xxxxxxx xxxxxxx"},
		{"weekends", "xxxxx.. xxxxx.. xxxxx", "xxxxx.. xxxxx.. xxxxx"},
		{"one weekend", "xxxxx.. xxxxx", "xxxxxzz xxxxx"},
		{"a hole among weekends", "xxxxx.. xx.xx.. xxxxx..", "xxxxx.. xxMxx.. xxxxx.."},
		{"a Saturday among busy ones", "xxxxxxx xxxxx.x xxxxxxx", "xxxxxxx xxxxxMx xxxxxxx"},
		{"a silent weekday, three weeks", ".xxxxxx .xxxxxx .xxxxxx", ".xxxxxx .xxxxxx .xxxxxx"},
		{"a silent weekday, two weeks", ".xxxxxx .xxxxxx", "MxxxxxxMxxxxxx"},
		{"a weekly job", "x...... x...... x......", "x...... x...... x......"},
		{"half of the weeks", "xxxxxxx ....... ....... xxxxxxx", "xxxxxxx zzzzzzz zzzzzzz xxxxxxx"},
		{"short", "x.xxx", "xMxxx"},
		{"mostly silent", "x...x", "xzzzx"},
		{"nothing", "", ""},
	} {
		days := strings.ReplaceAll(c.days, " ", "")
		recorded := make([]bool, len(days))
		got := []byte(days)
		for i := range days {
			recorded[i] = days[i] == 'x'
		}
		for _, s := range Silences(time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), recorded) {
			got[s.At] = map[bool]byte{true: 'M', false: 'z'}[s.Missing]
		}
		if want := strings.ReplaceAll(c.want, " ", ""); string(got) != want {
			t.Errorf("%s: %s", c.name, fmt.Sprintf("got %s, want %s", got, want))
		}
	}
}
